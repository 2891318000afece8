"""The example in docs/how-to/in-app-messages.md makes tokens that are believed."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tenure.channels.in_app import tokens
from tenure.channels.settings import packaged

HOW_TO = Path(__file__).parents[2] / "docs/how-to"
PAGE = (HOW_TO / "in-app-messages.md").read_text("utf-8")
CANCEL = (HOW_TO / "cancel-flow.md").read_text("utf-8")


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found.group(1)


def believed(token: str) -> tuple[str, str, str]:
    parts = tokens.take_apart(token)
    holder = tokens.believe(parts, ["tns_secret"], packaged().in_app, datetime.now(UTC))
    return holder.key, holder.person_id, holder.account_id


def test_the_example_in_python_signs_what_is_believed() -> None:
    room: dict[str, Any] = {}
    exec(example("python"), room)
    token = room["tenure_token"]("app_1", "tns_secret", "ünn", "acme")
    assert believed(token) == ("app_1", "ünn", "acme")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_the_example_for_a_shell_signs_what_is_believed() -> None:
    script = example("sh").replace("curl ", "echo ")
    given = "KEY_ID=app_1 SECRET=tns_secret PERSON=ann ACCOUNT=acme TENURE=x\n"
    done = subprocess.run(
        ["bash", "-c", given + script], capture_output=True, text=True, check=True
    )
    token = re.search(r"Bearer (\S+)", done.stdout)
    assert token
    assert believed(token.group(1)) == ("app_1", "ann", "acme")


def test_the_snippet_of_the_settings_signs_what_is_believed() -> None:
    from tenure.kit.pages import snippets

    room: dict[str, Any] = {}
    (text,) = [
        s.text
        for s in snippets.in_app("https://t.example", "app_1", "tns_secret")
        if s.key == "in-app-token"
    ]
    exec(text, room)
    assert believed(room["tenure_token"]("ann", "acme")) == ("app_1", "ann", "acme")


def test_every_address_of_the_api_is_on_the_page() -> None:
    from tenure.channels.in_app.pages.urls import urlpatterns as messages
    from tenure.programs.cancel.pages.in_product_urls import urlpatterns as cancel

    for one in (*messages, *cancel):
        path = str(one.pattern).split("<")[0]
        page = CANCEL if path.startswith("cancel") else PAGE
        assert f"/in-app/v1/{path}" in page or path == "received/", path

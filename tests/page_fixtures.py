"""Pages seen by colleagues who are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from people import NOW

BREAK = re.compile(r"\s*\n\s*|[ ]{2,}")
VERBATIM = re.compile(r"(<(?:pre|textarea)\b.*?</(?:pre|textarea)>)", re.DOTALL)


def as_read(html: str) -> str:
    """A page as a browser reads it, whatever lines its template has: a line break beside a tag is
    nothing, within text it is a blank."""
    return "".join(
        part if VERBATIM.fullmatch(part) else _joined(part) for part in VERBATIM.split(html)
    )


def _joined(html: str) -> str:
    def joined(found: re.Match[str]) -> str:
        before, after = html[: found.start()][-1:], html[found.end() :][:1]
        broken = "\n" in found[0]
        if before not in (">", "") and html[found.end() :].startswith("<a "):
            return " "  # a link within a sentence
        return "" if broken and (before in (">", "") or after in ("<", "", ">")) else " "

    return BREAK.sub(joined, html)


@pytest.fixture(autouse=True)
def pages_are_read_as_browsers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Client.request

    def read(self: Client, **given: Any) -> Any:
        answer = request(self, **given)
        html = answer.headers.get("Content-Type", "").startswith("text/html")
        if html and not answer.streaming:
            answer.content = as_read(answer.content.decode())
        return answer

    monkeypatch.setattr(Client, "request", read)


@pytest.fixture
def seen_by(db: None) -> Callable[[Any], Client]:
    """A browser of the colleague given."""

    def make(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def customers(workspace: Any, alice: Any, bob: Any) -> list[Any]:
    """Forty accounts owned by Alice, Bob or nobody, scored by the default model."""
    from web.factories import company

    return company(40, [alice, bob], NOW)

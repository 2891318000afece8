"""Policy over the API: read, check, save, compare, roll back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenure.core import audit

pytestmark = pytest.mark.django_db
Api = Callable[[str], Client]
DOCUMENT = "/api/v1/policy/document?name=operations"


def _changed(client: Client) -> str:
    text: str = client.get(DOCUMENT).json()["text"]
    return text.replace("disk_free_warn_mb = 2048", "disk_free_warn_mb = 99")


def _put(client: Client, **data: object) -> Any:
    return client.put(DOCUMENT, data, content_type="application/json")


def test_a_document_is_saved_compared_and_rolled_back(api: Api) -> None:
    client = api("admin")
    saved = _put(client, text=_changed(client), note="small disk", expected_version=0)
    assert saved.json() == {"version": 1}
    diff = client.get("/api/v1/policy/diff?name=operations").json()["diff"]
    assert "+disk_free_warn_mb = 99" in diff
    back = {"version": 0, "note": "bought a larger one"}
    done = client.post("/api/v1/policy/rollback?name=operations", back, "application/json")
    assert done.json() == {"version": 2}
    versions = client.get("/api/v1/policy/versions?name=operations").json()
    assert [(v["version"], v["active"], v["packaged"]) for v in versions] == [
        (2, True, True), (1, False, False),
    ]  # fmt: skip
    assert audit.entries(target_kind="policy")[0].actor == "key: test admin"


def test_a_wrong_text_is_refused_with_field_and_remedy(api: Api) -> None:
    client = api("admin")
    refused = _put(client, text="[doctor]\nspeed = 3")
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["code"] == "refused"
    assert error["field"].startswith("doctor.")
    assert error["remedy"]


def test_checking_saves_nothing(api: Api) -> None:
    client = api("admin")
    text = {"text": _changed(client).replace("= 256", "= -1")}
    found = client.post("/api/v1/policy/check?name=operations", text, "application/json").json()
    assert [e["key"] for e in found["errors"]] == ["doctor.disk_free_fail_mb"]
    assert "+disk_free_warn_mb = 99" in found["diff"]
    assert client.get("/api/v1/policy/versions?name=operations").json() == []


def test_somebody_elses_change_is_not_overwritten(api: Api) -> None:
    client = api("admin")
    text = _changed(client)
    _put(client, text=text)
    stale = _put(client, text=text + "\n# later", expected_version=0)
    assert stale.status_code == 422
    assert "somebody else" in stale.json()["error"]["message"]


def test_an_unknown_document_is_not_found(api: Api) -> None:
    client = api("admin")
    for path in ("document", "versions", "diff"):
        assert client.get(f"/api/v1/policy/{path}?name=nonsense").status_code == 404

"""Team, keys and the audit trail over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
Api = Callable[[str], Client]
JSON = "application/json"


def test_alice_invites_bob_changes_his_role_and_lets_him_go(api: Api) -> None:
    client = api("admin")
    invited = client.post("/api/v1/team", {"email": "bob@example.com", "role": "csm"}, JSON).json()
    bob = invited["colleague"]
    assert invited["set_password_path"].startswith("/sign-in/")
    changed = client.patch(f"/api/v1/team/{bob['id']}", {"role": "cs_lead"}, JSON)
    assert changed.json()["role"] == "cs_lead"
    gone = client.patch(f"/api/v1/team/{bob['id']}", {"is_active": False}, JSON)
    assert gone.json()["is_active"] is False
    assert client.post(f"/api/v1/team/{bob['id']}/link").status_code == 422
    trail = client.get("/api/v1/audit?target_id=bob@example.com").json()["items"]
    assert [e["action"] for e in trail] == ["team.deactivate", "team.role", "team.invite"]
    assert {e["actor"] for e in trail} == {"key: test admin"}


def test_the_last_admin_stays(api: Api, alice: Any) -> None:
    refused = api("admin").patch(f"/api/v1/team/{alice.pk}", {"role": "csm"}, JSON)
    assert refused.status_code == 422
    assert "last admin" in refused.json()["error"]["message"]


def test_a_key_is_shown_once_works_and_ends(api: Api) -> None:
    client = api("admin")
    body = {"name": "warehouse", "scope": "api", "role": "analyst"}
    made = client.post("/api/v1/keys", body, JSON).json()
    machine = Client(headers={"authorization": f"Bearer {made['plain']}"})
    assert machine.get("/api/v1/policy").status_code == 200
    assert machine.get("/api/v1/keys").status_code == 403
    assert made["plain"] not in client.get("/api/v1/keys").content.decode()
    client.delete(f"/api/v1/keys/{made['key']['id']}")
    assert machine.get("/api/v1/policy").status_code == 401


def test_the_trail_is_paged(api: Api) -> None:
    client = api("admin")
    for number in range(5):
        client.post("/api/v1/keys", {"name": f"k{number}", "scope": "ingest"}, JSON)
    seen, cursor = [], ""
    while cursor is not None:
        found = client.get(f"/api/v1/audit?action=key.make&limit=2&cursor={cursor or 10**9}").json()
        seen += [e["after"]["name"] for e in found["items"]]
        cursor = found["next_cursor"]
    assert seen == ["k4", "k3", "k2", "k1", "k0", "test admin"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("get", "/api/v1/team/roles/none", None, 404, "not_found"),
        ("patch", "/api/v1/team/99999999999999999999", {"role": "csm"}, 404, "not_found"),
        ("post", "/api/v1/team", {"email": "x", "role": "csm"}, 422, "refused"),
        ("post", "/api/v1/team", {"email": 7}, 422, "invalid"),
        ("post", "/api/v1/keys", {"name": "a\x00b", "scope": "api"}, 400, "malformed"),
        ("get", "/api/v1/audit?limit=0", None, 422, "invalid"),
        ("get", "/api/v1/audit?actor=%00", None, 400, "nul"),
    ],
)
def test_errors_have_one_shape(
    method: str, path: str, body: Any, status: int, code: str, api: Api
) -> None:
    client = api("admin")
    kind = {} if body is None else {"content_type": JSON}
    response = getattr(client, method)(path, body or {}, **kind)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert set(response.json()["error"]) == {"code", "message", "field", "remedy"}


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"a": "\\ud800"}', b"\xff", b""])
def test_a_body_that_is_no_json_is_refused(body: bytes, api: Api) -> None:
    response = api("admin").post("/api/v1/keys", body, JSON)
    assert response.status_code in (400, 422)
    assert response.json()["error"]["message"]

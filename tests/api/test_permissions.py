"""Every endpoint names its permission, and refuses who does not have it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from tenure.api.app import api as rest
from tenure.core import roles
from tenure.kit.rest.auth import Allowed

pytestmark = pytest.mark.django_db
ROLES = ("admin", "cs_lead", "csm", "support", "analyst")
PACKAGED = roles.parse("roles.toml", roles.DEFAULT.read_text())


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    permission: str


def _permission(operation: Any) -> str:
    guards = [c for c in operation.auth_callbacks if isinstance(c, Allowed)]
    assert len(guards) == len(operation.auth_callbacks) == 1, operation.path
    return str(guards[0].permission)


def _routes() -> list[Route]:
    found = []
    for bound in rest._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                full = re.sub(r"\{([a-z]+:)?[a-z_]+\}", "1", f"/api/v1{bound.prefix}{path}")
                found += [Route(m, full, _permission(operation)) for m in operation.methods]
    return found


ROUTES = _routes()
IDS = [f"{r.method} {r.path}" for r in ROUTES]


def _status(client: Client, route: Route) -> int:
    return int(client.generic(route.method, route.path, b"{}", "application/json").status_code)


def test_there_are_endpoints_and_each_permission_is_known() -> None:
    assert len(ROUTES) > 15
    assert {r.permission for r in ROUTES} <= set(PACKAGED.permissions)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_nobody_without_a_key_gets_in(route: Route) -> None:
    assert _status(Client(), route) == 401


def test_wrong_and_revoked_keys_are_refused_everywhere(now: Any) -> None:
    from tenure.core import keys

    key, plain = keys.make_key("old", keys.API, role="admin", by="tests", now=now)
    keys.revoke(key.pk, by="tests", now=now)
    for header in (f"Bearer {plain}", "Bearer tna_wrong", "Basic YTpi", "Bearer", "nonsense"):
        client = Client(headers={"authorization": header})
        assert {_status(client, route) for route in ROUTES} == {401}, header


def test_a_write_key_of_an_sdk_opens_nothing(now: Any) -> None:
    from tenure.core import keys

    _, plain = keys.make_key("website", keys.INGEST, by="tests", now=now)
    client = Client(headers={"authorization": f"Bearer {plain}"})
    assert {_status(client, route) for route in ROUTES} == {401}


def test_charlie_who_was_deactivated_gets_in_nowhere(charlie: Any) -> None:
    client = Client()
    client.force_login(charlie)
    assert {_status(client, route) for route in ROUTES} == {401}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_exactly_where_its_permissions_end(
    role: str, api: Callable[[str], Client]
) -> None:
    client = api(role)
    granted = PACKAGED.granted(role)
    for route in ROUTES:
        refused = _status(client, route) == 403
        assert refused == (route.permission not in granted), (role, route)


def test_a_session_needs_the_csrf_token_to_change_anything(alice: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    body = {"email": "dora@example.com", "role": "csm"}
    refused = client.post("/api/v1/team", body, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "csrf"
    assert client.get("/api/v1/team").status_code == 200

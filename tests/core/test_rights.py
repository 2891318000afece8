"""Nobody raises rights: not by policy, by the team or keys, not by any endpoint or page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tenure.analytics.errors import SpecError
from tenure.api.app import api as rest
from tenure.core import keys, policy, roles, team
from tenure.core.models import ApiKey, PolicyVersion, User

pytestmark = pytest.mark.django_db
PACKAGED = roles.parse("roles.toml", roles.DEFAULT.read_text())
BELOW_ADMIN = [name for name in PACKAGED.roles if name != roles.ADMIN]
GOVERNED = {"channels", "ingest", "operations", "roles", "sentiment", "stripe"}
"""Documents that hold power: who may do what, whom Tenure calls and writes to, what it reads."""
TRIED = {"roles", "channels", "churn", "plays/win-back"}
"""Documents that those are seen to change who may; all others take the same way."""
GREEDY = {
    "role": "admin", "is_active": True, "is_superuser": True, "is_staff": True,
    "permissions": ["*"], "email": "mallory@example.com", "name": "Mallory", "scope": "api",
    "version": 1, "note": "",
    "text": "", "body": "", "action": "save", "password1": "correct horse battery",
    "password2": "correct horse battery",
}  # fmt: skip
KEEPER = """
[roles.keeper]
title = "Keeper"
permissions = ["team.view", "team.manage", "keys.manage", "policy.view", "policy.edit",
  "policy.govern"]
"""


def _power() -> tuple[object, ...]:
    """Everything that says who may do what."""
    return (
        sorted(User.objects.values_list("email", "role", "is_active", "is_superuser", "is_staff")),
        sorted(User.objects.values_list("email", "password")),
        sorted(ApiKey.objects.filter(revoked_at=None).values_list("name", "scope", "role")),
        {name: roles.table().granted(name) for name in roles.table().roles},
    )


def _greedy_roles() -> str:
    """The packaged table, in which everybody may everything."""
    return re.sub(r"permissions = \[[^\]]*\]", 'permissions = ["*"]', roles.DEFAULT.read_text())


def _calls() -> Iterator[tuple[str, str]]:
    for bound in rest._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, f"/api/v1{bound.prefix}{path}"


def _pages(patterns: Any, prefix: str = "/") -> Iterator[str]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if not path.startswith(("/api/", "/sign-in/")):
                yield from _pages(entry.url_patterns, path)
        elif isinstance(entry, URLPattern):
            yield path


def _filled(path: str, number: object) -> str:
    """The path with its parts filled in; names are that of the table of roles."""
    with_name = re.sub(r"[<{](path|slug|str):\w+[>}]", "roles", path)
    return re.sub(r"[<{][^>}]*[>}]", str(number), with_name)


def test_every_document_is_declared_to_hold_power_or_not() -> None:
    found = {d.name: d.permission for d in policy.documents()}
    assert {n for n, p in found.items() if p == policy.GOVERN} == GOVERNED
    plays = {n for n in found if n.startswith("plays/")}
    assert {found[n] for n in plays} == {"plays.edit"}
    assert {found[n] for n in found.keys() - plays - GOVERNED} == {policy.EDIT}
    assert set(found.values()) <= set(PACKAGED.permissions)


@pytest.mark.parametrize("role", PACKAGED.roles)
def test_a_document_is_changed_over_the_api_by_whom_it_names_only(
    role: str, api: Callable[[str], Client]
) -> None:
    client, granted = api(role), PACKAGED.granted(role)
    for document in policy.documents():
        may = {policy.EDIT, document.permission} <= granted
        if may and document.name not in TRIED:
            continue
        address = f"name={document.name}"
        body = {"text": policy.text(document.name) + "\n# the same\n"}
        check = client.post(f"/api/v1/policy/check?{address}", body, "application/json")
        assert check.status_code == (200 if may else 403), document.name
        saved = client.put(f"/api/v1/policy/document?{address}", body, "application/json")
        assert saved.status_code == (200 if may else 403), document.name
        back = client.post(f"/api/v1/policy/rollback?{address}", {"version": 0}, "application/json")
        assert back.status_code == (200 if may else 403), document.name
        assert PolicyVersion.objects.filter(name=document.name).count() == (2 if may else 0)


@pytest.mark.parametrize("role", PACKAGED.roles)
def test_a_document_is_changed_on_its_pages_by_whom_it_names_only(
    role: str, colleague: Callable[[str], Any]
) -> None:
    client, granted = Client(), PACKAGED.granted(role)
    client.force_login(colleague(role))
    for name in sorted(TRIED | GOVERNED):
        may = {policy.EDIT, policy.document(name).permission} <= granted
        if may and name not in TRIED:
            continue
        body = policy.text(name) + "\n# the same\n"
        assert client.get(f"/policy/edit/{name}/").status_code == (200 if may else 403)
        for action in ("preview", "save"):
            done = client.post(f"/policy/edit/{name}/", {"body": body, "action": action})
            assert (done.status_code == 403) is not may, (name, action)
        back = client.post(f"/policy/rollback/{name}/", {"version": "0"})
        assert (back.status_code == 403) is not may, name
        assert PolicyVersion.objects.filter(name=name).exists() is may
        buttons = client.get(f"/policy/read/{name}/").content.decode()
        assert ("Edit</a>" in buttons) is may


@pytest.mark.parametrize("role", BELOW_ADMIN)
def test_no_call_of_the_api_gives_more_power(
    role: str, api: Callable[[str], Client], alice: Any, colleague: Callable[[str], Any]
) -> None:
    client, own = api(role), colleague(role)
    greedy = {**GREEDY, "text": _greedy_roles()}
    before = _power()
    for method, path in _calls():
        for number in (own.pk, alice.pk):
            target = _filled(path, number) + "?name=roles&prefix=roles&version=0"
            client.generic(method, target, json.dumps(greedy).encode(), "application/json")
            assert _power() == before, (method, target)


@pytest.mark.parametrize("role", BELOW_ADMIN)
def test_no_page_gives_more_power(role: str, alice: Any, colleague: Callable[[str], Any]) -> None:
    own = colleague(role)
    client = Client(raise_request_exception=False)
    form = {**GREEDY, "body": _greedy_roles(), "permissions": "*"}
    for path in _pages(get_resolver().url_patterns):
        client.force_login(own)  # one of the pages signs out
        before = _power()
        for number in (own.pk, alice.pk) if "/settings/" in path else (own.pk,):
            client.post(_filled(path, number), form)
            assert _power() == before, path


def test_a_cs_lead_neither_saves_nor_restores_a_table_of_roles(
    colleague: Callable[[str], Any], now: datetime
) -> None:
    lead = colleague("cs_lead")
    policy.save("roles", _greedy_roles(), "operator", "a mistake", now)
    policy.rollback("roles", policy.PACKAGED, "operator", "put right", now)
    for change in (
        lambda: policy.save("roles", _greedy_roles(), lead, "", now),
        lambda: policy.save_all({"churn": policy.text("churn"), "roles": ""}, lead, "", now),
        lambda: policy.rollback("roles", 1, lead, "", now),
    ):
        with pytest.raises(PermissionDenied, match=r"policy\.govern"):
            change()
    assert roles.table() == PACKAGED


def test_an_author_who_is_nobody_changes_nothing(charlie: Any, now: datetime) -> None:
    for author in (None, object(), charlie):
        with pytest.raises(PermissionDenied):
            policy.save("churn", policy.text("churn") + "\n# x\n", author, "", now)


@pytest.fixture
def keeper(alice: Any, now: datetime) -> Any:
    """A colleague who keeps team, keys and policy, and sees no customer."""
    policy.save("roles", policy.text("roles") + KEEPER, alice, "", now)
    return team.invite("keeper@example.com", "keeper", by=alice, now=now)[0]


def test_who_keeps_the_team_gives_nobody_more_than_they_have(
    keeper: Any, alice: Any, bob: Any, charlie: Any, now: datetime
) -> None:
    for act in (
        lambda: team.invite("dora@example.com", "admin", by=keeper, now=now),
        lambda: team.change_role(bob.pk, "cs_lead", by=keeper, now=now),
        lambda: team.change_role(alice.pk, "keeper", by=keeper, now=now),
        lambda: team.new_link(alice, by=keeper, now=now),
        lambda: team.deactivate(alice.pk, by=keeper, now=now),
        lambda: team.reactivate(charlie.pk, by=keeper, now=now),
        lambda: team.change_role(keeper.pk, "admin", by=keeper, now=now),
        lambda: keys.make_key("mine", keys.API, role="analyst", by=keeper, now=now),
    ):
        with pytest.raises(PermissionDenied, match="lacks"):
            act()
    dora, _ = team.invite("dora@example.com", "keeper", by=keeper, now=now)
    assert team.new_link(dora, by=keeper, now=now)
    assert keys.make_key("mine", keys.API, role="keeper", by=keeper, now=now)


def test_who_keeps_policy_gives_no_role_a_permission_they_lack(keeper: Any, now: datetime) -> None:
    more = policy.text("roles").replace('"policy.govern"]', '"policy.govern", "people.erase"]')
    for text in (more, policy.text("roles") + KEEPER.replace("keeper", "king").replace(
        '"team.view"', '"*"'
    )):  # fmt: skip
        with pytest.raises(PermissionDenied, match=r"people\.erase"):
            policy.save("roles", text, keeper, "", now)
    less = policy.text("roles").replace('"keys.manage", "policy.view"', '"policy.view"')
    assert policy.save("roles", less, keeper, "", now) == 2


def test_nobody_sets_their_own_role_not_even_lower(alice: Any, bob: Any, now: datetime) -> None:
    team.change_role(bob.pk, "admin", by=alice, now=now)
    with pytest.raises(SpecError, match="your own"):
        team.change_role(alice.pk, "csm", by=alice, now=now)


def test_a_key_acts_within_its_role_and_no_further(
    api: Callable[[str], Client], now: datetime, alice: Any
) -> None:
    policy.save("roles", policy.text("roles") + KEEPER, "operator", "", now)
    client = api("keeper")
    made = client.post(
        "/api/v1/keys", {"name": "x", "scope": "api", "role": "admin"}, "application/json"
    )
    assert made.status_code == 403
    assert "permissions that yours lacks" in made.json()["error"]["message"]
    link = client.post(f"/api/v1/team/{alice.pk}/link", {}, "application/json")
    assert link.status_code == 403


def test_the_operator_at_the_command_line_may_all(now: datetime) -> None:
    assert policy.save("roles", policy.text("roles") + KEEPER, "operator", "", now) == 1
    assert keys.make_key("x", keys.API, role="admin", by="operator", now=now)


def test_the_form_offers_only_roles_that_may_be_given(keeper: Any) -> None:
    client = Client()
    client.force_login(keeper)
    for page in ("/settings/team/", "/settings/keys/"):
        form = client.get(page).context["form"]
        assert [name for name, _ in form.fields["role"].choices] == ["keeper"], page

"""Who may do what: the table of COL2, role by role."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from tenure.analytics.errors import SpecError
from tenure.core import policy, roles

TEXT = roles.DEFAULT.read_text()
TABLE = roles.parse("roles.toml", TEXT)
READS = {p for p in TABLE.permissions if p.endswith(".view")}

# One letter a role: A admin, L CS lead, C CSM, S support agent, N analyst.
MATRIX = {
    "revenue.view": "ALCN",
    "portfolio.view": "ALCN", "portfolio.edit": "ALC",
    "accounts.view": "ALCSN", "accounts.edit": "ALC", "segments.edit": "ALC",
    "health.view": "ALCSN", "scores.override": "ALC", "scores.run": "AL",
    "validation.view": "ALCN", "validation.run": "AL", "practice.view": "ALCN",
    "practice.accept": "AL", "alerts.view": "ALCSN", "alerts.handle": "ALC", "facts.view": "ALCSN",
    "facts.import": "ALC", "facts.repair": "ALS", "export": "ALCN", "people.export": "AL",
    "people.erase": "A", "policy.view": "ALCSN", "policy.edit": "AL", "policy.govern": "A",
    "team.view": "ALCSN",
    "tasks.view": "ALCSN", "tasks.edit": "ALCS",
    "cancel.view": "ALCSN", "cancel.handle": "ALC",
    "plays.view": "ALCSN", "plays.enrol": "ALC", "plays.edit": "AL",
    "experiments.view": "ALCN", "experiments.edit": "AL",
    "churn.view": "ALCSN", "churn.judge": "ALC",
    "dunning.view": "ALCSN", "dunning.act": "ALC",
    "messages.view": "ALCSN", "messages.send": "ALC", "endpoints.manage": "A",
    "team.manage": "A", "keys.manage": "A", "audit.view": "ALN", "jobs.view": "ALCN",
}  # fmt: skip
LETTERS = {"A": "admin", "L": "cs_lead", "C": "csm", "S": "support", "N": "analyst"}


@pytest.mark.parametrize("permission", TABLE.permissions)
@pytest.mark.parametrize("letter", LETTERS)
def test_the_matrix(letter: str, permission: str) -> None:
    granted = permission in TABLE.granted(LETTERS[letter])
    assert granted == (letter in MATRIX[permission])


def test_the_analyst_only_reads() -> None:
    assert TABLE.granted("analyst") <= READS | {"export"}


def test_a_table_saved_before_a_permission_was_invented_stays_good() -> None:
    lines = [x for x in TEXT.splitlines() if not x.startswith('"practice.')]
    older = re.sub(r'"practice.(view|accept)",\s*', "", "\n".join(lines))
    table = roles.parse("roles.toml", older)
    assert table.permissions.keys() == TABLE.permissions.keys()
    assert [r for r in table.roles if "practice.view" in table.granted(r)] == ["admin"]


def test_an_unknown_role_may_do_nothing() -> None:
    assert TABLE.granted("intern") == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('permissions = ["*"]', 'permissions = ["team.view"]', "roles.admin"),
        ('"facts.view", "facts.repair"', '"facts.fly"', "roles.support.permissions"),
        ('"export" = ', '"exports" = ', "permissions"),
        ('title = "Analyst"', 'name = "Analyst"', "roles.analyst.name"),
    ],
)
def test_a_wrong_table_is_refused(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(SpecError) as refused:
        roles.parse("roles.toml", TEXT.replace(old, new))
    assert refused.value.key == key


@pytest.mark.django_db
def test_alice_may_charlie_may_not(alice: Any, bob: Any, charlie: Any) -> None:
    assert roles.has(alice, "team.manage")
    assert roles.has(bob, "scores.override")
    assert not roles.has(bob, "team.manage")
    assert roles.permissions_of(charlie) == frozenset()
    assert roles.permissions_of(None) == frozenset()


@pytest.mark.django_db
def test_a_workspace_may_give_a_role_more(bob: Any, now: datetime) -> None:
    more = TEXT.replace(
        '"scores.override",\n  "validation.view"',
        '"scores.override", "scores.run",\n  "validation.view"',
    )
    policy.save(roles.DOCUMENT, more, "alice", "", now)
    assert roles.has(bob, "scores.run")


@pytest.mark.django_db
def test_a_guarded_view_refuses_who_may_not(rf: Any, colleague: Callable[[str], Any]) -> None:
    @roles.needs("policy.edit")
    def view(request: Any) -> HttpResponse:
        return HttpResponse("done")

    request = rf.get("/")
    request.user = colleague("cs_lead")
    assert view(request).content == b"done"
    request.user = colleague("support")
    with pytest.raises(PermissionDenied, match=r"policy\.edit"):
        view(request)
    assert view.permission == "policy.edit"  # type: ignore[attr-defined]

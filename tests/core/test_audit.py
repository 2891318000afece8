"""The audit trail answers who, what, when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tenure.core import audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(alice: Any, now: datetime) -> datetime:
    """Three changes, an hour apart."""
    hour = timedelta(hours=1)
    audit.record(alice, "account.owner", "account", "acme", {"owner": ""}, {"owner": "b"}, now=now)
    audit.record("bob", "account.stage", "account", "acme", now=now + hour)
    audit.record(None, "team.role", "user", "bob", why="promoted", now=now + 2 * hour)
    return now


@pytest.mark.parametrize(
    ("filters", "actions"),
    [
        ({}, ["team.role", "account.stage", "account.owner"]),
        ({"actor": "alice@example.com"}, ["account.owner"]),
        ({"actor": "tenure"}, ["team.role"]),
        ({"action": "account"}, ["account.stage", "account.owner"]),
        ({"action": "account.stage"}, ["account.stage"]),
        ({"action": "acc"}, []),
        ({"target_kind": "account", "target_id": "acme"}, ["account.stage", "account.owner"]),
    ],
)
def test_filters(trail: datetime, filters: dict[str, str], actions: list[str]) -> None:
    assert [e.action for e in audit.entries(**filters)] == actions


def test_a_period_includes_its_start_and_not_its_end(trail: datetime) -> None:
    hour = timedelta(hours=1)
    found = audit.entries(since=trail + hour, until=trail + 2 * hour)
    assert [e.action for e in found] == ["account.stage"]


def test_pages_follow_each_other(trail: datetime) -> None:
    newest = audit.entries()[0]
    assert [e.action for e in audit.entries(before_id=newest.pk)] == [
        "account.stage",
        "account.owner",
    ]

"""Fixtures everybody uses: a workspace of one's own, and three people.

Alice runs the workspace (admin), Bob is a CSM in her team, Charlie is an outsider: he has an
account that was deactivated, and no way in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from command_fixtures import here, install, installation, template
from hypothesis import settings
from page_fixtures import customers, pages_are_read_as_browsers_do, seen_by
from people import NOW, PASSWORD

__all__ = [
    "customers",
    "here",
    "install",
    "installation",
    "pages_are_read_as_browsers_do",
    "seen_by",
    "template",
]
"""Fixtures of pages and commands, which stand in files of their own."""

STATE = {"db", "transactional_db", "here", "install", "installation", "template"}
"""Fixtures by which a test has a database, its own or that of a command."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only tests that have a database are run: the others cannot tell which it is."""
    if os.environ.get("TENURE_TEST_DATABASE") != "postgres":
        return
    kept, left = [], []
    for item in items:
        named = set(getattr(item, "fixturenames", ()))
        has_one = item.get_closest_marker("django_db") is not None or named & STATE
        (kept if has_one else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


# The clock of a busy machine is no property of the code.
settings.register_profile("tenure", deadline=None)
settings.load_profile("tenure")


@pytest.fixture
def now() -> datetime:
    """The moment at which tests take place unless they say otherwise."""
    return NOW


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty workspace folder; state stays in the test database."""
    from tenure.core import workspace as room

    home = tmp_path / "workspace"
    monkeypatch.setenv("TENURE_HOME", str(home))
    return room.current()


def _person(email: str, role: str, **fields: object) -> Any:
    from tenure.core.models import User

    return User.objects.create_user(email, PASSWORD, role=role, **fields)


@pytest.fixture
def alice(db: None) -> Any:
    """Admin."""
    return _person("alice@example.com", "admin", name="Alice")


@pytest.fixture
def bob(db: None) -> Any:
    """CSM in Alice's team."""
    return _person("bob@example.com", "csm", name="Bob")


@pytest.fixture
def charlie(db: None) -> Any:
    """Outsider: was a colleague once."""
    return _person("charlie@example.com", "csm", name="Charlie", is_active=False)


@pytest.fixture
def colleague(db: None) -> Callable[[str], Any]:
    """A colleague with the role given."""
    return lambda role: _person(f"{role}@example.com", role, name=role)


@pytest.fixture
def api(db: None) -> Callable[[str], Any]:
    """A client of the REST API that holds a key with the role given (no key when empty)."""
    from django.test import Client

    from tenure.core import keys

    def make(role: str = "admin") -> Client:
        if not role:
            return Client()
        _, plain = keys.make_key(f"test {role}", keys.API, role=role, by="tests", now=NOW)
        return Client(headers={"authorization": f"Bearer {plain}"})

    return make


@pytest.fixture
def durably(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are forced to disk, as in life."""
    monkeypatch.setattr("tenure.facts.durable.ON", True)


@pytest.fixture(autouse=True)
def _forget_caches() -> Iterator[None]:
    """No test sees what another remembered."""
    yield
    from tenure.core import keys

    keys.forget()

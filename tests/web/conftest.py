"""Pages seen by colleagues who are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from people import NOW
from web.factories import company


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
    return company(40, [alice, bob], NOW)

"""Whatever is sent, the API answers: never a 5xx, and always the same shape of error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

PER_OPERATION = 8

with_schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


@pytest.fixture
def key(db: None, workspace: Any, now: Any) -> str:
    """An admin's key, so that requests get past the door."""
    from tenure.core import keys

    return keys.make_key("fuzz", keys.API, role="admin", by="tests", now=now)[1]


def _is_clear(response: Any) -> bool:
    if response.status_code < 400 or response.status_code == 405:
        return True
    if not response.headers.get("content-type", [""])[0].startswith("application/json"):
        return False
    error = response.json()["error"]
    return bool(error["code"] and error["message"])


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """All requests of a test share its transaction, as with Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@with_schema.parametrize()
@settings(
    max_examples=PER_OPERATION, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@pytest.mark.django_db
def test_nothing_that_is_sent_makes_a_5xx(case: Any, key: str) -> None:
    response = case.call(headers={"Authorization": f"Bearer {key}"})
    case.validate_response(response, checks=[not_a_server_error])
    assert _is_clear(response), f"{response.status_code} {response.text[:500]}"

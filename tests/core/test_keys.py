"""Keys: shown once, kept as digests, ended at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tenure.analytics.errors import SpecError
from tenure.core import audit, keys
from tenure.core.models import ApiKey

pytestmark = pytest.mark.django_db


def test_only_the_digest_is_kept(alice: Any, now: datetime) -> None:
    key, plain = keys.make_key("website", keys.INGEST, by=alice, now=now)
    assert plain.startswith("tnw_")
    kept = ApiKey.objects.values().get(pk=key.pk)
    assert plain not in str(kept)
    assert kept["digest"] == keys.digest(plain)
    assert plain not in str(list(audit.entries().values()))


def test_a_key_opens_only_its_own_door(now: datetime) -> None:
    _, write = keys.make_key("website", keys.INGEST, by="alice", now=now)
    _, read = keys.make_key("warehouse", keys.API, role="analyst", by="alice", now=now)
    assert keys.verify(write, keys.API, now) is None
    assert keys.verify(read, keys.INGEST, now) is None
    found = keys.verify(read, keys.API, now)
    assert found is not None
    assert (found.name, found.role) == ("warehouse", "analyst")


@pytest.mark.parametrize(
    "plain", ["", "tnw_", "tnw_wrong", "ключ", "\x00", "x" * 100_000, "\ud800"]
)
def test_anything_else_is_no_key(plain: str, now: datetime) -> None:
    assert keys.verify(plain, keys.INGEST, now) is None
    assert keys.verify_cached(plain, now) is None


@pytest.mark.parametrize(
    ("name", "scope", "role", "field"),
    [(" ", "ingest", "", "name"), ("x", "both", "", "scope"), ("x", "api", "king", "role")],
)
def test_a_key_that_makes_no_sense_is_refused(
    name: str, scope: str, role: str, field: str, now: datetime
) -> None:
    with pytest.raises(SpecError) as refused:
        keys.make_key(name, scope, role=role, by="alice", now=now)
    assert refused.value.key == field


def test_revoking_ends_it_at_once_here_and_after_the_cache_elsewhere(now: datetime) -> None:
    key, plain = keys.make_key("website", keys.INGEST, by="alice", now=now)
    seconds = 100.0
    assert keys.verify_cached(plain, now, lambda: seconds) is not None
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=now)  # as another process would
    assert keys.verify_cached(plain, now, lambda: seconds) is not None
    seconds += keys.CACHE_SECONDS
    assert keys.verify_cached(plain, now, lambda: seconds) is None


def test_revoking_here_forgets_the_cache(now: datetime) -> None:
    key, plain = keys.make_key("website", keys.INGEST, by="alice", now=now)
    assert keys.verify_cached(plain, now) is not None
    keys.revoke(key.pk, by="alice", now=now)
    assert keys.verify_cached(plain, now) is None
    keys.revoke(key.pk, by="alice", now=now)
    assert audit.entries(action="key.revoke").count() == 1


def test_the_cache_asks_the_database_once(now: datetime, django_assert_num_queries: Any) -> None:
    _, plain = keys.make_key("website", keys.INGEST, by="alice", now=now)
    keys.verify_cached(plain, now)
    with django_assert_num_queries(0):
        assert keys.verify_cached(plain, now) is not None


def test_the_last_use_is_noted_once_a_minute(now: datetime, django_assert_num_queries: Any) -> None:
    key, plain = keys.make_key("warehouse", keys.API, role="csm", by="alice", now=now)
    keys.verify(plain, keys.API, now)
    with django_assert_num_queries(1):
        keys.verify(plain, keys.API, now + timedelta(seconds=30))
    later = now + timedelta(minutes=2)
    keys.verify(plain, keys.API, later)
    assert ApiKey.objects.get(pk=key.pk).last_used_at == later

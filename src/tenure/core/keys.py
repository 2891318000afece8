"""Keys for machines: write keys for SDKs, API keys that act with a role.

A key is shown once, when it is made; only its SHA-256 digest is kept.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from tenure.analytics.errors import SpecError
from tenure.core import audit, roles
from tenure.core.models import ApiKey, User

INGEST, API = "ingest", "api"
MARKS = {INGEST: "tnw_", API: "tna_"}
CACHE_SECONDS = 5.0  # how long a revoked write key may still be taken by another process
CACHE_SIZE = 1024
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class KeyInfo:
    """A key in force: who it is and what it may be used for."""

    id: int
    name: str
    scope: str
    role: str


_cache: dict[str, tuple[float, KeyInfo]] = {}


def digest(plain: str) -> str:
    """The SHA-256 of a key, as kept."""
    return sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def make_key(
    name: str, scope: str, *, role: str = "", by: object, now: datetime
) -> tuple[ApiKey, str]:
    """A new key and its plain text, which nobody can read again. API keys need a ``role``;
    PermissionDenied for one with permissions that ``by`` lacks."""
    _check(name, scope, role)
    if scope == API:
        roles.refuse_grant(by, role)
    plain = MARKS[scope] + secrets.token_urlsafe(24)
    key = ApiKey.objects.create(
        name=name.strip()[:200],
        scope=scope,
        role=role if scope == API else "",
        prefix=plain[:10],
        digest=digest(plain),
        created_by=by if isinstance(by, User) else None,
        created_at=now,
    )
    after = {"name": key.name, "scope": scope, "role": key.role, "prefix": key.prefix}
    audit.record(by, "key.make", "key", key.pk, None, after, now=now)
    return key, plain


def _check(name: str, scope: str, role: str) -> None:
    if not name.strip():
        raise SpecError("key", "name", "is empty", "say what the key is for, such as 'website'")
    if scope not in MARKS:
        raise SpecError("key", "scope", f"is {scope!r}", f"use one of {', '.join(MARKS)}")
    if scope == API and role not in roles.names():
        raise SpecError("key", "role", f"is {role!r}", f"use one of {', '.join(roles.names())}")


def verify(plain: str, scope: str, now: datetime) -> KeyInfo | None:
    """The key in force whose text is ``plain``, or None. Asks the database every time."""
    if not plain:
        return None
    key = ApiKey.objects.filter(digest=digest(plain), scope=scope, revoked_at__isnull=True).first()
    if key is None:
        return None
    _note_use(key, now)
    return KeyInfo(key.pk, key.name, key.scope, key.role)


def verify_cached(
    plain: str, now: datetime, clock: Callable[[], float] = time.monotonic
) -> KeyInfo | None:
    """Like ``verify`` for write keys, remembered for CACHE_SECONDS: ingestion asks thousands of
    times a second. Only good keys are remembered, so wrong ones cannot fill the memory."""
    mark = digest(plain)
    found = _cache.get(mark)
    if found is not None and found[0] > clock():
        return found[1]
    info = verify(plain, INGEST, now)
    _cache.pop(mark, None)
    if info is not None:
        if len(_cache) >= CACHE_SIZE:
            _cache.clear()
        _cache[mark] = (clock() + CACHE_SECONDS, info)
    return info


def _note_use(key: ApiKey, now: datetime) -> None:
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


@transaction.atomic
def revoke(key_id: int, *, by: object, now: datetime) -> ApiKey:
    """End a key. Revoking twice changes nothing. ApiKey.DoesNotExist if there is no such key."""
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        audit.record(by, "key.revoke", "key", key.pk, {"name": key.name}, None, now=now)
    forget()
    return key


def forget() -> None:
    """Ask the database anew for every key from here on."""
    _cache.clear()

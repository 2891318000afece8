"""Leases: who is at something, and until when. One rule for jobs, batches, messages and billing.

A lease is a moment in a row (``lease_until``). It is free when there is none, when it ran out, or
when it lies further ahead than one lease's length: then a clock that ran ahead took it, and its
holder is dead or will take it anew. Whoever loses a lease finds out when it writes: what it was
doing must not count, so every write of a holder says whose lease it counts on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from django.db.models import Q

_at_stop: dict[str, Callable[[], object]] = {}


class LeaseLost(Exception):  # noqa: N818 - it is no error of anybody
    """Somebody else holds this lease now; what the caller was doing must not count."""


@cache
def skew() -> timedelta:
    """So much the clocks of two machines may differ without one taking the other's work."""
    numbers = tomllib.loads(files("tenure.core").joinpath("jobs.toml").read_text("utf-8"))
    return timedelta(seconds=numbers["skew"])


def free(now: datetime, length: timedelta) -> Q:
    """Rows whose lease can be taken at ``now``; ``length`` is that of their leases."""
    ahead = Q(lease_until__gt=now + length + skew())
    return Q(lease_until=None) | Q(lease_until__lt=now) | ahead


def is_free(until: datetime | None, now: datetime, length: timedelta) -> bool:
    """The same of one lease.

    >>> from datetime import UTC
    >>> now, minute = datetime(2026, 3, 2, 12, tzinfo=UTC), timedelta(minutes=1)
    >>> is_free(now + minute, now, minute), is_free(now - minute, now, minute)
    (False, True)
    >>> is_free(now + timedelta(days=3), now, minute), is_free(None, now, minute)
    (True, True)
    """
    return until is None or until < now or until > now + length + skew()


def at_stop(name: str, release: Callable[[], object]) -> None:
    """Have ``release`` called when a worker ends, so that others need not wait for its leases."""
    _at_stop[name] = release


def release_all() -> None:
    """Let go of everything this process holds; called once nothing of it works any more."""
    for release in _at_stop.values():
        release()

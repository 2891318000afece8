"""All checks in order; one that breaks is a finding itself, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db.utils import DatabaseError

from tenure.analytics.errors import SpecError
from tenure.cli.doctor import disk, state
from tenure.core import operations
from tenure.core.doctor import Finding, Level
from tenure.core.slices import INSTALLED

Check = Callable[[], Iterator[Finding]]


def examine(home: Path, now: datetime, *, deep: bool = False) -> Iterator[Finding]:
    """Findings of every check of the workspace ``home``; ``deep`` reads everything there is."""
    limits = _limits()
    first: list[tuple[str, Check]] = [
        ("workspace", partial(disk.folder, home)),
        ("disk", partial(disk.space, home, limits)),
        ("key", partial(disk.secret, home)),
        ("database", state.integrity),
    ]
    later: list[tuple[str, Check]] = [
        ("migrations", state.migrations),
        ("team", state.people),
        ("policy", state.policies),
        ("workers", partial(state.work, limits, now)),
        ("clock", partial(state.clock, limits, now)),
        *(
            (name, partial(one.resolve(check), limits, now))
            for one in INSTALLED
            for name, check in ({**one.doctor, **one.deep_doctor} if deep else one.doctor).items()
        ),
    ]
    for name, check in (*first, *later):
        yield from _guarded(name, check)


def _guarded(name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # the doctor always finishes its round
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        yield Finding(name, Level.FAIL, f"could not be checked: {line}", "see the other findings")


def _limits() -> operations.DoctorLimits:
    try:
        return operations.current().doctor
    except (DatabaseError, SpecError):
        return operations.packaged().doctor

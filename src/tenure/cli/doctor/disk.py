"""Checks of the folder, its disk and its key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tenure.core.doctor import Finding, Level
from tenure.core.operations import DoctorLimits

MB = 1024 * 1024


def folder(home: Path) -> Iterator[Finding]:
    """May we write here?"""
    probe = home / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"x" * 4096)
        yield Finding("workspace", Level.OK, f"{home} can be written")
    except OSError as error:
        yield Finding(
            "workspace",
            Level.FAIL,
            f"{home} cannot be written: {error.strerror}",
            "free space, or give the user who runs Tenure the right to write there",
        )
    finally:
        probe.unlink(missing_ok=True)


def space(home: Path, limits: DoctorLimits) -> Iterator[Finding]:
    """Is there room to go on?"""
    free = shutil.disk_usage(home).free // MB
    level = Level.OK
    if free < limits.disk_free_warn_mb:
        level = Level.FAIL if free < limits.disk_free_fail_mb else Level.WARN
    remedy = "free space on this disk, or move TENURE_HOME to a larger one" if level else ""
    yield Finding("disk", level, f"{free:,} MB free", remedy)


def secret(home: Path) -> Iterator[Finding]:
    """Is the signing key ours alone?"""
    path = home / "secret.key"
    if path.exists() and path.stat().st_mode & 0o077:
        yield Finding("key", Level.WARN, f"{path} can be read by other users", f"chmod 600 {path}")

"""Putting an archive back: everything is checked before anything is replaced."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from tenure.cli.archive import layout, state
from tenure.kit.commands.output import CommandError, Report


def restore(
    source: Path, home: Path, *, database_url: str, force: bool, now: datetime, progress: Report
) -> dict[str, Any]:
    """Put ``source`` back into ``home``; gives its manifest.

    Refuses a workspace that holds something unless ``force``; what it held is then moved into a
    folder beside it. Refuses while a process has the state database open.
    """
    _refuse_in_use(home, database_url, force)
    staging = home / f".restore-{os.getpid()}"
    try:
        manifest = _unpack(source, staging, progress)
        _refuse_other_database(manifest, database_url)
        _move_aside(home, home / f"restored-over-{now:%Y%m%dT%H%M%SZ}")
        if database_url:
            state.load_postgres(database_url, staging / layout.STATE_POSTGRES)
            (staging / layout.STATE_POSTGRES).unlink()
        for entry in staging.iterdir():
            os.replace(entry, home / entry.name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return manifest


def holds_something(home: Path, database_url: str) -> bool:
    """Whether the workspace has state or facts already."""
    lake = home / layout.LAKE
    return (
        (home / layout.STATE_SQLITE).exists()
        or (lake.is_dir() and any(lake.iterdir()))
        or bool(database_url and state.postgres_in_use(database_url))
    )


def _refuse_in_use(home: Path, database_url: str, force: bool) -> None:
    users = holders(home / layout.STATE_SQLITE)
    if users:
        raise CommandError(
            f"process {', '.join(map(str, users))} is using the workspace {home}",
            "stop the server and workers, then restore",
        )
    if not force and holds_something(home, database_url):
        raise CommandError(
            f"the workspace {home} is not empty",
            "restore into another TENURE_HOME, or say --force to move what is there aside",
        )


def holders(path: Path) -> list[int]:
    """Ids of processes that have ``path`` open (Linux; elsewhere none are found)."""
    wanted, found = str(path), set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link).startswith(wanted):
                found.add(int(link.parts[2]))
        except OSError:
            continue  # it ended meanwhile, or is not ours to see
    return sorted(found - {os.getpid()})


def _refuse_other_database(manifest: dict[str, Any], database_url: str) -> None:
    here = "postgresql" if database_url else "sqlite"
    if manifest["state"] != here:
        raise CommandError(
            f"the archive's state is for {manifest['state']}, the workspace uses {here}",
            "set DATABASE_URL for a PostgreSQL archive, unset it for a SQLite one",
        )


def _unpack(source: Path, staging: Path, progress: Report) -> dict[str, Any]:
    staging.mkdir(mode=0o700)
    try:
        with tarfile.open(source, "r:") as archive:
            for member in archive:
                _lay_out(archive, member, staging)
    except (tarfile.TarError, EOFError, FileExistsError, NotADirectoryError) as error:
        raise _broken(source, str(error)) from error
    return _verified(source, staging, progress)


def _lay_out(archive: tarfile.TarFile, member: tarfile.TarInfo, staging: Path) -> None:
    """Write one file of the archive below ``staging``. A backup holds plain files and nothing else:
    whatever else there is, or leads elsewhere, is refused (not every Python 3.11 can filter)."""
    root = staging.resolve()
    target = (root / member.name).resolve()
    held = archive.extractfile(member) if member.isreg() else None
    if held is None or not target.is_relative_to(root):
        raise tarfile.ExtractError(f"{member.name!r} is no file of a backup")
    target.parent.mkdir(parents=True, exist_ok=True)
    with held, target.open("xb") as kept:
        shutil.copyfileobj(held, kept)
    target.chmod((member.mode | 0o600) & 0o644)
    os.utime(target, (member.mtime, member.mtime))


def _verified(source: Path, staging: Path, progress: Report) -> dict[str, Any]:
    try:
        manifest = json.loads((staging / layout.MANIFEST).read_text())
        wanted, number = manifest["files"], manifest["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise _broken(source, "it has no manifest: it was cut off, or is no backup") from None
    if number != layout.FORMAT:
        raise CommandError(f"{source} is of format {number}", "use the Tenure that wrote it")
    (staging / layout.MANIFEST).unlink()
    present = {p.relative_to(staging).as_posix() for p in staging.rglob("*") if p.is_file()}
    if present != set(wanted):
        raise _broken(source, "its files are not those its manifest names")
    for done, (name, digest) in enumerate(wanted.items(), 1):
        with (staging / name).open("rb") as handle:
            if file_digest(handle, "sha256").hexdigest() != digest:
                raise _broken(source, f"{name} was changed")
        progress(done, len(wanted))
    return dict(manifest)


def _broken(source: Path, why: str) -> CommandError:
    return CommandError(f"{source} cannot be restored: {why}", "use another backup")


def _move_aside(home: Path, aside: Path) -> None:
    for entry in list(home.iterdir()):
        if entry.name.startswith((".restore-", "restored-over-")) or entry.name.endswith(".lock"):
            continue
        aside.mkdir(exist_ok=True, mode=0o700)
        os.replace(entry, aside / entry.name)

"""Writing an archive."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from tenure import __version__
from tenure.cli.archive import layout, snapshot, state
from tenure.kit.commands.output import CommandError, Report


def backup(
    home: Path, target: Path, *, database_url: str, pages: int, now: datetime, progress: Report
) -> dict[str, Any]:
    """Write the workspace ``home`` to ``target``; gives the manifest. Never half a file there."""
    if target.is_dir() or not target.parent.is_dir():
        raise CommandError(
            f"{target} is no file that can be written", "name a new file in a folder that exists"
        )
    with _staging(home) as staging:
        kind = _copy_state(home, staging, database_url, pages, progress)
        versions = snapshot.take(home / layout.LAKE, staging / layout.LAKE)
        _link_others(home, staging, target)
        manifest = {
            "format": layout.FORMAT,
            "tenure": __version__,
            "made_at": now.isoformat(),
            "state": kind,
            "lake": versions,
        }
        return _write(staging, target, manifest, progress)


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    folder = home / f".backup-{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_state(home: Path, staging: Path, url: str, pages: int, progress: Report) -> str:
    if url:
        state.dump_postgres(url, staging / layout.STATE_POSTGRES)
        return "postgresql"
    source = home / layout.STATE_SQLITE
    if not source.exists():
        raise CommandError(f"{home} holds no workspace", "set TENURE_HOME to one, or run init")
    state.copy_sqlite(source, staging / layout.STATE_SQLITE, pages, progress)
    return "sqlite"


def _link_others(home: Path, staging: Path, target: Path) -> None:
    for entry in home.iterdir():
        if layout.is_left_out(entry.name) or entry.resolve() == target.resolve():
            continue
        for path in [entry] if entry.is_file() else sorted(entry.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.resolve() != target.resolve():
                _copy(path, staging / path.relative_to(home))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):  # it was a passing one
        shutil.copy2(source, target)


def _write(
    staging: Path, target: Path, manifest: dict[str, Any], progress: Report
) -> dict[str, Any]:
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    files = sorted(path for path in staging.rglob("*") if path.is_file())
    digests: dict[str, str] = {}
    try:
        with part.open("xb") as handle:
            os.chmod(part, 0o600)  # it holds the signing key
            with tarfile.open(fileobj=handle, mode="w") as archive:
                for number, path in enumerate(files, 1):
                    name = path.relative_to(staging).as_posix()
                    digests[name] = _add(archive, path, name)
                    progress(number, len(files))
                complete = {**manifest, "files": digests}
                _add_text(archive, layout.MANIFEST, json.dumps(complete, indent=1))
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return complete


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.hash = source, sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        return data


def _add(archive: tarfile.TarFile, path: Path, name: str) -> str:
    with path.open("rb") as source:
        hashing = _Hashing(source)
        archive.addfile(archive.gettarinfo(str(path), name), hashing)
    return hashing.hash.hexdigest()


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    data = text.encode()
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))

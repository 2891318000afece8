"""Backup and restore: the same workspace elsewhere, or a clear refusal."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from command_fixtures import Installation

from tenure.cli.archive import restore, snapshot
from tenure.cli.archive.state import check_sqlite
from tenure.facts.lake import Lake
from tenure.kit.commands.output import CommandError

Install = Callable[[str], Installation]


def _events(count: int, now: datetime, first: int = 0) -> pa.Table:
    return pa.table(
        {
            "message_id": [f"m{first + i}" for i in range(count)],
            "event": ["Signed In"] * count,
            "timestamp": pa.array([now] * count, pa.timestamp("us", tz="UTC")),
            "received_at": pa.array([now] * count, pa.timestamp("us", tz="UTC")),
        }
    )


def _in_use(installation: Installation, template: Path, now: datetime) -> None:
    installation.ready(template)
    lake = Lake(installation.home / "lake")
    lake.append("events", _events(5, now), ("test", 1))
    lake.append("events", _events(5, now, 5), ("test", 2))
    (installation.home / "rollups").mkdir()
    (installation.home / "rollups" / "big.parquet").write_bytes(b"x" * 1000)


def test_a_workspace_comes_back_whole_in_another_folder(
    install: Install, template: Path, tmp_path: Path, now: datetime
) -> None:
    old, new, file = install("old"), install("new"), tmp_path / "backup.tenure"
    _in_use(old, template, now)
    made = json.loads(old.ok("backup", file, "--json"))
    assert made["lake"] == {"events": 2}
    assert file.stat().st_mode & 0o077 == 0
    new.ok("restore", file)
    assert Lake(new.home / "lake").rows("events") == 10
    assert (new.home / "secret.key").read_text() == (old.home / "secret.key").read_text()
    assert not (new.home / "rollups").exists()
    assert "colleagues" in new.ok("doctor")
    # A transaction the backup has is not written again; a later one is.
    restored = Lake(new.home / "lake")
    assert restored.append("events", _events(5, now, 5), ("test", 2)) is False
    assert restored.append("events", _events(1, now, 10), ("test", 3)) is True
    _refuses_what_is_there(new, file)
    if "DATABASE_URL" not in new.environment:
        _refuses_what_was_tampered_with(tmp_path / "other", file, now)


def _refuses_what_is_there(full: Installation, file: Path) -> None:
    refused = full.run("restore", file)
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    assert Lake(full.home / "lake").rows("events") == 11
    full.ok("restore", file, "--force")
    assert Lake(full.home / "lake").rows("events") == 10
    (aside,) = full.home.glob("restored-over-*")
    assert Lake(aside / "lake").rows("events") == 11


def _refuses_what_was_tampered_with(home: Path, file: Path, now: datetime) -> None:
    home.mkdir()
    whole = file.read_bytes()
    at = whole.index(b"PAR1") + 50
    for broken in (
        whole[: len(whole) // 2],
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        b"",
        b"no archive at all",
    ):
        file.write_bytes(broken)
        with pytest.raises(CommandError, match="cannot be restored"):
            restore(file, home, database_url="", force=False, now=now, progress=lambda *_: None)
        assert not list(home.iterdir())


def test_paths_that_lead_out_of_the_archive_go_nowhere(install: Install, tmp_path: Path) -> None:
    file = tmp_path / "evil.tenure"
    with tarfile.open(file, "w") as archive:
        info = tarfile.TarInfo("../../escaped")
        archive.addfile(info)
    refused = install("here").run("restore", file)
    assert refused.returncode == 2
    assert not list(tmp_path.parent.glob("escaped"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_plain_file_is_refused_and_nothing_is_written_through_it(
    install: Install, tmp_path: Path, kind: bytes
) -> None:
    file, outside = tmp_path / "evil.tenure", tmp_path / "outside"
    outside.mkdir()
    with tarfile.open(file, "w") as archive:
        link = tarfile.TarInfo("way")
        link.type, link.linkname = kind, str(outside)
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("way/through"))
    refused = install("here").run("restore", file)
    assert refused.returncode == 2
    assert "is no file of a backup" in refused.stderr
    assert not list(outside.iterdir())


def test_a_backup_goes_nowhere_it_cannot(
    installation: Installation, template: Path, tmp_path: Path
) -> None:
    installation.ready(template)
    target = tmp_path / "missing" / "b.tenure"
    refused = installation.run("backup", target)
    assert refused.returncode == 2
    assert str(target) in refused.stderr
    assert not list(installation.home.glob(".backup-*"))


def test_a_snapshot_holds_its_version_while_the_lake_goes_on(tmp_path: Path, now: datetime) -> None:
    lake = Lake(tmp_path / "lake")
    for number in range(1, 6):
        lake.append("events", _events(10, now, number * 10), ("test", number))
    assert snapshot.take(tmp_path / "lake", tmp_path / "copy") == {"events": 5}
    lake.append("events", _events(10, now, 90), ("test", 9))
    lake.compact("events", keep_hours=0)
    assert Lake(tmp_path / "copy").rows("events") == 50
    assert Lake(tmp_path / "lake").rows("events") == 60
    assert snapshot.take(tmp_path / "lake", tmp_path / "second")["events"] > 5
    assert Lake(tmp_path / "second").rows("events") == 60


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough" * 50])
def test_a_file_that_is_no_database_is_recognised(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.sqlite3"
    path.write_bytes(content)
    assert (check_sqlite(path) == "") == (content == b"")

"""The doctor: each thing that can be wrong is named, with what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_fixtures import Installation
from people import NOW

from tenure.cli.doctor import Level, disk, examine, state, worst
from tenure.connectors.models import StripeTrouble
from tenure.core import audit, mail_server, operations
from tenure.core.models import Job, PolicyVersion
from tenure.facts import doctor, reading
from tenure.facts.models import InboxRow, Quarantined, SourceAlert

LIMITS = operations.packaged().doctor
HOUR = timedelta(hours=1)


def _levels(workspace: Any, now: datetime) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for finding in examine(workspace.home, now):
        assert finding.level is Level.OK or finding.remedy, finding
        found[finding.check] = max(finding.level, found.get(finding.check, Level.OK))
    return found


@pytest.mark.django_db
def test_a_well_workspace_is_well(workspace: Any, alice: Any, now: datetime) -> None:
    assert set(_levels(workspace, now).values()) == {Level.OK}


def _old_inbox() -> None:
    InboxRow.objects.create(received_at=NOW - HOUR, source="s", endpoint="e", body=b"{}")


def _late_job() -> None:
    Job.objects.create(kind="x", run_at=NOW - HOUR, created_at=NOW - HOUR)


def _dead_worker() -> None:
    Job.objects.create(
        kind="x", run_at=NOW - HOUR, created_at=NOW, state="running", lease_until=NOW - HOUR
    )


def _failed_job() -> None:
    Job.objects.create(
        kind="x", run_at=NOW, created_at=NOW, state="failed", finished_at=NOW, error="a\nBoom"
    )


def _alert() -> None:
    SourceAlert.objects.create(source="web", subject="web", kind="stale", text="", opened_at=NOW)


def _refused_fact() -> None:
    Quarantined.objects.create(
        at=NOW, source="s", table="events", code="c", reason="r", payload="{}", fingerprint="f"
    )


def _future() -> None:
    audit.record("a", "b", "c", "d", now=NOW + HOUR)


def _bad_policy() -> None:
    PolicyVersion.objects.create(name="roles", version=1, body="x = 1", author="a", at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "check", "level"),
    [
        (_old_inbox, "inbox", Level.FAIL),
        (_late_job, "workers", Level.FAIL),
        (_dead_worker, "workers", Level.FAIL),
        (_failed_job, "jobs", Level.WARN),
        (_alert, "sources", Level.WARN),
        (_refused_fact, "quarantine", Level.WARN),
        (_future, "clock", Level.WARN),
        (_bad_policy, "policy", Level.FAIL),
    ],
)
def test_what_is_wrong_is_found(
    spoil: Callable[[], None], check: str, level: Level, workspace: Any, alice: Any
) -> None:
    spoil()
    found = _levels(workspace, NOW)
    assert found.pop(check) is level
    assert set(found.values()) == {Level.OK}


@pytest.mark.django_db
def test_nobody_to_sign_in_is_a_warning(now: datetime) -> None:
    assert worst(state.people()) is Level.WARN


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    limits = LIMITS.model_copy(update={"disk_free_warn_mb": 2**40})
    assert worst(disk.space(tmp_path, limits)) is Level.WARN
    limits = limits.model_copy(update={"disk_free_fail_mb": 2**40})
    assert worst(disk.space(tmp_path, limits)) is Level.FAIL
    assert worst(disk.folder(tmp_path / "missing")) is Level.FAIL


def test_a_key_others_can_read_is_said(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.touch(mode=0o600)
    assert list(disk.secret(tmp_path)) == []
    os.chmod(key, 0o644)
    assert worst(disk.secret(tmp_path)) is Level.WARN


def test_damaged_tables_are_named_one_by_one(workspace: Any, now: datetime) -> None:
    from cli.test_backup import _events

    from tenure.facts.lake import current

    for table in ("events", "extra"):
        current().append(table, _events(3, now), ("t", 1))
    assert worst(doctor.tables(LIMITS, NOW)) is Level.OK
    next(workspace.lake.glob("events/*/*.parquet")).unlink()
    (finding,) = doctor.tables(LIMITS, NOW)
    assert (finding.level, "table events: 1 files are missing" in finding.text) == (
        Level.FAIL,
        True,
    )


@pytest.mark.parametrize("wreck", ["cut", "overwritten", "end", "another"])
def test_a_damaged_file_is_named(workspace: Any, now: datetime, wreck: str) -> None:
    from cli.test_backup import _events

    from tenure.facts.lake import current

    for number, rows in ((1, 2000), (2, 3000)):
        current().append("events", _events(rows, now), ("t", number))
    assert worst(doctor.whole_files(LIMITS, now)) is Level.OK
    first, second = sorted(workspace.lake.glob("events/*/*.parquet"))
    whole = first.read_bytes()
    if wreck == "cut":
        first.write_bytes(whole[: len(whole) // 2])
    elif wreck == "overwritten":
        first.write_bytes(whole[:4] + b"\0" * 2000 + whole[2004:])
    elif wreck == "end":
        first.write_bytes(whole[:-4] + b"xxxx")
    else:
        first.write_bytes(second.read_bytes())
    (finding,) = doctor.whole_files(LIMITS, now)
    assert finding.level is Level.FAIL
    assert str(first) in finding.text
    assert str(second) not in finding.text
    if wreck != "another":  # can be read: only the log tells
        with pytest.raises(OSError, match=first.name):
            reading.as_known("SELECT MAX(message_id), MAX(event) FROM events", now, "events")


def test_the_command_tells_by_its_exit_code(installation: Installation, template: Path) -> None:
    installation.ready(template)
    assert "FAIL" not in installation.ok("doctor")
    if "DATABASE_URL" in installation.environment:
        installation.environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/none"
    else:
        (installation.home / "state.sqlite3").write_bytes(b"rubbish" * 1000)
    done = installation.run("doctor")
    assert done.returncode == 1
    assert "FAIL" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.django_db
def test_the_doctor_tells_how_mails_leave_and_what_is_missing(
    workspace: Any, alice: Any, now: datetime, settings: Any
) -> None:
    key = {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "s3cret"}
    settings.MAIL_WAY, settings.PUBLIC_URL = mail_server.read(key), "http://127.0.0.1:8000"
    found = [f for f in examine(workspace.home, now) if f.check == "mail"]
    assert [f.level for f in found] == [Level.OK, Level.WARN, Level.WARN, Level.WARN]
    text = " ".join(f"{f.text} {f.remedy}" for f in found)
    for part in ("Postmark", "TENURE_MAIL_WEBHOOK", "success@localhost", "TENURE_URL"):
        assert part in text
    assert "s3cret" not in text


@pytest.mark.django_db
def test_the_doctor_tells_what_stripe_lacks_and_what_it_said_that_cannot_be_read(
    workspace: Any, alice: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TENURE_STRIPE_KEY", "TENURE_STRIPE_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    assert "stripe" not in _levels(workspace, now)  # nobody uses it here
    monkeypatch.setenv("TENURE_STRIPE_KEY", "rk_test_s3cret")
    found = [f for f in examine(workspace.home, now) if f.check == "stripe"]
    assert [(f.level, "TENURE_STRIPE_WEBHOOK_SECRET" in f.text) for f in found] == [
        (Level.FAIL, True)
    ]
    monkeypatch.setenv("TENURE_STRIPE_WEBHOOK_SECRET", "whsec_s3cret")
    assert _levels(workspace, now)["stripe"] is Level.OK
    StripeTrouble.objects.create(
        event_id="evt_9", kind="x", received_at=NOW, error="KeyError: 'id'", body=b"{}"
    )
    (found,) = [f for f in examine(workspace.home, now) if f.check == "stripe"]
    assert (found.level, "evt_9" in found.remedy) == (Level.FAIL, True)
    assert "s3cret" not in f"{found.text} {found.remedy}"

"""Checks of the inbox, the lake and the sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Count, Min

from tenure.analytics.engine import file_fault
from tenure.core.doctor import Finding, Level
from tenure.core.operations import DoctorLimits
from tenure.facts import healing, lake
from tenure.facts.models import InboxRow, Quarantined, SourceAlert


def inbox(limits: DoctorLimits, now: datetime) -> Iterator[Finding]:
    """Does what was acknowledged reach the lake?"""
    found = InboxRow.objects.aggregate(rows=Count("pk"), oldest=Min("received_at"))
    rows, oldest = found["rows"], found["oldest"]
    age = now - oldest if oldest else timedelta()
    text = f"{rows:,} requests wait for the lake"
    late = age > timedelta(minutes=limits.inbox_age_warn_minutes)
    if late or rows > limits.inbox_rows_warn:
        text += f", the oldest for {age.total_seconds() / 60:,.0f} minutes"
        yield Finding("inbox", Level.FAIL, text, "start 'tenure serve' or 'tenure worker'")
    else:
        yield Finding("inbox", Level.OK, text)


def tables(_limits: DoctorLimits, _now: datetime) -> Iterator[Finding]:
    """Can every table be opened, and is every file it names there?"""
    current, rows, names = lake.current(), 0, lake.current().tables()
    damaged = False
    for name in names:
        try:
            files = current.files(name)
            missing = [
                p for p in files["path"].to_pylist() if current.local and not Path(p).exists()
            ]
            rows += current.rows(name)
        except Exception as error:  # whatever delta-rs says about a damaged log
            damaged = True
            yield _damaged(name, str(error).splitlines()[0])
            continue
        if missing:
            damaged = True
            yield _damaged(name, f"{len(missing)} files are missing, such as {missing[0]}")
    if not damaged:
        yield Finding("lake", Level.OK, f"{len(names)} tables with {rows:,} facts")


def whole_files(_limits: DoctorLimits, _now: datetime) -> Iterator[Finding]:
    """Can every data file be read to its end, and does it hold what the log says?"""
    current, number, damaged = lake.current(), 0, False
    for table in current.tables():
        for path, rows in _files(current, table):
            number += 1
            found, why = file_fault(path)
            if not why and found != rows:
                why = f"it holds {found:,} facts, the log says {rows:,}"
            if why:
                damaged = True
                yield _damaged(table, f"{path}: {why}")
    if not damaged:
        yield Finding("lake files", Level.OK, f"{number:,} files were read to their end")


def _files(current: lake.Lake, table: str) -> list[tuple[str, int]]:
    try:
        files = current.files(table)
    except Exception:  # told by the check of the tables
        return []
    return list(zip(files["path"].to_pylist(), files["num_records"].to_pylist(), strict=True))


def whole_state(_limits: DoctorLimits, now: datetime) -> Iterator[Finding]:
    """Does state follow all facts there are?"""
    yield from _missed(healing.SweepScope(now, heal=False))


def state(_limits: DoctorLimits, now: datetime) -> Iterator[Finding]:
    """Does state follow the facts that came lately?"""
    days = healing.settings()["doctor_days"]
    yield from _missed(healing.SweepScope(now, now - timedelta(days=days), heal=False))


def _missed(ask: healing.SweepScope) -> Iterator[Finding]:
    missed = {name: number for name, number in healing.sweep(ask).items() if number}
    if not missed:
        yield Finding("state", Level.OK, "accounts, cases, tasks and plays follow the facts")
        return
    told = ", ".join(f"{name} {number:,}" for name, number in missed.items())
    yield Finding(
        "state",
        Level.WARN,
        f"facts were missed by {told}",
        "a worker heals it when it starts and every night; at once: tenure doctor --heal",
    )


def _damaged(table: str, why: str) -> Finding:
    return Finding("lake", Level.FAIL, f"table {table}: {why}", "tenure restore the last backup")


def sources(_limits: DoctorLimits, _now: datetime) -> Iterator[Finding]:
    """Does every source speak as usual?"""
    open_alerts = SourceAlert.objects.filter(closed_at__isnull=True).order_by("-opened_at")
    for alert in open_alerts[:10]:
        yield Finding(
            "sources",
            Level.WARN,
            f"{alert.source}: {alert.text}",
            "see Facts, Sources; a health score on missing data misleads",
        )
    if not open_alerts:
        yield Finding("sources", Level.OK, "none is stale or suddenly quiet")


def quarantine(_limits: DoctorLimits, _now: datetime) -> Iterator[Finding]:
    """Does refused data wait for somebody?"""
    count = Quarantined.objects.filter(state="open").count()
    if count:
        text = f"{count:,} facts were refused and wait for a decision"
        yield Finding("quarantine", Level.WARN, text, "see Facts, Quarantine: repair or dismiss")
    else:
        yield Finding("quarantine", Level.OK, "nothing waits")

"""Checks of the state database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max
from django.db.utils import DatabaseError

from tenure.core import migrate, policy
from tenure.core.doctor import Finding, Level
from tenure.core.models import AuditEntry, Job, PolicyVersion, User
from tenure.core.operations import DoctorLimits


def integrity() -> Iterator[Finding]:
    """Does the database answer, and is its file whole?"""
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check" if connection.vendor == "sqlite" else "SELECT 'ok'")
            found = str(cursor.fetchone()[0])
    except DatabaseError as error:
        found = str(error).strip() or type(error).__name__
    if found == "ok":
        yield Finding("database", Level.OK, f"{connection.vendor} answers and is whole")
    else:
        yield Finding(
            "database",
            Level.FAIL,
            f"{connection.vendor}: {found.splitlines()[0]}",
            "with PostgreSQL check DATABASE_URL; a damaged file: tenure restore the last backup",
        )


def migrations() -> Iterator[Finding]:
    """Do database and program fit together?"""
    if newer := migrate.ahead():
        text = f"the database was used by a newer Tenure ({newer[-1]})"
        yield Finding("migrations", Level.FAIL, text, "install that version or a later one")
    elif missing := migrate.pending():
        text = f"{len(missing)} migrations are pending"
        remedy = "run any command, such as 'tenure policy list': it applies them"
        yield Finding("migrations", Level.WARN, text, remedy)
    else:
        yield Finding("migrations", Level.OK, "up to date")


def people() -> Iterator[Finding]:
    """Can anybody sign in?"""
    if User.objects.filter(role="admin", is_active=True).exists():
        yield Finding("team", Level.OK, f"{User.objects.filter(is_active=True).count()} colleagues")
    else:
        yield Finding("team", Level.WARN, "there is no admin yet", "run 'tenure init'")


def policies() -> Iterator[Finding]:
    """Does every policy document in force hold?"""
    saved = PolicyVersion.objects.filter(active=True).exclude(body="")
    errors = policy.validate(dict(saved.values_list("name", "body")))
    for error in errors:
        yield Finding(
            "policy", Level.FAIL, f"{error.source}: {error.key}: {error.problem}", error.remedy
        )
    if not errors:
        yield Finding("policy", Level.OK, f"{len(policy.list_names())} documents hold")


def work(limits: DoctorLimits, now: datetime) -> Iterator[Finding]:
    """Is anybody doing the work that is due?"""
    silent = now - timedelta(minutes=limits.worker_silent_minutes)
    late = Job.objects.filter(state="ready", run_at__lt=silent).count()
    dead = Job.objects.filter(state="running", lease_until__lt=silent).count()
    if late or dead:
        yield Finding(
            "workers",
            Level.FAIL,
            f"{late + dead} jobs are due and nobody works on them",
            "start 'tenure serve' or 'tenure worker'",
        )
    else:
        yield Finding("workers", Level.OK, "no work is waiting for long")
    since = now - timedelta(days=limits.jobs_failed_days)
    asked_wrongly = {"checkpoint__has_key": "error"}  # was told to whoever asked
    failed = Job.objects.filter(state="failed", finished_at__gte=since).exclude(**asked_wrongly)
    for job in failed.order_by("-pk")[:5]:
        last = (job.error.strip().splitlines() or ["no message"])[-1]
        text = f"job {job.pk} ({job.kind}) failed: {last}"
        yield Finding("jobs", Level.WARN, text, "correct the cause; the next run will try again")


def clock(limits: DoctorLimits, now: datetime) -> Iterator[Finding]:
    """Does this machine's clock run behind what was written already?"""
    newest = AuditEntry.objects.aggregate(at=Max("at"))["at"]
    started = Job.objects.aggregate(at=Max("created_at"))["at"]
    latest = max((m for m in (newest, started) if m), default=now)
    ahead = (latest - now).total_seconds()
    if ahead > limits.clock_ahead_seconds:
        yield Finding(
            "clock",
            Level.WARN,
            f"what was written last is {ahead:,.0f} s in the future",
            "set the clock of this machine (NTP); facts are dated by it",
        )
    else:
        yield Finding("clock", Level.OK, f"{now:%Y-%m-%d %H:%M} UTC")

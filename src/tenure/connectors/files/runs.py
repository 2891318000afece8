"""One run over one file: read, validate, sort by day, land what is new, say how it went.

A run has two passes. The first reads the file in chunks, quarantines what is wrong and spools the
good rows; the second lands them in whole days, each bucket with its own transaction number. After
a kill the same command goes on where it stopped; the same file again finds nothing new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenure.analytics.errors import SpecError
from tenure.connectors.files import locking, named
from tenure.connectors.files.first_pass import FirstPass
from tenure.connectors.files.mapping import Plan, Term, find_table, parse_terms, plan, written
from tenure.connectors.files.readers import Dialect, Opened, open_file
from tenure.connectors.files.settings import settings
from tenure.connectors.files.spool import Bucket, Spool
from tenure.connectors.models import ImportRun
from tenure.facts import identity, lake, landing, sources, sql
from tenure.facts.casts import Reading
from tenure.facts.inbox import OwnFact, record_own
from tenure.facts.routing import ROUTING

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done, total); totals are 0 while unknown."""


@dataclass(frozen=True)
class Options:
    """How to read a file; see ``tenure import --help`` for the meaning.

    ``shown_as`` is the file's name where the path is not (uploads).
    """

    date_format: str = ""
    zone: str = "UTC"
    nulls: tuple[str, ...] = ()
    major: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    format: str = ""
    delimiter: str = ""
    encoding: str = ""
    source: str = ""
    shown_as: str = ""

    def reading(self, untyped: bool) -> Reading:
        """How values are read."""
        return Reading(self.zone, self.date_format, self.nulls, frozenset(self.major), untyped)


@dataclass(frozen=True)
class Job:
    """Everything a run needs."""

    run: ImportRun
    opened: Opened
    plan: Plan
    options: Options
    handlers: Callable[[str, Any, datetime], None]
    progress: Progress
    now: datetime
    notes: list[str] = field(default_factory=list)


def run_import(
    table: str,
    path: Path | str,
    mapping: Sequence[str] | Mapping[str, str] = (),
    *,
    now: datetime,
    options: Options | None = None,
    name: str = "",
    use: str = "",
    actor: object = "",
    progress: Progress | None = None,
    handlers: Callable[[str, Any, datetime], None] | None = None,
) -> ImportRun:
    """Import a file into ``table`` and give the finished run.

    ``mapping`` are ``field=column`` items; ``use`` takes a mapping kept earlier, ``name`` keeps
    this one. SpecError if the file, the mapping or an option is wrong: nothing landed then.
    """
    find_table(table)
    path = Path(path)
    terms, options = named.resolve(table, _terms(mapping), options or Options(), use)
    check_options(options)
    opened = open_file(path, Dialect(options.format, options.delimiter, options.encoding))
    checked = plan(table, opened.columns, terms, options.only)
    if name:
        named.keep(name, table, terms, options, actor, now)
    with locking.one_at_a_time(table):
        run = _begin(table, path, terms, options, actor, now)
        job = Job(
            run, opened, checked, options, handlers or ROUTING.tell,
            progress or (lambda *_: None), run.started_at,
        )  # fmt: skip
        return _carry_out(job)


def _terms(mapping: Sequence[str] | Mapping[str, str]) -> dict[str, Term]:
    if isinstance(mapping, Mapping):
        mapping = [f"{field}={text}" for field, text in mapping.items()]
    return parse_terms(mapping)


def check_options(options: Options) -> None:
    """SpecError if the zone, the format or an amount's name is none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from tenure.facts.casts import strptime_format

    try:
        ZoneInfo(options.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SpecError(
            "--zone", options.zone, "is no time zone", "write an IANA name such as Europe/Berlin"
        ) from error
    if options.date_format and not options.date_format.startswith("days-since:"):
        strptime_format(options.date_format)


def digest(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _begin(
    table: str,
    path: Path,
    terms: Mapping[str, Term],
    options: Options,
    actor: object,
    now: datetime,
) -> ImportRun:
    """The run to go on with (cut off earlier, same bytes, read the same way), or a new one."""
    from tenure.core.audit import actor_name

    same = {
        "table": table,
        "digest": digest(path),
        "mapping": written(terms),
        "options": _plain(asdict(options)),
    }
    for run in ImportRun.objects.filter(state__in=["running", "failed"], table=table).order_by(
        "-pk"
    ):
        if all(getattr(run, key) == value for key, value in same.items()):
            run.state, run.error, run.finished_at = "running", "", None
            run.save(update_fields=["state", "error", "finished_at"])
            return run
    name = options.shown_as or path.name
    source = options.source or f"file:{name}"
    return ImportRun.objects.create(
        **same, file=name[-255:], source=source[:80], started_at=now,
        started_by=actor_name(actor)[:254] if actor else "",
    )  # fmt: skip


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _carry_out(job: Job) -> ImportRun:
    try:
        with sql.bounded(settings()["memory_mb"]):
            spool = Spool(job.run.pk, job.run.table)
            if spool.complete() is None:
                FirstPass(job, spool).read()
            _land_all(job, spool)
    except BaseException as error:
        _failed(job.run, error)
        raise
    _finish(job.run)
    spool.remove()
    return job.run


@transaction.atomic
def _finish(run: ImportRun) -> None:
    """The run is done; that it was is a fact too."""
    run.state, run.finished_at, run.pending = "done", timezone.now(), {}
    run.save()
    said = {"table": run.table, "file": run.file, "new": run.rows_new, "known": run.rows_known}
    said["quarantined"] = run.rows_quarantined
    fact = OwnFact("file imported", None, run.finished_at, None, said, f"import:{run.pk}")
    record_own([fact], now=run.finished_at)


def _failed(run: ImportRun, error: BaseException) -> None:
    run.state = "failed"
    run.error = str(error) or type(error).__name__
    run.save(update_fields=["state", "error"])


def _land_all(job: Job, spool: Spool) -> None:
    buckets = spool.buckets(int(settings()["bucket_rows"]))
    since = spool.first_day() if spool.repeats_ids() else None
    total = sum(spool.days.values())
    done = 0
    for number, bucket in enumerate(buckets, 1):
        job.progress("landing", done, total)
        if number > job.run.chunk:
            done += _land(job, spool, bucket, number, since)
        else:
            done += spool.read(bucket).num_rows
    job.progress("landing", total, total)


def _land(job: Job, spool: Spool, bucket: Bucket, number: int, since: date | None) -> int:
    run, here, writer = job.run, lake.current(), f"import:{job.run.pk}"
    facts = spool.read(bucket)
    if here.transaction(run.table, writer) >= number:
        _count(run, number, run.pending.get("new", 0), run.pending.get("known", 0))
        job.handlers(run.table, facts.select(_names(run.table)), job.now)
        return int(facts.num_rows)
    found = landing.fresh(here, run.table, facts, now=job.now, since=since)
    run.pending = {"bucket": number, "new": found.facts.num_rows, "known": found.known}
    run.save(update_fields=["pending"])
    if found.facts.num_rows:
        here.append(run.table, found.facts, (writer, number))
        _count_sources(run, found.facts, job.now)
        _remember_members(run.table, found.facts)
        job.handlers(run.table, found.facts, job.now)
    _count(run, number, found.facts.num_rows, found.known)
    return int(facts.num_rows)


def _names(table: str) -> list[str]:
    names: list[str] = find_table(table).arrow_schema().names
    return names


def _count(run: ImportRun, number: int, new: int, known: int) -> None:
    run.chunk, run.pending = number, {}
    run.rows_new += new
    run.rows_known += known
    run.save(update_fields=["chunk", "pending", "rows_new", "rows_known"])


def _count_sources(run: ImportRun, facts: Any, now: datetime) -> None:
    con = sql.connection()
    con.register("facts", facts)
    name = "event" if run.table == "events" else "''"
    rows = con.sql(
        f"SELECT source, {name}, received_day, count(*) FROM facts GROUP BY ALL"
    ).fetchall()
    with transaction.atomic():
        sources.count({(s, run.table, n, d): c for s, n, d, c in rows}, now=now)


def _remember_members(table: str, facts: Any) -> None:
    """Who belongs where, so that what an SDK sends later without an account finds its own."""
    if not {"person_id", "account_id"} <= set(facts.column_names):
        return
    con = sql.connection()
    con.register("facts", facts)
    time = find_table(table).time
    found = con.sql(
        f"SELECT person_id, account_id, max({time}) AS at FROM facts"
        " WHERE person_id IS NOT NULL AND account_id IS NOT NULL GROUP BY ALL"
    ).to_arrow_table()  # fetchall() of times with a zone needs pytz
    if found.num_rows:
        columns = (found[name].to_pylist() for name in ("person_id", "account_id", "at"))
        identity.remember(list(zip(*columns, strict=True)))

"""One run over one file: read, validate, sort by day, land what is new, say how it went.

A run has two passes. The first reads the file in chunks, quarantines what is wrong and spools the
good rows; the second lands them in whole days, each bucket with its own transaction number. After
a kill the same command goes on where it stopped; the same file again finds nothing new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenure.connectors.files import locking, named, outcome
from tenure.connectors.files.chunks import Opened
from tenure.connectors.files.first_pass import FirstPass
from tenure.connectors.files.job import Job, Options, Progress, check_options
from tenure.connectors.files.mapping import Plan, Term, find_table, parse_terms, plan, written
from tenure.connectors.files.readers import open_file
from tenure.connectors.files.second_pass import SecondPass
from tenure.connectors.files.settings import settings
from tenure.connectors.files.spool import Spool
from tenure.connectors.models import ImportRun
from tenure.facts import sql
from tenure.facts.inbox import OwnFact, record_own
from tenure.facts.routing import ROUTING


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
    opened = open_file(path, options.dialect())
    checked = planned(table, opened, terms, options)
    if name:
        named.keep(name, table, terms, options, actor, now)
    with locking.one_at_a_time(table):
        run = _begin(table, path, terms, options, actor, now)
        job = Job(
            run,
            opened,
            checked,
            options,
            handlers or ROUTING.tell,
            progress or (lambda *_: None),
            run.started_at,
        )
        return _carry_out(job)


def planned(
    table: str, opened: Opened, terms: Mapping[str, Term], options: Options, source: str = "--map"
) -> Plan:
    """The mapping checked against the table and the opened file; SpecError says what fits."""
    return plan(
        table,
        opened.columns,
        terms,
        options.only,
        options.amounts,
        source,
        left_out=options.left_out,
        words=options.words,
        sample=lambda: first_values(opened),
    )


def first_values(opened: Opened) -> dict[str, list[str]]:
    """The first values of each column as text, without empty ones."""
    chunk = next(iter(opened.chunks(settings()["sample_rows"])), None)
    if chunk is None:
        return {}
    rows = chunk.rows.slice(0, settings()["sample_rows"])
    return {
        name: [str(v) for v in rows[name].to_pylist() if v not in (None, "")]
        for name in rows.column_names
    }


def _terms(mapping: Sequence[str] | Mapping[str, str]) -> dict[str, Term]:
    if isinstance(mapping, Mapping):
        mapping = [f"{field}={text}" for field, text in mapping.items()]
    return parse_terms(mapping)


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
        **same,
        file=name[-255:],
        source=source[:80],
        started_at=now,
        started_by=actor_name(actor)[:254] if actor else "",
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _carry_out(job: Job) -> ImportRun:
    try:
        spool = Spool(job.run.pk, job.run.table)
        if spool.complete() is None:
            with sql.bounded(settings()["memory_mb"]):
                FirstPass(job, spool).read()
        with sql.bounded(settings()["memory_mb"]):
            SecondPass(job, spool).land()
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
    run.notes = [*run.notes, *outcome.notes(run.table, run.finished_at)]
    run.save()
    said = {"table": run.table, "file": run.file, "new": run.rows_new, "known": run.rows_known}
    said["quarantined"] = run.rows_quarantined
    fact = OwnFact("file imported", None, run.finished_at, None, said, f"import:{run.pk}")
    record_own([fact], now=run.finished_at)


def _failed(run: ImportRun, error: BaseException) -> None:
    run.state = "failed"
    run.error = str(error) or type(error).__name__
    run.save(update_fields=["state", "error"])

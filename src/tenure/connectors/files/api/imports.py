"""File imports: upload, runs and kept mappings."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, File, Form, Schema
from ninja.files import UploadedFile

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.connectors.files import uploads
from tenure.connectors.files.job import Options, check_options
from tenure.connectors.files.mapping import parse_terms, written
from tenure.connectors.files.readers import open_file
from tenure.connectors.files.runs import planned
from tenure.connectors.models import FileMapping, ImportRun
from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.paging import BIGINT, AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import JobOut

endpoints = Endpoints("imports")
KIND = "facts.import"


class RunOut(Schema):
    """One run over one file."""

    id: int
    table: str
    file: str
    state: str
    rows_read: int
    rows_new: int
    rows_known: int
    rows_quarantined: int
    rows_left_out: int
    rows_total: int | None
    started_at: datetime
    finished_at: datetime | None
    started_by: str
    error: str
    notes: list[str]


class RunsOut(Schema):
    """A page of runs, newest first."""

    items: list[RunOut]
    next_cursor: int | None


class MappingOut(Schema):
    """A kept mapping."""

    name: str
    table: str
    mapping: dict[str, Any]
    options: dict[str, Any]
    created_by: str
    updated_at: datetime


class ImportIn(Schema):
    """How to read the file; see ``tenure import --help``."""

    table: str = Field(max_length=40)
    map: list[str] = Field([], max_length=200, description="field=column, as often as needed")
    name: str = Field("", max_length=120, description="keep this mapping under a name")
    date_format: str = Field("", max_length=80)
    zone: str = Field("UTC", max_length=80)
    amounts: str = Field("", max_length=5, description="unit of *_minor columns: minor or major")
    decimal: str = Field("", max_length=1, description="decimal sign: . or ,; default: found")
    null: list[str] = Field([], max_length=50, description="texts that mean empty")
    only: list[str] = Field([], max_length=50, description="take only rows with column=value")
    leave_out: list[str] = Field([], max_length=200, description="columns that are not taken")
    value: list[str] = Field(
        [], max_length=500, description="translations, such as status:Churned=cancelled"
    )
    delimiter: str = Field("", max_length=3, description="of CSV; default: found")
    encoding: str = Field("", max_length=40, description="of CSV; default: found")
    header: int = Field(0, ge=0, le=10_000, description="CSV line that names the columns")
    format: str = Field("", max_length=20, description="csv, jsonl or parquet; default: looked at")
    source: str = Field("", max_length=80)


@endpoints.get("", "facts.view", RunsOut)
def list_runs(request: HttpRequest, limit: Limit = 50, cursor: AfterId = None) -> dict[str, Any]:
    """Runs, newest first."""
    rows = ImportRun.objects.order_by("-pk")
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda run: run.pk)


@endpoints.get("/mappings", "facts.view", list[MappingOut])
def list_mappings(request: HttpRequest) -> list[FileMapping]:
    """Mappings kept to be used again."""
    return list(FileMapping.objects.order_by("name"))


@endpoints.get("/{int:run_id}", "facts.view", RunOut)
def get_run(request: HttpRequest, run_id: int) -> ImportRun:
    """One run and how far it is."""
    return ImportRun.objects.get(pk=min(run_id, BIGINT))


@endpoints.post("", "facts.import", JobOut)
def start_import(
    request: HttpRequest, file: Annotated[UploadedFile, File()], data: Annotated[ImportIn, Form()]
) -> Job:
    """Upload a CSV, JSON Lines or Parquet file; a worker imports it. Look at the job, then the run.

    The upload is kept durably before the answer. The same file twice changes nothing.
    """
    if data.table not in TABLES:
        raise not_found("table", data.table)
    name = uploads.shown_name(file.name or "upload")
    options = Options(
        date_format=data.date_format,
        zone=data.zone,
        nulls=tuple(data.null),
        amounts=data.amounts,
        decimal=data.decimal,
        only=tuple(data.only),
        format=data.format,
        left_out=tuple(data.leave_out),
        words=tuple(data.value),
        delimiter=data.delimiter,
        encoding=data.encoding,
        header=data.header,
        source=data.source or f"file:{name}"[:80],
        shown_as=name,
    )
    terms = parse_terms(data.map)
    check_options(options)
    upload = uploads.save(file.chunks(), name)
    try:
        planned(data.table, open_file(upload.path, options.dialect()), terms, options, "map")
    except SpecError:
        uploads.remove(upload.token)
        raise
    who, now = caller(request), datetime.now(UTC)
    payload = {
        "token": upload.token,
        "table": data.table,
        "options": asdict(options),
        "name": data.name,
        "mapping": written(terms),
        "by": audit.actor_name(who),
    }
    job = jobs.enqueue(KIND, upload.token, payload, now=now)
    audit.record(who, "import.start", "table", data.table, after={"file": name}, now=now)
    return job

"""File imports: upload, runs and kept mappings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, File, Form, Schema
from ninja.files import UploadedFile

from tenure.analytics.tables import TABLES
from tenure.api.auth import caller
from tenure.api.errors import not_found
from tenure.api.paging import BIGINT, AfterId, Limit, page
from tenure.api.routing import Endpoints
from tenure.api.schemas import JobOut
from tenure.connectors.files import uploads
from tenure.connectors.files.mapping import parse_terms
from tenure.connectors.files.runs import Options, check_options
from tenure.connectors.models import FileMapping, ImportRun
from tenure.core import audit, jobs
from tenure.core.models import Job

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
    rows_total: int | None
    started_at: datetime
    finished_at: datetime | None
    started_by: str
    error: str


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
    given = {"date_format": data.date_format, "zone": data.zone, "format": data.format}
    options: dict[str, Any] = {**given, "source": data.source or f"file:{name}"[:80]}
    parse_terms(data.map)
    check_options(Options(**options))
    upload = uploads.save(file.chunks(), name)
    who, now = caller(request), datetime.now(UTC)
    payload = {
        "token": upload.token, "table": data.table, "options": options, "name": data.name,
        "mapping": dict(term.split("=", 1) for term in data.map), "by": audit.actor_name(who),
    }  # fmt: skip
    job = jobs.enqueue(KIND, upload.token, payload, now=now)
    audit.record(who, "import.start", "table", data.table, after={"file": name}, now=now)
    return job

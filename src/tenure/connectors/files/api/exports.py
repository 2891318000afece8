"""Tables, scores and signals as files."""

from __future__ import annotations

import tempfile
from typing import Annotated, Any, Literal

from django.http import FileResponse, HttpRequest
from ninja import Query

from tenure.connectors.files import export
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import Moment

endpoints = Endpoints("export")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


@endpoints.get("", "export", list[str])
def list_exports(request: HttpRequest) -> list[str]:
    """Everything that can be exported."""
    return export.names()


@endpoints.get("/{slug:table}", "export", None)
def export_table(
    request: HttpRequest,
    table: str,
    format: Annotated[Literal["csv", "json", "parquet"], Query()] = "csv",
    history: bool = False,
    as_of: Moment | None = None,
) -> Any:
    """A table as a file: of each thing the latest fact, or with ``history`` all of them."""
    if table not in export.names():
        raise not_found("table", table)
    # Written in full first, so that the file is whole or an error, never cut off.
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    export.export(table, format, spool, history=history, as_of=as_of)
    spool.seek(0)
    name = f"{table}.{'jsonl' if format == 'json' else format}"
    return FileResponse(spool, as_attachment=True, filename=name, content_type=TYPES[format])

"""The second step of an import: which column is which field, tried on the first rows."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import islice
from typing import Any

import pyarrow as pa
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES, Table
from tenure.connectors.files import mapping as mappings
from tenure.connectors.files import uploads
from tenure.connectors.files.mapping import LINE
from tenure.connectors.files.readers import Chunk, Opened, open_file
from tenure.connectors.files.runs import check_options
from tenure.connectors.models import FileMapping
from tenure.core import jobs
from tenure.core.audit import actor_name
from tenure.core.roles import needs
from tenure.facts import contracts, validate
from tenure.web.facts import mapping_form
from tenure.web.facts.import_job import KIND
from tenure.web.facts.mapping_form import Asked

TRIED = 500
SHOWN = 5


def _upload(token: str) -> uploads.Upload:
    try:
        return uploads.find(token)
    except SpecError:
        raise Http404("this file was imported already, or is no longer kept") from None


@needs("facts.import")
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Map the columns; a POST starts the import, or shows what is wrong and keeps every choice."""
    upload = _upload(token)
    kept = FileMapping.objects.filter(pk=request.GET.get("mapping", "")).first()
    table = TABLES[_table_name(request, kept)]
    opened = open_file(upload.path)
    if request.method != "POST":
        return _page(request, upload, opened, mapping_form.first(table, opened.columns, kept))
    asked = mapping_form.posted(table, request.POST)
    try:
        _check(opened, asked)
    except SpecError as error:
        return _page(request, upload, opened, asked, error)
    return _start(request, upload, asked)


def _table_name(request: HttpRequest, kept: FileMapping | None) -> str:
    asked = request.POST.get("table") or request.GET.get("table") or (kept.table if kept else "")
    return asked if asked in TABLES else "events"


def _check(opened: Opened, asked: Asked) -> mappings.Plan:
    check_options(asked.options)
    return mappings.plan(asked.table.name, opened.columns, asked.terms, source="mapping")


def _start(request: HttpRequest, upload: uploads.Upload, asked: Asked) -> HttpResponse:
    payload = {
        "token": upload.token,
        "table": asked.table.name,
        "mapping": mappings.written(asked.terms),
        "options": asdict(replace(asked.options, shown_as=upload.name)),
        "name": asked.name,
        "by": actor_name(request.user),
        "file": upload.name,
    }
    job = jobs.enqueue(KIND, upload.token, payload, now=timezone.now())
    return redirect("facts_import_work", job.pk)


def _page(
    request: HttpRequest,
    upload: uploads.Upload,
    opened: Opened,
    asked: Asked,
    error: SpecError | None = None,
) -> HttpResponse:
    chunk = _first_rows(opened)
    used = {c for t in asked.terms.values() for c in t.columns()}
    context = {
        "upload": upload,
        "opened": opened,
        "asked": asked,
        "lines": asked.lines(),
        "tables": TABLES.values(),
        "sample": _sample(opened, chunk),
        "unused": [c for c in opened.columns if c not in used],
        "mappings": FileMapping.objects.filter(table=asked.table.name).order_by("name"),
        "amounts": [c.name for c in asked.table.columns if c.name.endswith("_minor")],
        "major": [f"{t}_minor" for t in asked.terms if asked_major(asked.table, t)],
        "error": error,
    }
    return render(request, "web/facts/mapping.html", context, status=422 if error else 200)


def asked_major(table: Table, field: str) -> bool:
    """Whether ``field`` is an amount given in major units."""
    names = {c.name for c in table.columns}
    return field not in names and f"{field}_minor" in names


def _first_rows(opened: Opened) -> Chunk | None:
    return next(islice(opened.chunks(TRIED), 1), None)


def _sample(opened: Opened, chunk: Chunk | None) -> list[dict[str, Any]]:
    """The first values of every column."""
    rows = chunk.rows.slice(0, SHOWN) if chunk else None
    return [
        {"name": c, "values": _values(rows, c)}
        for c in opened.columns
    ]  # fmt: skip


def _values(rows: pa.Table | None, column: str) -> list[str]:
    if rows is None or column not in rows.column_names:
        return []
    return ["" if v is None else str(v)[:60] for v in rows[column].to_pylist()]


@require_POST
@needs("facts.import")
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """What the first rows would become; a fragment that follows every change of the form."""
    upload = _upload(token)
    asked = mapping_form.posted(TABLES[_table_name(request, None)], request.POST)
    try:
        context = _tried(open_file(upload.path), asked)
    except SpecError as error:
        context = {"error": error}
    return render(request, "web/facts/_preview.html", context)


def _tried(opened: Opened, asked: Asked) -> dict[str, Any]:
    plan, chunk = _check(opened, asked), _first_rows(opened)
    if chunk is None or not chunk.rows.num_rows:
        return {"tried": 0, "landed": 0}
    mapped = plan.apply(chunk.rows.append_column(LINE, chunk.lines)).drop_columns([LINE])
    checked = validate.check(
        asked.table.name,
        mapped,
        now=timezone.now(),
        source=asked.options.source or "file",
        backfill=True,
        reading=asked.options.reading(opened.untyped),
        contracts=contracts.current(),
    )
    refused = [r for r in checked.refusals if not r.warn]
    return {
        "tried": chunk.rows.num_rows + len(chunk.unreadable),
        "landed": checked.facts.num_rows,
        "refused": len(refused) + len(chunk.unreadable),
        "reasons": list(dict.fromkeys(_here(r.reason) for r in refused))[:4],
        **_rows(asked.table, checked.facts.slice(0, SHOWN)),
    }


def _here(reason: str) -> str:
    """A reason in the words of this page, where the command line has options."""
    return reason.replace("--date-format", "format of times:").replace("--map", "field:")


def _rows(table: Table, facts: pa.Table) -> dict[str, Any]:
    names = [
        c.name for c in table.columns
        if c.name in facts.column_names and facts[c.name].null_count < facts.num_rows
    ]  # fmt: skip
    return {
        "columns": names,
        "rows": [[_cell(row[n]) for n in names] for row in facts.select(names).to_pylist()],
    }


def _cell(value: Any) -> str:
    return "" if value is None else str(value).removesuffix("+00:00")[:80]

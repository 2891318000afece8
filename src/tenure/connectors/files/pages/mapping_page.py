"""The second step of an import: which column is which field, tried on the first rows."""

from __future__ import annotations

import re
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
from tenure.connectors.files import decimals, uploads
from tenure.connectors.files import mapping as mappings
from tenure.connectors.files.chunks import Chunk, Opened
from tenure.connectors.files.job import check_options
from tenure.connectors.files.mapping import LINE
from tenure.connectors.files.pages import mapping_form
from tenure.connectors.files.pages.import_job import KIND
from tenure.connectors.files.pages.mapping_form import MappingForm
from tenure.connectors.files.readers import open_file
from tenure.connectors.files.runs import first_values, planned
from tenure.connectors.models import FileMapping
from tenure.core import jobs
from tenure.core.audit import actor_name
from tenure.core.roles import needs
from tenure.facts import contracts, ingest_policy, validate

TRIED = 500
SHOWN = 5
ENCODINGS = ("utf-8", "cp1252", "iso-8859-15", "utf-16", "cp1250", "cp1251", "shift_jis", "gb18030")


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
    if request.method != "POST":
        told = mapping_form.kept_dialect(kept)
        opened = open_file(upload.path, told)
        asked = mapping_form.first(table, opened.columns, kept, _first_values(opened))
        return _page(request, upload, opened, asked)
    opened, wrong = _opened(upload, request.POST)
    asked = mapping_form.posted(table, request.POST, opened.columns)
    if "again" in request.POST:  # read in another way it has other columns
        found = mapping_form.first(table, opened.columns, None, _first_values(opened))
        read_so = replace(found, options=replace(asked.options, left_out=()), name=asked.name)
        return _page(request, upload, opened, read_so, wrong)
    try:
        if wrong:
            raise wrong
        _check(opened, asked)
    except SpecError as error:
        return _page(request, upload, opened, asked, error)
    return _start(request, upload, asked)


def _opened(upload: uploads.Upload, post: Any) -> tuple[Opened, SpecError | None]:
    """The file, read as the form says; as it looks, with what is wrong, where that cannot be."""
    try:
        return open_file(upload.path, mapping_form.dialect(post)), None
    except SpecError as error:
        return open_file(upload.path), error


def _first_values(opened: Opened) -> dict[str, list[str]]:
    try:
        return first_values(opened)
    except SpecError:
        return {}


def _table_name(request: HttpRequest, kept: FileMapping | None) -> str:
    asked = request.POST.get("table") or request.GET.get("table") or (kept.table if kept else "")
    return asked if asked in TABLES else "events"


def _check(opened: Opened, asked: MappingForm) -> mappings.Plan:
    check_options(asked.options)
    return planned(asked.table.name, opened, asked.terms, asked.options, "mapping")


def _start(request: HttpRequest, upload: uploads.Upload, asked: MappingForm) -> HttpResponse:
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
    asked: MappingForm,
    error: SpecError | None = None,
) -> HttpResponse:
    try:
        chunk = _first_rows(opened)
    except SpecError as broken:
        chunk, error = None, broken
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
        "error": in_words(error) if error else None,
        "encodings": ENCODINGS,
        "kinds": ("csv", "jsonl", "parquet"),
        "delimiter": {"\t": "tab"}.get(asked.options.delimiter, asked.options.delimiter),
    }
    return render(request, "imports/mapping.html", context, status=422 if error else 200)


def _first_rows(opened: Opened) -> Chunk | None:
    return next(islice(opened.chunks(TRIED), 1), None)


def _sample(opened: Opened, chunk: Chunk | None) -> list[dict[str, Any]]:
    """The first values of every column."""
    rows = chunk.rows.slice(0, SHOWN) if chunk else None
    return [{"name": c, "values": _values(rows, c)} for c in opened.columns]


def _values(rows: pa.Table | None, column: str) -> list[str]:
    if rows is None or column not in rows.column_names:
        return []
    return ["" if v is None else str(v)[:60] for v in rows[column].to_pylist()]


@require_POST
@needs("facts.import")
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """What the first rows would become; a fragment that follows every change of the form."""
    upload = _upload(token)
    table = TABLES[_table_name(request, None)]
    try:
        opened = open_file(upload.path, mapping_form.dialect(request.POST))
        context = _tried(opened, mapping_form.posted(table, request.POST, opened.columns))
    except SpecError as error:
        context = {"error": in_words(error)}
    return render(request, "imports/_preview.html", context)


def _tried(opened: Opened, asked: MappingForm) -> dict[str, Any]:
    plan, chunk = _check(opened, asked), _first_rows(opened)
    signs = {} if asked.options.decimal else decimals.find(opened, plan, asked.table, TRIED)
    if chunk is None or not chunk.rows.num_rows:
        return {"tried": 0, "landed": 0}
    mapped = plan.apply(chunk.rows.append_column(LINE, chunk.lines)).drop_columns([LINE])
    checked = validate.check(
        asked.table.name,
        mapped,
        now=timezone.now(),
        source=asked.options.source or "file",
        backfill=True,
        reading=asked.options.reading(asked.table, opened.untyped, signs),
        contracts=contracts.current(),
        placeholders=ingest_policy.load().ids.listed,
    )
    refused = [r for r in checked.refusals if not r.warn]
    return {
        "tried": chunk.rows.num_rows + len(chunk.unreadable),
        "landed": checked.facts.num_rows,
        "refused": len(refused) + len(chunk.unreadable),
        "reasons": list(dict.fromkeys(_here(r.reason) for r in refused))[:4],
        "notes": decimals.notes(signs),
        **_rows(asked.table, checked.facts.slice(0, SHOWN)),
    }


_WORDS = {
    "--date-format": "Format of times:",
    "--leave-out": "Columns to leave out:",
    "--delimiter": "Delimiter:",
    "--encoding": "Encoding:",
    "--decimal": "Decimal sign:",
    "--amounts": "Unit:",
    "--header": "Line of the header:",
    "--format": "Kind of file:",
    "--value": "Values in other words:",
    "--zone": "Time zone:",
    "--null": "Texts that mean “empty”:",
    "--only": "Only these rows:",
    "--map": "Field:",
}


_ITEM = re.compile(r"--map (?:'((?:[^']|'\"'\"')+)'|([^\s;]+))( with the column that holds it)?")


def _chosen(match: re.Match[str]) -> str:
    """``--map field=column`` as what to do on this page."""
    item = (match[1] or match[2]).replace("'\"'\"'", "'")
    field, _, text = item.partition("=")
    if match[3] or text in ("COLUMN", ""):
        return f"choose the column of {field}"
    if text.startswith("=") or "{" in text:
        return f"write {text.removeprefix('=')} beside {field}"
    return f"choose {text} for {field}"


def _here(reason: str) -> str:
    """A reason in the words of this page, where the command line has options."""
    reason = _ITEM.sub(
        _chosen, reason.replace("add --map", "--map").replace("; and --map", "; --map")
    )
    for option, words in _WORDS.items():
        reason = reason.replace(option, words)
    return reason


def in_words(error: SpecError) -> dict[str, str]:
    """An error in the words of this page."""
    option = str(error.source)
    key = f"{_WORDS[option]} {error.key}" if option in _WORDS else str(error.key)
    return {"key": key, "problem": _here(error.problem), "remedy": _here(error.remedy)}


def _rows(table: Table, facts: pa.Table) -> dict[str, Any]:
    names = [
        c.name
        for c in table.columns
        if c.name in facts.column_names and facts[c.name].null_count < facts.num_rows
    ]
    return {
        "columns": names,
        "rows": [[_cell(row[n]) for n in names] for row in facts.select(names).to_pylist()],
    }


def _cell(value: Any) -> str:
    return "" if value is None else str(value).removesuffix("+00:00")[:80]

"""Named mappings: how the columns of a kind of file become a table's, kept to be run again."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.connectors.files.job import Options
from tenure.connectors.files.mapping import Term, options_of, parse_terms, written
from tenure.connectors.models import FileMapping
from tenure.core import audit


def keep(
    name: str,
    table: str,
    terms: Mapping[str, Term],
    options: Options,
    actor: object,
    now: datetime,
) -> FileMapping:
    """Keeps a mapping under ``name``; one of that name is replaced. Audited."""
    before = FileMapping.objects.filter(pk=name).values("table", "mapping", "options").first()
    after = {"table": table, "mapping": written(terms), "options": options_of(_plain(options))}
    kept, _ = FileMapping.objects.update_or_create(
        name=name,
        defaults={**after, "created_by": audit.actor_name(actor)[:254], "updated_at": now},
    )
    if before != after:
        audit.record(actor, "mapping.save", "mapping", name, before, after, now=now)
    return kept


def _plain(options: Options) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(options).items()}


def options_kept(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a kept mapping, also of one that was kept by an earlier version."""
    found = dict(options)
    if found.pop("major", ()):
        found["amounts"] = "major"
    return {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}


def resolve(
    table: str, terms: Mapping[str, Term], options: Options, name: str
) -> tuple[dict[str, Term], Options]:
    """Terms and options with those of the mapping ``name`` below them: what is said now wins."""
    if not name:
        return dict(terms), options
    kept = FileMapping.objects.filter(pk=name).first()
    if kept is None:
        names = list(FileMapping.objects.values_list("name", flat=True))
        near = difflib.get_close_matches(name, names, 1, 0.5)
        remedy = f"did you mean {near[0]}?" if near else "keep one first with --name"
        raise SpecError("--mapping", name, "is no kept mapping", remedy)
    if kept.table != table:
        raise SpecError(
            "--mapping", name, f"is for {kept.table}, not {table}", f"import {kept.table} with it"
        )
    said = options_of(_plain(options))
    if options.zone == "UTC":
        said.pop("zone", None)
    merged = {**options_kept(kept.options), **said}
    kept_terms = parse_terms(f"{field}={text}" for field, text in kept.mapping.items())
    return {**kept_terms, **terms}, replace(options, **merged)

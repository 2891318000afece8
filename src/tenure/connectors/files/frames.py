"""DataFrames (pandas, Polars, Arrow) in and out of the workspace named by TENURE_HOME."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tenure.analytics.errors import SpecError


def _ready() -> None:
    """Sets Django up where nobody has (a notebook), and brings the state database up to date."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenure.web.settings")
        os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        django.setup()
        from tenure.core.migrate import ensure_current

        ensure_current()


def load_frame(
    table: str,
    frame: Any,
    mapping: Sequence[str] | Mapping[str, str] = (),
    *,
    name: str = "frame",
    now: datetime | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Imports a DataFrame into ``table`` and says how it went.

    ``frame`` is anything with ``__arrow_c_stream__``; ``mapping`` and ``options`` are those of
    ``tenure import`` (``date_format``, ``zone``, ``only`` ...). The same frame twice changes
    nothing. Gives rows read, new, known and quarantined. SpecError if the mapping does not fit.
    """
    _ready()
    from tenure.connectors.files.job import Options
    from tenure.connectors.files.runs import run_import
    from tenure.core import workspace

    rows = to_arrow(frame)
    if not rows.num_rows:
        return {"read": 0, "new": 0, "known": 0, "quarantined": 0}
    folder = workspace.current().home / "spool"
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"frame-{os.getpid()}-{hashlib.sha256(os.urandom(16)).hexdigest()[:8]}.parquet"
    try:
        pq.write_table(rows, path)
        run = run_import(
            table,
            path,
            mapping,
            now=now or datetime.now(UTC),
            options=Options(source=f"frame:{name}", **options),
        )
    finally:
        path.unlink(missing_ok=True)
    return {
        "read": run.rows_read,
        "new": run.rows_new,
        "known": run.rows_known,
        "quarantined": run.rows_quarantined,
    }


def to_arrow(frame: Any) -> pa.Table:
    """Any DataFrame as an Arrow table, without pandas' index."""
    if isinstance(frame, pa.Table):
        return frame
    if not hasattr(frame, "__arrow_c_stream__"):
        raise SpecError(
            "frame",
            type(frame).__name__,
            "is no DataFrame",
            "give a pandas, Polars or Arrow table",
        )
    table = pa.table(frame)
    extra = [c for c in table.column_names if c.startswith("__index_level_")]
    return table.drop_columns(extra).replace_schema_metadata(None)


def frame(
    table: str, *, history: bool = False, as_of: datetime | None = None, columns: Any = None
) -> pa.Table:
    """A table of the workspace as Arrow (``.to_pandas()``, ``polars.from_arrow``).

    As ``tenure export`` gives it: the latest fact about each thing, or with ``history`` all.
    """
    _ready()
    from tenure.connectors.files.export import select
    from tenure.facts import sql

    found = sql.connection().sql(select(table, history=history, as_of=as_of)).to_arrow_table()
    return found.select(list(columns)) if columns else found

"""``tenure export``: tables of facts, scores and signals as files."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tenure.kit.commands.output import CommandError, err

_TABLES = (
    "accounts, people, events, plans, subscriptions, invoices, payments, tickets, responses, "
    "interactions, goals, features, refusals, scores, signals"
)
_ENDINGS = {".parquet": "parquet", ".json": "json", ".jsonl": "json", ".ndjson": "json"}


def register(app: typer.Typer) -> None:
    """Add ``export`` to the command line."""
    app.command("export", help="Write a table, scores or signals as CSV, Parquet or JSON Lines.")(
        export
    )


def export(
    table: Annotated[str, typer.Argument(help=f"One of {_TABLES}.")],
    format_: Annotated[
        str, typer.Option("--format", help="csv, parquet or json (one object a line).")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: standard output.")
    ] = None,
    as_of: Annotated[str, typer.Option(help="As it was known at this day (00:00 UTC).")] = "",
    history: Annotated[
        bool, typer.Option("--history", help="All facts, not only the latest of each thing.")
    ] = False,
) -> None:
    """Write a table to a file or standard output."""
    from tenure.kit.commands import boot

    moment = _moment(as_of)
    kind = format_ or _ENDINGS.get(output.suffix.lower() if output else "", "csv")
    if output is None and kind == "parquet" and sys.stdout.isatty():
        raise CommandError("Parquet cannot be shown on a terminal", "name a file with -o FILE")
    boot.setup()
    from tenure.connectors.files.export import export as write

    rows = write(table, kind, output or sys.stdout.buffer, history=history, as_of=moment)
    if output:
        err.print(f"{rows:,} rows of {table} written to {output}", highlight=False)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--as-of {text} is no day", "write it such as 2024-03-01") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

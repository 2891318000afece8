"""``tenure import``: files into the tables of facts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.kit.commands import operator
from tenure.kit.commands.output import err, print_json, say

_TABLES = (
    "accounts, people, events, plans, subscriptions, invoices, payments, tickets, responses, "
    "interactions, goals, features, refusals"
)


def register(app: typer.Typer) -> None:
    """Add ``import`` to the command line."""
    app.command("import", help="Import a CSV, JSON Lines or Parquet file into a table.")(import_)


def import_(
    table: Annotated[str, typer.Argument(help=f"One of {_TABLES}.")],
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines or Parquet file.")],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="field=column; field==constant; field={column}-{column}; field=column.key of "
            "an object; properties.name=column. May be repeated. "
            "Columns that fit a field by name need none; others become properties.",
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Keep this mapping under a name.")] = "",
    mapping: Annotated[str, typer.Option(help="Use the mapping kept under this name.")] = "",
    only: Annotated[
        list[str] | None,
        typer.Option(help="Take only rows with column=value (also !=, <, >, <=, >=). Repeatable."),
    ] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="A column that is not taken at all. Repeatable.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(help="Translate a value: status:Churned=cancelled. Repeatable."),
    ] = None,
    date_format: Annotated[
        str,
        typer.Option(
            help="Format of times that are not ISO 8601, such as 'm/d/yyyy, h:mm AM', "
            "dd-mmm-yyyy, '%d.%m.%Y %H:%M %z' or days-since:2013-10-01."
        ),
    ] = "",
    zone: Annotated[str, typer.Option(help="IANA zone of times that name none.")] = "UTC",
    null: Annotated[
        list[str] | None, typer.Option(help="A text that means empty, such as ? or NA. Repeatable.")
    ] = None,
    amounts: Annotated[
        str,
        typer.Option(
            help="Unit of the column mapped to mrr_minor, amount_minor ...: minor (cents) or "
            "major; without it the column must say cents or minor in its name."
        ),
    ] = "",
    decimal: Annotated[
        str,
        typer.Option(
            help="Decimal sign of numbers, . or , ; without it, it is found from each column."
        ),
    ] = "",
    source: Annotated[str, typer.Option(help="Name of the source; default file:NAME.")] = "",
    format_: Annotated[str, typer.Option("--format", help="csv, jsonl or parquet.")] = "",
    delimiter: Annotated[str, typer.Option(help="CSV delimiter; default: found out.")] = "",
    encoding: Annotated[str, typer.Option(help="CSV encoding; default: found out.")] = "",
    header: Annotated[
        int, typer.Option(help="Number of the CSV line that names the columns; default: found out.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Import a file. The same file twice changes nothing; a bad row goes to quarantine.

    Exits with 1 if every row was refused.
    """
    from tenure.kit.commands import boot

    boot.setup()
    from tenure.connectors.files.job import Options
    from tenure.connectors.files.runs import run_import

    options = Options(
        date_format=date_format,
        zone=zone,
        nulls=tuple(null or ()),
        amounts=amounts,
        decimal=decimal,
        only=tuple(only or ()),
        left_out=tuple(leave_out or ()),
        words=tuple(value or ()),
        format=format_,
        delimiter=delimiter,
        encoding=encoding,
        header=header,
        source=source,
    )
    with _bar(file.name) as report:
        run = run_import(
            table,
            file,
            map_ or (),
            now=datetime.now(UTC),
            options=options,
            name=name,
            use=mapping,
            actor=operator.name(),
            progress=report,
        )
    _tell(run, as_json)
    if run.untouched:
        raise typer.Exit(1)


@contextmanager
def _bar(title: str) -> Iterator[Any]:
    """A progress bar on a terminal; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def report(doing: str, done: int, total: int) -> None:
            bar.update(
                task,
                description=f"{title}: {doing}",
                completed=min(done, total),
                total=total or None,
            )

        yield report


def _tell(run: Any, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "table": run.table,
                "file": run.file,
                "state": run.state,
                "read": run.rows_read,
                "new": run.rows_new,
                "known": run.rows_known,
                "quarantined": run.rows_quarantined,
                "left_out": run.rows_left_out,
                "run": run.pk,
                "notes": run.notes,
            }
        )
        return
    say(
        "{table}: {new} new, {known} already known, {bad} quarantined (of {read} rows in {file}).",
        table=run.table,
        new=f"{run.rows_new:,}",
        known=f"{run.rows_known:,}",
        bad=f"{run.rows_quarantined:,}",
        read=f"{run.rows_read:,}",
        file=run.file,
    )
    for note in run.notes:
        say("  {note}", note=note)
    if run.rows_quarantined:
        for line in _reasons(run):
            say("  {line}", line=line)
        say("Repair or dismiss them on the page Data, Quarantine.")


def _reasons(run: Any) -> list[str]:
    """The first refused row of each kind, with its line."""
    from tenure.facts import quarantine

    seen: dict[tuple[str, str], str] = {}
    rows = quarantine.find(source=run.source, table=run.table, file=run.file).order_by("line")
    for row in rows[:1000]:
        seen.setdefault((row.code, row.field), f"line {row.line}: {row.reason}")
        if len(seen) >= 5:
            break
    return list(seen.values())

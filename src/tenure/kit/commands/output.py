"""How commands speak: tables, JSON, progress, and one clear line when something is wrong."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

_PIPE_WIDTH = 10_000  # of a table that no terminal bounds: nothing in it is folded


def _console() -> Console:
    """Standard output; in a pipe as wide as it takes, unless COLUMNS says otherwise."""
    piped = not sys.stdout.isatty()
    wide = _PIPE_WIDTH if piped and not os.environ.get("COLUMNS") else None
    return Console(highlight=False, soft_wrap=piped, width=wide)


out = _console()
err = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

EXIT_WRONG_INPUT = 2
_NUMBER = re.compile(r"\S*\d\S*")
_MOST_WHOLE = 24  # longer ones are ids
Report = Callable[[int, int], None]


class CommandError(Exception):
    """What a command cannot do, with the remedy; ends it with exit code 2 and no traceback."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message, self.remedy = message, remedy
        super().__init__(message)


def say(text: str = "", **values: object) -> None:
    """Print ``text`` (Rich markup), with ``values`` put in as plain text."""
    out.print(text.format(**{k: escape(str(v)) for k, v in values.items()}) if values else text)


def complain(message: str, remedy: str = "") -> None:
    """One red line on standard error, and what to do about it."""
    err.print(f"[bold red]Error:[/] {escape(message)}")
    if remedy:
        err.print(f"[dim]To fix:[/] {escape(remedy)}")


def print_json(value: Any) -> None:
    """Print ``value`` as JSON, for other programs."""
    sys.stdout.write(json.dumps(value, indent=2, default=_plain, ensure_ascii=False) + "\n")


def print_rows(
    rows: Sequence[dict[str, Any]],
    columns: dict[str, str],
    *,
    as_json: bool = False,
    title: str | None = None,
    empty: str = "Nothing to show.",
) -> None:
    """Print ``rows`` as a table with the ``columns`` (key to heading), or all of them as JSON."""
    if as_json:
        print_json(list(rows))
    elif not rows:
        out.print(empty)
    else:
        out.print(_table(rows, columns, title))


def _table(rows: Sequence[dict[str, Any]], columns: dict[str, str], title: str | None) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for key, heading in columns.items():
        numeric = all(isinstance(row.get(key), int | float | None) for row in rows)
        least = max((len(word) for row in rows for word in _whole(row.get(key))), default=1)
        table.add_column(
            heading, justify="right" if numeric else "left", overflow="fold", min_width=least
        )
    for row in rows:
        table.add_row(*(escape(_cell(row.get(key))) for key in columns))
    return table


def _whole(value: Any) -> list[str]:
    """The parts of a cell that no line may break: a number broken in two is another number."""
    return [word for word in _NUMBER.findall(_cell(value)) if len(word) <= _MOST_WHOLE]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """A progress bar for who watches standard error; call what it gives with (done, total)."""
    if not err.is_terminal:
        yield lambda _done, _total: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)

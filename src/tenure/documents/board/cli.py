"""tenure board: the figures that retention is steered by, against their targets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tenure.kit.commands.output import print_json, print_rows

COLUMNS = {"title": "Figure", "value": "Now", "target": "Target", "of": "Of", "status": "Status"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("board")(board)


def board(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Every figure of the board, as of now."""
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.documents.board import figures

    entries = figures.board(datetime.now(UTC))
    if as_json:
        print_json([entry.told() for entry in entries])
        return
    rows: list[dict[str, Any]] = [
        {
            "title": e.measure.title,
            "value": _number(e.now.value),
            "of": e.now.n or "",
            "target": _number(e.measure.target),
            "status": e.standing,
        }
        for e in entries
    ]
    print_rows(rows, COLUMNS)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"

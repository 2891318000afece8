"""tenure indicators: figures on a cadence, what was expected of them, and what is out of line."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure.kit.commands.output import CommandError, print_json, print_rows, progress, say

COLUMNS = {
    "title": "Indicator",
    "period": "Period",
    "shown": "Figure",
    "expected": "Expected",
    "band": "Band",
    "status": "Status",
}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("indicators")(indicators)


def indicators(
    segment: Annotated[str, typer.Option("--segment", help="A segment instead of all.")] = "",
    points: Annotated[int, typer.Option("--points", min=1, help="Periods in the JSON.")] = 30,
    run: Annotated[bool, typer.Option("--run/--kept", help="Bring them up to date first.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Leading indicators: the newest figure of each, what was expected, and alerts."""
    from datetime import UTC, datetime

    from tenure.kit.commands.boot import setup

    setup()
    from tenure.accounts import segments
    from tenure.metrics.indicators import actions, queries, words

    if segment and segment not in segments.titles() and not segments.exists(segment):
        raise CommandError(f"--segment: there is no segment {segment!r}", "see the Segments page")
    if run:
        with progress("Indicators") as report:
            actions.run(datetime.now(UTC), report)
    found = queries.indicators(segment)
    if as_json:
        print_json([shown.to_dict(points) for shown in found])
        return
    rows = []
    for one in found:
        last, unit = one.last, one.of.unit
        rows.append(
            {
                "title": one.of.title,
                "period": words.period(one.of.cadence, last.start) if last else "",
                "shown": words.shown(last.value if last else None, unit),
                "expected": words.shown(last.expected if last else None, unit),
                "band": f"{words.shown(last.low, unit)} to {words.shown(last.high, unit)}"
                if last and last.low is not None
                else "",
                "status": one.status,
            }
        )
    print_rows(rows, COLUMNS, title="Leading indicators")
    alerts = sum(1 for one in found if one.alert)
    say("{n} of {of} with an open alert.", n=alerts, of=len(found))

"""tenure score: score every account by a health model, as of now or a past day."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.kit.commands.moments import utc_day
from tenure.kit.commands.output import print_json, print_rows, progress, say


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("score")(score)


def score(
    as_of: Annotated[
        str, typer.Option("--as-of", help="A day (00:00 UTC) to score as of; default: now.")
    ] = "",
    model: Annotated[str, typer.Option("--model", help="Health model; default: by policy.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score every account and show how many are in which band."""
    from datetime import UTC, datetime

    from tenure.kit.commands.boot import setup

    setup()
    from tenure.health import actions

    now = datetime.now(UTC)
    moment = utc_day(as_of, "--as-of") or now
    with progress("Scoring") as report:
        run = actions.run_scoring(moment, model or None, report, now=now)
    result = summary(run)
    if as_json:
        print_json(result)
        return
    _show(result)
    _hint(moment, now)


def _hint(moment: Any, now: Any, stale_days: int = 45) -> None:
    """Say so when the facts end long before the day that was scored."""
    from tenure.health import validation_inputs

    reach = validation_inputs.reach(now)
    if reach is not None and (moment - reach.last).days > stale_days:
        say(
            "[yellow]The newest fact is from {day}.[/] To score as of then: "
            "[bold]tenure score --as-of {day}[/]",
            day=reach.last.date(),
        )


def summary(run: Any) -> dict[str, Any]:
    """What a run found, for people and programs."""
    from tenure.health import queries

    chosen = queries.model(run.model)
    counts = run.summary["bands"]
    bands = [
        {
            "band": band.name,
            "title": band.title,
            "from": band.min,
            "accounts": counts.get(band.name, 0),
            "action": band.action,
        }
        for band in sorted(chosen.bands, key=lambda b: -b.min)
    ]
    if counts.get(""):
        bands.append(
            {
                "band": "",
                "title": "No score",
                "from": None,
                "accounts": counts[""],
                "action": "Send the facts its signals need",
            }
        )
    keys = ("accounts", "health", "risk", "coverage", "risk_levels")
    return {
        "model": run.model,
        "model_version": run.model_version,
        "as_of": run.as_of,
        "purpose": run.purpose,
        **{key: run.summary[key] for key in keys},
        "bands": bands,
        "gaps": run.summary.get("gaps", []),
    }


def _show(result: dict[str, Any]) -> None:
    say(
        "[bold]{model}[/] {version}, as of {at} UTC: {n} accounts scored",
        model=result["model"],
        version=result["model_version"],
        at=result["as_of"].strftime("%Y-%m-%d %H:%M"),
        n=f"{result['accounts']:,}",
    )
    if not result["accounts"]:
        say("No account was a customer then. Import subscriptions (or events), or take another day")
        say("with [bold]--as-of YYYY-MM-DD[/].")
        return
    columns = {"title": "Band", "from": "From", "accounts": "Accounts", "action": "What to do"}
    print_rows(result["bands"], columns)
    say(
        "Mean health {h}, mean risk {r}, data behind {c} % of the weight. Risk: {levels}",
        h=result["health"],
        r=result["risk"],
        c=f"{100 * (result['coverage'] or 0):.0f}",
        levels=", ".join(f"{n} {level or 'unknown'}" for level, n in result["risk_levels"].items()),
    )
    for gap in result["gaps"]:
        say("[yellow]{missing}[/]", missing=gap["text"])
        say("To fix: {remedy}", remedy=gap["remedy"])
    if result["purpose"] != "live":
        say("[dim]A later day was scored already: this went to history only.[/]")

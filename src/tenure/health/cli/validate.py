"""tenure validate: would the score have told of the churn that happened?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.kit.commands.moments import days_ahead, utc_day
from tenure.kit.commands.output import print_json, print_rows, progress, say

STYLES = {"predicts": "bold green", "weak": "bold yellow", "too_little_churn": "bold yellow"}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("validate")(validate)


def validate(
    model: Annotated[str, typer.Option("--model", help="Health model; default: by policy.")] = "",
    start: Annotated[
        str, typer.Option("--start", help="First day; default: with enough history.")
    ] = "",
    end: Annotated[str, typer.Option("--end", help="Last day; default: when churn is sure.")] = "",
    segment: Annotated[
        str, typer.Option("--segment", help="Only accounts in this segment at the time.")
    ] = "",
    horizons: Annotated[
        str, typer.Option("--horizons", help="Days ahead, as 14,30; default: by policy.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole report as JSON.")
    ] = False,
) -> None:
    """Score past days as of then, hold the scores against real churn, and keep the report."""
    from datetime import UTC, datetime

    from tenure.kit.commands.boot import setup

    setup()
    from tenure.health import actions

    with progress("Scoring past days") as report:
        kept = actions.validate_model(
            model or None,
            utc_day(start, "--start"),
            utc_day(end, "--end"),
            now=datetime.now(UTC),
            segment=segment or None,
            horizons=days_ahead(horizons, "--horizons"),
            progress=report,
        )
    if as_json:
        print_json({"id": kept.pk, **kept.result})
    else:
        show(kept.result)


def show(result: dict[str, Any]) -> None:
    """The report in short."""
    verdict = result["verdict"]
    style = STYLES.get(verdict["code"], "bold white on red")
    say(f"[{style}]{verdict['headline']}[/]")
    say("{words}", words=verdict["text"])
    say(
        "[dim]{model} {version}, {start} to {end}: {n} accounts on {d} days, {c} churned;"
        " {b} of the facts were loaded as history.[/]",
        model=result["model"],
        version=result["model_version"],
        start=result["period"]["start"],
        end=result["period"]["end"],
        n=result["accounts"],
        d=result["dates"],
        c=result["churned"],
        b=_percent(result["backfilled_share"]),
    )
    columns = {
        "days": "Days ahead",
        "auc": "AUC (95 %)",
        "by_risk": "AUC of risk",
        "pr": "PR AUC",
        "base": "Base rate",
        "top": "Precision, top tenth",
        "lift": "Lift",
        "error": "Calibration error",
        "green": "Green before churn",
    }
    print_rows([_horizon(h) for h in result["horizons"]], columns)
    lead = result["lead_time"]
    say(
        "Warned ahead: {share} of {n} churned accounts, by a median of {days} days.",
        share=_percent(lead["share_flagged"]["value"]),
        n=lead["churned_scored"],
        days="-" if lead["median_days"] is None else lead["median_days"],
    )
    _segments(result["segments"])
    _green(result)


def _horizon(h: dict[str, Any]) -> dict[str, Any]:
    green = h["green_share"]
    return {
        "days": h["days"],
        "auc": _interval(h["auc"]),
        "by_risk": _interval(h["by_risk"]["auc"]),
        "pr": _number(h["pr_auc"]["value"], 3),
        "base": _percent(h["base_rate"]),
        "top": _percent(h["precision_top_decile"]["value"]),
        "lift": _number(h["lift_top_decile"]["value"], 2),
        "error": _number(h["calibration_error"], 3),
        "green": f"{_percent(green['value'])} of {green['n']}",
    }


def _segments(rows: list[dict[str, Any]]) -> None:
    shown = [
        {**row, "auc": _interval(row["auc"]) if row["auc"] else "too little churn"} for row in rows
    ]
    columns = {"segment": "Segment", "n": "Scores", "churned": "Churned", "auc": "AUC (95 %)"}
    if shown:
        print_rows(shown, columns)


def _green(result: dict[str, Any], most: int = 10) -> None:
    listed = result["green_churned"]
    if not listed:
        return
    total = result["green_churned_total"]
    say("[bold]Churned, though they looked well 30 days before[/] ({n})", n=total)
    columns = {
        "name": "Account",
        "churned_at": "Churned",
        "kind": "How",
        "health_30": "30 d",
        "health_60": "60 d",
        "health_90": "90 d",
    }
    print_rows(listed[:most], columns)
    if total > most:
        say("[dim]and {n} more: --json lists them[/]", n=total - most)


def _interval(part: dict[str, Any]) -> str:
    if part["value"] is None:
        return "-"
    if part["low"] is None:
        return _number(part["value"], 2)
    return f"{part['value']:.2f} ({part['low']:.2f} to {part['high']:.2f})"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"

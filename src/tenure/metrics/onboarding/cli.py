"""``tenure onboarding``: milestones, activation and first value of those who began lately."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tenure.metrics.revenue.cli.metrics import AsJson, AsKnown, moment, percent


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("onboarding")(onboarding)


def onboarding(
    of: Annotated[
        str, typer.Option("--of", help="Of whom: segment:NAME, plan:NAME, channel:NAME and so on.")
    ] = "",
    by: Annotated[
        str, typer.Option("--by", help="Split: tier, plan, channel, industry or country.")
    ] = "tier",
    late: Annotated[
        bool, typer.Option("--late", help="Who is late for first value now, instead.")
    ] = False,
    as_known: AsKnown = None,
    as_json: AsJson = False,
) -> None:
    """What customers reach in their first days, and when; where they drop off; who is late."""
    from tenure.kit.commands import output
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.metrics.onboarding import queries
    from tenure.metrics.revenue import scope

    at, whom = moment(as_known), scope.parse(of)
    if not queries.known():
        raise output.CommandError(
            "there is nothing to tell onboarding from",
            "import accounts (with created_at), events, and features (core, high_value)",
        )
    if late:
        rows = [dataclasses.asdict(one) for one in queries.under_way(at, whom).late]
        heads = {
            "account_id": "Account",
            "begun": "Began",
            "missing": "Next to reach",
            "hours_late": "Hours late",
        }
        output.print_rows(rows, heads, as_json=as_json, empty="Nobody is late.")
        return
    told = queries.report(at, of=whom, by=by)
    if as_json:
        output.print_json(_as_json(told))
        return
    _print(told)


def _as_json(told: Any) -> dict[str, Any]:
    return {
        "since": told.since.astimezone(UTC).isoformat(),
        "until": told.until.astimezone(UTC).isoformat(),
        **told.whole.to_dict(),
        "by": told.by,
        "groups": [{"group": p.group, "title": p.title, **p.told.to_dict()} for p in told.parts],
    }


def _print(told: Any) -> None:
    from tenure.kit.commands import output

    whole = told.whole
    output.say(
        "{n} accounts that began from {since} to {until}.",
        n=whole.accounts,
        since=_day(told.since),
        until=_day(told.until),
    )
    rows = [
        {
            "title": m.title,
            "target": _hours(m.within_hours),
            "in_time": percent(m.in_time["value"]),
            "reached": percent(m.reached["value"]),
            "median": _hours(m.median_hours),
            "p90": _hours(m.p90_hours),
            "lift": _points(m.lift),
            "said": _said(m.expected_lift),
        }
        for m in whole.milestones
    ]
    output.print_rows(
        rows,
        {
            "title": "Milestone",
            "target": "Target",
            "in_time": "In time",
            "reached": "Reached",
            "median": "Half by",
            "p90": "90 % by",
            "lift": "Retained more by",
            "said": "Said to be",
        },
    )
    for title, share in (
        ("Activation", whole.activation),
        ("Set up", whole.setup),
        ("Back on the second day", whole.day_one),
    ):
        output.say(
            "{t}: {v} (aimed at {a}; {s})",
            t=title,
            v=percent(share.share["value"]) or "-",
            a=percent(share.target),
            s=share.standing,
        )
    steps = [
        {
            "title": s.title,
            "accounts": s.accounts,
            "lost": percent(s.lost),
            "later": percent(s.later),
            "advice": s.advice,
        }
        for s in whole.steps
    ]
    output.print_rows(
        steps,
        {
            "title": "Step",
            "accounts": "Got there",
            "lost": "Lost at it",
            "later": "Value without",
            "advice": "Do",
        },
    )
    if whole.flow_too_long:
        output.say("[bold white on red]The flow is too long to be finished[/]")
    groups = [
        {
            "title": p.title,
            "n": p.told.accounts,
            "activation": percent(p.told.activation.share["value"]),
            "value": _hours(p.told.value.median_hours),
            "kept": percent(p.told.kept["value"]),
        }
        for p in told.parts
    ]
    output.print_rows(
        groups,
        {
            "title": told.by.capitalize(),
            "n": "Accounts",
            "activation": "Activated",
            "value": "To first value",
            "kept": "Retained",
        },
        empty="No groups.",
    )


def _day(moment_: datetime) -> str:
    return moment_.date().isoformat()


def _hours(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} d"


def _points(told: dict[str, Any]) -> str:
    if told["value"] is None:
        return ""
    return "{:+.0f} ({:+.0f} to {:+.0f})".format(*(100 * told[k] for k in ("value", "low", "high")))


def _said(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.0f}"

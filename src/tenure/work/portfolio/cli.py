"""``tenure portfolio``: load, touches owed, cost to serve, and who would get what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tenure.work.portfolio.queries import View

SHOWN = 20
"""Owed touches printed on the terminal; --json has all."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("portfolio")(portfolio)


def portfolio(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Load, touches owed, cost to serve, and who would get what. Only reads."""
    from datetime import UTC, datetime

    from tenure.kit.commands import output
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.work.portfolio import queries

    found = queries.view(datetime.now(UTC))
    if as_json:
        output.print_json({**queries.as_json(found), "assignment": queries.plan_told(found.plan)})
        return
    _loads(found)
    _owed(found)
    _tiers(found)
    _split(found)
    output.say(
        "{n} account(s) without an owner; who would get them: --json or the page Portfolio.",
        n=len(found.waiting),
    )


def _split(found: View) -> None:
    from tenure.kit.commands import output

    split = found.split
    if split.at_risk is None or split.advocates is None:
        output.say("No time with accounts at risk or advocates in {days} days.", days=split.days)
        return
    output.say(
        "Time of {days} days: {risk} at risk, {rest} advocates; target {target} at risk{off}.",
        days=split.days,
        risk=_part(split.at_risk),
        rest=_part(split.advocates),
        target=_part(split.target),
        off=" (off target)" if split.off else "",
    )


def _part(share: float) -> str:
    return f"{100 * share:.0f} %"


def _loads(found: View) -> None:
    from tenure.kit.commands import output

    rows = [
        {
            "owner": x.mail,
            "accounts": f"{x.accounts} of {x.room.accounts}",
            "hours": f"{x.hours:.0f} of {x.room.hours:.0f}",
            "full": _part(min(x.share, 99)),
        }
        for x in found.loads
    ]
    heads = {"owner": "Owner", "accounts": "Accounts", "hours": "Hours a month", "full": "Full"}
    output.print_rows(rows, heads, title="Load", empty="Nobody looks after accounts yet.")


def _owed(found: View) -> None:
    from tenure.kit.commands import output

    rows: list[dict[str, Any]] = [
        {
            "account": s.customer.id,
            "touch": due.title,
            "by": s.customer.owner or "nobody",
            "late": due.late_days(found.now),
            "surprise": "yes" if s.surprised else "",
        }
        for s, due in found.late[:SHOWN]
    ]
    heads = {
        "account": "Account",
        "touch": "Touch",
        "by": "Owner",
        "late": "Days late",
        "surprise": "Surprised at renewal",
    }
    title = f"Touches owed: {len(found.late)}"
    output.print_rows(rows, heads, title=title, empty="No touch is owed.")


def _tiers(found: View) -> None:
    from tenure.kit.commands import output
    from tenure.metrics.revenue.cli.metrics import percent, whole

    rows = [
        {
            "tier": t.tier or "none",
            "currency": t.currency,
            "accounts": t.accounts,
            "value": whole(t.value_minor, t.currency),
            "cost": "" if t.cost_minor is None else whole(t.cost_minor, t.currency),
            "ratio": percent(t.ratio),
        }
        for t in found.costs
    ]
    heads = {
        "tier": "Tier",
        "currency": "",
        "accounts": "Accounts",
        "value": "Yearly value",
        "cost": "Cost to serve",
        "ratio": "Of value",
    }
    output.print_rows(rows, heads, title="Cost to serve", empty="There are no customers.")

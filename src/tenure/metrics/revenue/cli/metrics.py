"""``tenure metrics``: MRR movements and retention, month by month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

By = Annotated[str | None, typer.Option(help="Split by plan, channel, industry or country.")]
AsKnown = Annotated[
    str | None, typer.Option("--as-known", help="Tell it as it was known on this day (UTC).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Months = Annotated[int, typer.Option(min=1, max=240, help="How many months back.")]

COLUMNS = {
    "month": "Month",
    "currency": "",
    "group": "Group",
    "start": "Start",
    "new": "New",
    "expansion": "Exp.",
    "reactivation": "React.",
    "contraction": "Contr.",
    "churn": "Churn",
    "end": "End",
    "nrr": "NRR",
    "grr": "GRR",
    "logo_churn": "Logos lost",
}
AMOUNTS = ("start", "new", "expansion", "reactivation", "contraction", "churn", "end")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("metrics", help="MRR movements, churn and retention, month by month.")(metrics)


def metrics(
    months: Months = 12,
    by: By = None,
    as_known: AsKnown = None,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="The accounts behind the figures instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """MRR movements, churn and retention, month by month; the current month so far."""
    from tenure.kit.commands import output
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.metrics.revenue import queries

    known_at = moment(as_known)
    first = months_before(known_at.date(), months - 1)
    if accounts:
        moves = queries.account_movements(first, known_at.date(), known_at=known_at).to_pylist()
        moved = [row for row in moves if row["kind"] != "none"]
        heads = {"month": "Month", "account_id": "Account", "kind": "Movement", "amount": "Amount"}
        output.print_rows([_named(row) for row in moved], heads, as_json=as_json)
        return
    told = queries.monthly(first, known_at.date(), known_at=known_at, by=by)
    if as_json:
        output.print_json([figure.to_dict() for figure in told])
    else:
        columns = {k: v for k, v in COLUMNS.items() if by or k != "group"}
        output.print_rows([_shown(f.to_dict()) for f in told], columns, empty=NO_REVENUE)


NO_REVENUE = "No subscriptions yet. Import them: tenure import subscriptions FILE"


def moment(day: str | None) -> datetime:
    """The end of the given day in UTC, or now; CommandError when it is not a day."""
    from tenure.kit.commands.output import CommandError

    if day is None:
        return datetime.now(UTC)
    try:
        return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError:
        raise CommandError(f"{day!r} is no day", "write it as 2026-03-31") from None


def months_before(day: date, months: int) -> date:
    """First day of the month ``months`` before that of ``day``.

    >>> months_before(date(2026, 2, 14), 3)
    datetime.date(2025, 11, 1)
    """
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def money(minor: float | None, currency: str) -> str:
    """An amount of minor units for a person's eyes."""
    from tenure.analytics.money import exponent

    if minor is None:
        return ""
    digits = exponent(currency)
    return f"{minor / 10**digits:,.{digits}f}"


def whole(minor: int, currency: str) -> str:
    """An amount without its decimals, where many stand in a row."""
    return money(minor, currency).split(".")[0]


def percent(share: float | None) -> str:
    """A share as per cent with one decimal."""
    return "" if share is None else f"{100 * share:.1f}%"


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"month": row["month"], "amount": money(row["change_minor"], row["currency"])}


def _shown(figure: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: whole(figure[f"{name}_minor"], figure["currency"]) for name in AMOUNTS}
    rates = {name: percent(figure[name]) for name in ("nrr", "grr", "logo_churn")}
    return figure | amounts | rates | {"month": str(figure["month"])[:7]}

"""``tenure cohorts``: of the accounts won in a month, how many still pay, and how much."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure.metrics.revenue.cli.metrics import (
    NO_REVENUE,
    AsJson,
    AsKnown,
    Months,
    moment,
    months_before,
    percent,
)

BY = "Split by plan, channel, industry, country, leaving; or begin with offer, reason, tenure."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("cohorts", help="Retention of the accounts won each month.")(cohorts)


def cohorts(
    months: Months = 12,
    by: Annotated[str | None, typer.Option(help=BY)] = None,
    as_known: AsKnown = None,
    revenue: Annotated[
        bool, typer.Option("--revenue", help="Retention of revenue instead of logos.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Retention of the accounts won each month, by months since; JSON has the intervals too."""
    from tenure.kit.commands import output
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.metrics.revenue import queries
    from tenure.metrics.revenue.begun import HAPPENED

    known_at = moment(as_known)
    first = months_before(known_at.date(), months)
    told = queries.cohorts(first, known_at.date(), known_at=known_at, by=by)
    if as_json:
        output.print_json([age.to_dict() for age in told])
        return
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for age in told:
        key = (age.month.isoformat()[:7], age.currency, age.group)
        head = {"month": key[0], "currency": key[1], "group": key[2], "size": age.size}
        share = age.revenue_retention if revenue else age.logo_retention
        rows.setdefault(key, head)[str(age.age)] = percent(share)
    ages = {str(n): str(n) for n in sorted({age.age for age in told})}
    heads = {
        "month": "From" if by in HAPPENED else "Won in",
        "currency": "",
        "size": "Accounts",
    } | ages
    if by:
        heads = {"group": by.capitalize()} | heads
    output.print_rows(list(rows.values()), heads, empty=NO_REVENUE)

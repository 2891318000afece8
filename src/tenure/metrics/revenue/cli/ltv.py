"""``tenure ltv``: lifetime value by the equation and by survival."""

from __future__ import annotations

from typing import Any

import typer

from tenure.metrics.revenue.cli.metrics import (
    NO_REVENUE,
    AsJson,
    AsKnown,
    By,
    moment,
    money,
    percent,
)

COLUMNS = {
    "group": "Group",
    "currency": "",
    "accounts": "Accounts",
    "arpa": "ARPA",
    "churn": "Churn a month",
    "lifespan": "Lifespan (months)",
    "cac": "CAC",
    "ltv": "LTV (equation)",
    "predicted": "LTV (survival)",
    "interval": "95 % interval",
    "horizon": "within months",
    "ltv_to_cac": "LTV : CAC",
    "payback_months": "Payback (months)",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ltv", help="Lifetime value by the equation and by survival.")(ltv)


def ltv(by: By = None, as_known: AsKnown = None, as_json: AsJson = False) -> None:
    """Lifetime value by the equation and by survival; JSON has the three levers too."""
    from tenure.kit.commands import output
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.metrics.revenue import queries

    told = queries.lifetime_value(known_at=moment(as_known), by=by)
    if as_json:
        output.print_json(told)
        return
    columns = {k: v for k, v in COLUMNS.items() if by or k != "group"}
    output.print_rows([_shown(row) for row in told], columns, empty=NO_REVENUE)
    for row in told:
        if row["caution"]:
            name = " ".join(filter(None, (row["currency"], row["group"])))
            output.say("{name}: {caution}", name=name, caution=row["caution"])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    currency, predicted = row["currency"], row["predictive"] or {}
    low, high = (money(predicted.get(f"{end}_minor"), currency) for end in ("low", "high"))
    return row | {
        "arpa": money(row["arpa_minor"], currency),
        "churn": percent(row["monthly_churn"]),
        "lifespan": row["lifespan_months"],
        "cac": money(row["cac_minor"], currency),
        "ltv": money(row["ltv_minor"], currency),
        "predicted": money(predicted.get("ltv_minor"), currency),
        "interval": f"{low} to {high}" if predicted else "",
        "horizon": predicted.get("horizon_months"),
    }

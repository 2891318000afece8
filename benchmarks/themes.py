"""How well themes are told: against questions whose intent people labelled.

    python benchmarks/themes.py [../shared/data/banking77/test.csv]

BANKING77 (Casanueva and others 2020, CC BY 4.0): questions to a bank, 77 intents. Those intents
whose name says one of our themes are taken as that theme; all others are none of the five. The
words of the themes were not changed after the figures were seen.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from tenure.analytics.text.themes import themes_of
from tenure.analytics.validation.intervals import wilson

INTENTS = {
    "price": (
        "card_payment_fee_charged", "cash_withdrawal_charge", "exchange_charge",
        "extra_charge_on_statement", "top_up_by_bank_transfer_charge", "top_up_by_card_charge",
        "transfer_fee_charged",
    ),
    "billing": (
        "transaction_charged_twice", "Refund_not_showing_up", "request_refund",
        "direct_debit_payment_not_recognised", "card_payment_not_recognised",
        "reverted_card_payment?",
    ),
    "access": ("passcode_forgotten", "pin_blocked"),
    "fault": (
        "card_not_working", "contactless_not_working", "virtual_card_not_working",
        "failed_transfer", "top_up_failed", "wrong_amount_of_cash_received",
        "card_payment_wrong_exchange_rate", "wrong_exchange_rate_for_cash_withdrawal",
    ),
    "speed": (
        "card_arrival", "card_delivery_estimate", "pending_card_payment",
        "pending_cash_withdrawal", "pending_top_up", "pending_transfer", "transfer_timing",
    ),
}  # fmt: skip


def main() -> None:
    """Print precision and recall of each theme, with 95 % intervals."""
    given = [a for a in sys.argv[1:] if a != "--json"]
    path = Path(given[0] if given else "../shared/data/banking77/test.csv")
    with path.open(encoding="utf-8") as file:
        rows = [(r["text"], r["category"]) for r in csv.DictReader(file)]
    told = themes_of([text for text, _ in rows])
    figures = {"texts": len(rows)}
    for theme, intents in INTENTS.items():
        wanted = [intent in intents for _, intent in rows]
        found = [theme in names for names in told]
        both = sum(w and f for w, f in zip(wanted, found, strict=True))
        figures[f"{theme}: of"] = sum(wanted)
        figures[f"{theme}: precision"] = wilson(both, sum(found)).to_dict()
        figures[f"{theme}: recall"] = wilson(both, sum(wanted)).to_dict()
    figures["no theme"] = sum(not names for names in told)
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()

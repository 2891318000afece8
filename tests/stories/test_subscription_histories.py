"""What a subscription is: one table of histories, and every reader answers it alike.

Each history is an account of its own; all are told live, in the order of time, through the doors
that billing systems use. Then every room is asked what it makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from tenure.accounts import segments
from tenure.accounts.models import Account
from tenure.analytics.churn import active_at
from tenure.analytics.dataset import Dataset
from tenure.analytics.revenue.movements import movements
from tenure.analytics.segments import memberships
from tenure.analytics.signals.compute import compute_signals
from tenure.connectors.billing.contract import Subscription
from tenure.connectors.billing.ledger import LEDGER
from tenure.connectors.posted import accepting
from tenure.facts import lake, queries, reading
from tenure.facts.periodic_tasks import flush_now
from tenure.health import policy as health
from tenure.health import validation_inputs as churned
from tenure.health.pages.account_filters import Filters
from tenure.learning.practice_audit import documents as audit_policy
from tenure.learning.practice_audit.context import Context
from tenure.plays import policy as plays
from tenure.plays import whom
from tenure.programs.cancel import ledger as cancel
from tenure.programs.dunning import pre_dunning_mails
from tenure.web.accounts.listing import Listing

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
Row = dict[str, Any]


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


BEGAN = at(1, 10)


def told(moment: datetime, status: str, **more: Any) -> tuple[datetime, Row]:
    """A fact of one subscription; yearly value 1,200.00 unless it says otherwise."""
    row = {"subscription_id": "s", "status": status, "started_at": BEGAN, "updated_at": moment}
    return moment, row | {"mrr_minor": 10_000, "currency": "EUR", "quantity": 5} | more


@dataclass(frozen=True)
class Case:
    """A history, and what is true at ``NOW``. ``tier``: that of its yearly value."""

    name: str
    facts: tuple[tuple[datetime, Row], ...]
    state: str
    customer: bool = True
    mrr: int = 10_000
    left: bool = False  # a customer once, and no more
    cancels: bool = True  # has something that can be cancelled
    charged: bool = True  # will be charged when its term ends
    tier: str = "mid_market"


def gone(name: str, *facts: tuple[datetime, Row], left: bool, state: str, **more: Any) -> Case:
    parts = {"customer": False, "mrr": 0, "cancels": False, "charged": False, "tier": "self_serve"}
    return Case(name, facts, state, left=left, **(parts | more))


TRIAL = told(BEGAN, "trialing")
ACTIVE = told(BEGAN, "active")
CASES = [
    Case("active", (ACTIVE,), "active"),
    Case("trial", (told(at(6, 1), "trialing", started_at=at(6, 1)),), "trialing", mrr=0),
    Case("trial that began to pay", (TRIAL, told(at(2, 10), "active")), "active"),
    Case("paused by the customer", (ACTIVE, told(at(6, 1), "paused")), "paused", mrr=0,
         charged=False),
    Case("paused by the cancel flow", (ACTIVE,), "paused", mrr=0, charged=False),
    gone("cancelled without an end", ACTIVE, told(at(5, 20), "cancelled"), left=True,
         state="ended"),
    gone("cancelled with its end", ACTIVE,
         told(at(5, 20), "cancelled", ended_at=at(5, 20), mrr_minor=0), left=True, state="ended"),
    Case("cancelled for an end to come",
         (ACTIVE, told(at(6, 1), "cancelled", ended_at=at(7, 10))), "active", cancels=False,
         charged=False),
    Case("paused, and cancelled for an end to come",
         (ACTIVE, told(at(5, 1), "paused"), told(at(6, 1), "cancelled", ended_at=at(7, 10))),
         "paused", mrr=0, cancels=False, charged=False),
    gone("one row with its end", told(at(5, 1), "cancelled", ended_at=at(5, 1)), left=True,
         state="ended"),
    Case("past due", (ACTIVE, told(at(6, 10), "past_due")), "past_due"),
    Case("unpaid", (ACTIVE, told(at(5, 20), "past_due"), told(at(6, 10), "unpaid")), "past_due"),
    Case("ended and back",
         (ACTIVE, told(at(2, 1), "cancelled", ended_at=at(2, 1)), told(at(5, 1), "active")),
         "active"),
    Case("ended and back under another id",
         (told(BEGAN, "active", subscription_id="first"),
          told(at(2, 1), "cancelled", subscription_id="first", ended_at=at(2, 1)),
          told(at(5, 1), "active", started_at=at(5, 1))), "active"),
    Case("two at once",
         (ACTIVE, told(BEGAN, "active", subscription_id="addon", mrr_minor=5_000)), "active",
         mrr=15_000),
    Case("two at once, one of them ended",
         (ACTIVE, told(BEGAN, "active", subscription_id="addon", mrr_minor=5_000),
          told(at(5, 1), "cancelled", subscription_id="addon", ended_at=at(5, 1))), "active"),
    Case("plan changed in the same second",
         (told(BEGAN, "active", mrr_minor=700, plan_id="basic"), told(BEGAN, "active")), "active"),
    gone("starts in the future", told(at(6, 1), "active", started_at=at(7, 1)), left=False,
         state="scheduled", cancels=True),
    Case("free month of a payer", (ACTIVE, told(at(6, 1), "trialing")), "active"),
    Case("free month of a payer, over",
         (ACTIVE, told(at(4, 1), "trialing"), told(at(5, 1), "active")), "active"),
    gone("trial that was cancelled", TRIAL, told(at(2, 1), "cancelled", ended_at=at(2, 1)),
         left=False, state="lapsed"),
    gone("trial cancelled for its last day", TRIAL,
         told(at(1, 12), "cancelled", ended_at=at(1, 24)), left=False, state="lapsed"),
    gone("trial that ended without a card", TRIAL, told(at(1, 24), "paused"), left=False,
         state="lapsed", cancels=True),
    Case("trial whose first charge failed",
         (TRIAL, told(at(6, 12), "active"), told(at(6, 12, 10), "past_due")), "past_due", mrr=0),
    gone("trial whose first charge failed, given up", TRIAL, told(at(1, 24), "active"),
         told(at(1, 24, 10), "past_due"), told(at(2, 20), "cancelled", ended_at=at(2, 20)),
         left=False, state="lapsed"),
]  # fmt: skip
IDS = [case.name for case in CASES]


@pytest.fixture
def world(workspace: Any, db: None) -> None:
    """All of it told, and the worker at rest."""
    facts = [(moment, case.name, row) for case in CASES for moment, row in case.facts]
    for moment, name, row in sorted(facts, key=lambda f: f[0]):
        texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
        own = {"account_id": name, "subscription_id": f"{name}:{row['subscription_id']}"}
        refused = accepting.take(
            "subscriptions", [texts | own], source="shop", backfill=False, now=moment
        )
        assert not refused, refused
    flush_now(at(6, 10, 12))
    name = "paused by the cancel flow"
    which = Subscription(f"{name}:s", name)
    LEDGER.pause(which, until=at(8, 1), key="k", now=at(6, 11))
    flush_now(NOW)


Answers = dict[str, dict[str, Any]]


def expected(what: Callable[[Case], Any]) -> dict[str, Any]:
    return {case.name: what(case) for case in CASES}


def of_accounts(pairs: dict[str, Any], otherwise: Any) -> dict[str, Any]:
    return {name: pairs.get(name, otherwise) for name in IDS}


def members(names: Any) -> dict[str, bool]:
    found = set(names)
    return {name: name in found for name in IDS}


def state_of_accounts() -> Answers:
    rows = Account.objects.in_bulk(IDS)
    return {
        "customer": {n: rows[n].status == "active" for n in IDS},
        "left": {n: rows[n].status == "churned" for n in IDS},
        "mrr": {n: rows[n].mrr_minor for n in IDS},
    }


def lists() -> Answers:
    here = {row.account.pk for row in Listing(Filters(), "default", NOW).everything()}
    away = Listing(Filters(status="churned"), "default", NOW).everything()
    found = members(row.account.pk for row in away)
    assert members(here) == {name: not gone for name, gone in found.items()}
    return {"left": found}


def cancel_flow() -> Answers:
    found = {s.account_id: s for s in cancel.subscriptions(IDS, NOW) if s.runs()}
    return {
        "cancels": members(found),
        "cancels one": {n: cancel.dearest(n, NOW) is not None for n in IDS},
    }


def dunning() -> Answers:
    return {"charged": members(p.account_id for p in pre_dunning_mails.paying(NOW))}


def signals() -> Answers:
    names = ["mrr_minor", "arr_minor", "status", "ended", "contract_arr_minor", "currency"]
    data = lake.current().dataset(["subscriptions", "plans"])
    table = compute_signals(data, health.registry(), NOW, names=names)
    rows = {r["account_id"]: r for r in table.to_pylist()}
    specs = {n: spec.rule for n, spec in segments.packaged().items() if spec.tier}
    inside = memberships(specs, table)
    accounts = table["account_id"].to_pylist()
    tiers = {
        account: next(name for name, held in inside.items() if held[i])
        for i, account in enumerate(accounts)
    }
    return {
        "customer": {n: rows[n]["active"] for n in IDS},
        "mrr": {n: int(rows[n]["mrr_minor"] or 0) for n in IDS},
        "arr": {n: int(rows[n]["arr_minor"] or 0) for n in IDS},
        "state": {n: rows[n]["status"] for n in IDS},
        "left": {n: rows[n]["ended"] == 1 for n in IDS},
        "tier": tiers,
    }


def plays_of_the_present() -> Answers:
    away = whom.among(plays.play("win-back"), IDS)
    assert whom.among(plays.play("risk-watch"), IDS) == set(IDS) - away
    return {"left": members(away)}


def plays_of_the_past() -> Answers:
    data = lake.current().dataset(["subscriptions"])
    table = compute_signals(data, health.registry(), NOW, names=["status"])
    away = whom.then(plays.play("win-back"), table)["account_id"].to_pylist()
    return {"left": members(away)}


def revenue() -> Answers:
    data = lake.current().dataset(["subscriptions"])
    rows = movements(data, date(2026, 6, 1), date(2026, 6, 1), grace_days=14, known_at=NOW)
    paid = {r["account_id"]: r["end_minor"] for r in rows.to_pylist()}
    return {"mrr": of_accounts(paid, 0)}


def validation() -> Answers:
    found = churned.churn(NOW, health.churn_policy()).to_pylist()
    gone = [r["account_id"] for r in found if r["reactivated_at"] is None]
    rows = reading.latest("SELECT * FROM raw_subscriptions", NOW, "subscriptions")
    for name in ("started_at", "ended_at", "updated_at", "received_at"):
        stamped = rows[name].cast("int64").cast(churned.STAMP)
        rows = rows.set_column(rows.column_names.index(name), name, stamped)
    return {"left": members(gone), "customer": members(active_at(rows, NOW).tolist())}


def the_audit() -> Answers:
    ground = Context(NOW, audit_policy.current())
    asked = "SELECT DISTINCT account_id FROM subscriptions WHERE in_force"
    told = [r["account_id"] for r in ground.ask(asked, "subscriptions")]
    assert members(told) == members(ground.customers["account_id"].to_pylist())
    return {"customer": members(told)}


def the_account_page() -> Answers:
    states = {
        n: [r["state"] for r in queries.rows_now("subscriptions", n, NOW)] for n in IDS
    }  # fmt: skip
    return {"one of its states": {n: next(c for c in CASES if c.name == n).state in states[n]
                                  for n in IDS}}  # fmt: skip


READERS: dict[str, Callable[[], Answers]] = {
    "account state": state_of_accounts,
    "lists": lists,
    "plays": plays_of_the_present,
    "plays of a day of the past": plays_of_the_past,
    "cancel flow": cancel_flow,
    "dunning": dunning,
    "signals, segments, tiers": signals,
    "revenue": revenue,
    "churn": validation,
    "audit": the_audit,
    "account page": the_account_page,
}
TRUTH: dict[str, Callable[[Case], Any]] = {
    "customer": lambda c: c.customer,
    "left": lambda c: c.left,
    "mrr": lambda c: c.mrr,
    "arr": lambda c: c.mrr * 12,
    "state": lambda c: c.state,
    "cancels": lambda c: c.cancels,
    "cancels one": lambda c: c.cancels,
    "charged": lambda c: c.charged,
    "tier": lambda c: c.tier,
    "one of its states": lambda _: True,
}


def test_every_reader_answers_every_history_alike(world: None) -> None:
    wrong = [
        f"{reader}, {question}, {name}: {answer!r} instead of {right!r}"
        for reader, ask in READERS.items()
        for question, answers in ask().items()
        for (name, right), answer in zip(
            expected(TRUTH[question]).items(), (answers[n] for n in IDS), strict=True
        )
        if answer != right
    ]
    assert not wrong, "\n".join(wrong)


def moves(first: date) -> list[Row]:
    """The movements of the histories from a month on; nothing but the facts is needed."""
    rows = [
        row | {"account_id": c.name, "subscription_id": f"{c.name}:{row['subscription_id']}"}
        for c in CASES
        for _, row in c.facts
    ]
    frame = pa.Table.from_pylist([{"ended_at": None} | row for row in rows])
    data = Dataset.from_frames(subscriptions=frame)
    found = movements(data, first, date(2026, 6, 1), grace_days=14, known_at=NOW)
    return list(found.to_pylist())


def test_nobody_who_only_tried_is_in_the_revenue_of_any_month() -> None:
    tried = {c.name for c in CASES if c.state == "lapsed"}
    assert len(tried) == 4
    assert not tried & {row["account_id"] for row in moves(date(2026, 1, 1))}


def test_a_free_month_of_a_payer_moves_nothing() -> None:
    found = [r for r in moves(date(2026, 2, 1)) if r["account_id"].startswith("free month")]
    assert {(r["kind"], r["end_minor"]) for r in found} == {("none", 10_000)}

"""A small random company with everything that makes facts awkward: late, masked, missing, twice."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.tables import TABLES

NOW = datetime(2024, 6, 15, tzinfo=UTC)
EVENTS = [
    "Signed In", "Project Created", "Task Completed", "Comment Added", "Report Shared",
    "Automation Run", "Data Exported", "Billing Page Viewed", "Feature Requested",
    "Teammate Invited", "Unlisted Thing",
]  # fmt: skip
ROLES = ["champion", "economic_buyer", "executive_sponsor", "admin", "end_user", None]


class Company:
    """Rows by table, drawn from ``rng``; as Python rows and as a dataset."""

    def __init__(self, rng: random.Random, accounts: int = 6, events: int = 400) -> None:
        self.rng, self.count = rng, 0
        self.accounts = [f"acme-{n}" for n in range(accounts)]
        self.people = [f"p{n}" for n in range(accounts * 3)]
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for _ in range(events):
            self.event()
        for name, times in (
            ("accounts", 12), ("people", 40), ("plans", 4), ("subscriptions", 20), ("invoices", 20),
            ("payments", 20), ("tickets", 40), ("responses", 30), ("interactions", 40),
            ("goals", 15), ("features", 9),
        ):  # fmt: skip
            if self.rng.random() < 0.93:
                for n in range(times):
                    MAKERS[name](self, n)

    def moment(self, back: int = 260) -> datetime:
        """Some time in the last ``back`` days; one in ten at midnight."""
        days = int(back * self.rng.random() ** 1.6)
        second = 0 if self.rng.random() < 0.1 else self.rng.randrange(86_400)
        return NOW - timedelta(days=days + 1) + timedelta(seconds=second)

    def later(self, moment: datetime, most: int = 30, empty: float = 0.3) -> datetime | None:
        if self.rng.random() < empty:
            return None
        return moment + timedelta(minutes=self.rng.randrange(60 * 24 * most))

    def add(self, table: str, time: str, **row: Any) -> None:
        spec = TABLES[table]
        full = {c.name: row.get(c.name) for c in spec.all_columns()}
        self.count += 1
        full["message_id"] = f"{table}-{self.rng.randrange(10**6)}-{self.count}"
        delay = 0 if self.rng.random() < 0.8 else self.rng.randrange(1, 60 * 24 * 6)
        full["received_at"] = full[time] + timedelta(minutes=delay)
        full["received_day"], full["backfill"] = full["received_at"].date(), delay == 0
        self.rows[table].append(full)

    def one_of(self, values: list[Any], empty: float = 0.0) -> Any:
        return None if self.rng.random() < empty else self.rng.choice(values)

    def account(self) -> str:
        return self.accounts[int(len(self.accounts) * self.rng.random() ** 1.5)]

    def event(self) -> None:
        person = self.one_of(self.people, 0.15)
        self.add(
            "events", "timestamp", account_id=self.one_of([self.account()], 0.05),
            person_id=person, event=self.one_of(EVENTS), timestamp=self.moment(130),
            kind=self.one_of(["track", "page", "identify", None]),
            session_id=self.one_of(["s1", "s2", "s3"], 0.4),
            properties=self.one_of([json.dumps({"size": self.rng.randrange(9)}), None, "{}"]),
        )  # fmt: skip
        if self.rng.random() < 0.05:
            self.rows["events"][-1]["source"] = "tenure"

    def features(self, n: int) -> None:
        self.add(
            "features", "updated_at", feature_id=f"f{n % 7}", updated_at=self.moment(200),
            event=EVENTS[n % 7], core=self.one_of([True, False, None]),
            high_value=self.one_of([True, False]),
        )  # fmt: skip

    def plans(self, n: int) -> None:
        self.add(
            "plans", "updated_at", plan_id=f"plan{n % 3}", updated_at=self.moment(260),
            level=n % 3 + 1, usage_limit=self.one_of([10, 50], 0.3),
            usage_event=self.one_of(["Task Completed", "Automation Run"], 0.2),
        )  # fmt: skip

    def subscriptions(self, n: int) -> None:
        began = self.moment()
        self.add(
            "subscriptions", "updated_at", subscription_id=f"s{n % 9}", account_id=self.account(),
            updated_at=began, started_at=began,
            plan_id=self.one_of(["plan0", "plan1", "gone"], 0.1),
            status=self.one_of(
                ["trialing", "active", "past_due", "paused", "unpaid", "cancelled"], 0.1
            ),
            quantity=self.one_of([1, 5, 9], 0.2), mrr_minor=self.one_of([1000, 5000, 9000], 0.1),
            currency="EUR", renews_at=self.later(began, 400), ended_at=self.later(began, 300, 0.5),
        )  # fmt: skip

    def invoices(self, n: int) -> None:
        issued = self.moment()
        self.add(
            "invoices", "issued_at", invoice_id=f"i{n}", account_id=self.account(),
            issued_at=issued, due_at=self.later(issued, 30, 0.1), paid_at=self.later(issued, 60),
            voided_at=self.later(issued, 60, 0.9), amount_minor=100,
        )  # fmt: skip

    def payments(self, n: int) -> None:
        self.add(
            "payments", "attempted_at", payment_id=f"y{n}", account_id=self.account(),
            attempted_at=self.moment(), status=self.one_of(["succeeded", "failed"]),
        )  # fmt: skip

    def tickets(self, n: int) -> None:
        opened = self.moment(150)
        self.add(
            "tickets", "opened_at", ticket_id=f"t{n % 35}", account_id=self.account(),
            person_id=self.one_of(self.people, 0.2), opened_at=opened,
            first_reply_at=self.later(opened, 5), resolved_at=self.later(opened, 20),
            escalated_at=self.later(opened, 20, 0.8), sentiment=self.one_of([-1.0, 0.0, 0.5], 0.2),
            csat=self.one_of([1, 3, 5], 0.4), category=self.one_of(["feature_request", "bug"], 0.2),
        )  # fmt: skip

    def responses(self, n: int) -> None:
        self.add(
            "responses", "responded_at", response_id=f"r{n}", account_id=self.account(),
            person_id=self.one_of(self.people, 0.3), responded_at=self.moment(),
            survey=self.one_of(["nps", "csat", "ces"]),
            score=self.one_of([1.0, 5.0, 8.0, 10.0], 0.1),
        )  # fmt: skip

    def interactions(self, n: int) -> None:
        self.add(
            "interactions", "happened_at", interaction_id=f"x{n}", account_id=self.account(),
            person_id=self.one_of(self.people, 0.3), happened_at=self.moment(),
            kind=self.one_of(["call", "qbr", "training", "community", "referral"]),
            outcome=self.one_of(["answered", "no_answer", "attended", "missed"], 0.2),
        )  # fmt: skip

    def goals(self, n: int) -> None:
        told = self.moment()
        self.add(
            "goals", "updated_at", goal_id=f"g{n % 12}", account_id=self.account(),
            updated_at=told, target=self.one_of([10.0, 0.0], 0.2),
            value=self.one_of([4.0, 12.0], 0.2),
            progress=self.one_of([0.5, 1.0], 0.6), roi_minor=self.one_of([500_00], 0.5),
            due_at=self.later(told, 60), achieved_at=self.later(told, 60, 0.7),
        )  # fmt: skip

    def dataset(self) -> Dataset:
        """All rows as Arrow tables in the lake's schema."""
        return Dataset(
            {
                name: pa.Table.from_pylist(rows, schema=TABLES[name].arrow_schema())
                for name, rows in self.rows.items()
            }
        )


def accounts_row(company: Company, n: int) -> None:
    company.add(
        "accounts", "updated_at", account_id=company.accounts[n % len(company.accounts)],
        updated_at=company.moment(), created_at=company.one_of([company.moment(300)], 0.2),
        industry=company.one_of(["retail", "media"], 0.3), country="DE",
        employees=company.one_of([10, 200], 0.3),
    )  # fmt: skip


def people_row(company: Company, n: int) -> None:
    told = company.moment()
    company.add(
        "people", "updated_at", person_id=company.people[n % len(company.people)],
        account_id=company.account(), updated_at=told, role=company.one_of(ROLES),
        left_at=company.later(told, 100, 0.7),
    )  # fmt: skip


MAKERS: dict[str, Any] = {
    "accounts": accounts_row,
    "people": people_row,
    "plans": Company.plans,
    "subscriptions": Company.subscriptions,
    "invoices": Company.invoices,
    "payments": Company.payments,
    "tickets": Company.tickets,
    "responses": Company.responses,
    "interactions": Company.interactions,
    "goals": Company.goals,
    "features": Company.features,
}


def make(seed: int, **size: int) -> Company:
    """The company of a seed."""
    return Company(random.Random(seed), **size)

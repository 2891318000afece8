"""A company whose customers come to cancel, for tests: a clock, a ledger, and a billing system that
can be away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import worlds

from tenure.accounts.models import Account, Membership, Person
from tenure.connectors.billing import outbox
from tenure.connectors.billing.contract import Outcome, Rejected, Subscription, Unavailable
from tenure.connectors.billing.ledger import LEDGER
from tenure.connectors.posted import accepting
from tenure.core import policy
from tenure.facts import lake, sql
from tenure.facts.periodic_tasks import flush_now
from tenure.programs.cancel import customers, fulfilment, settings, visits
from tenure.programs.cancel.models import Visit

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXT = settings.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)


def days(n: float) -> timedelta:
    return timedelta(days=n)


@dataclass
class Till:
    """A billing system in front of the ledger: it remembers keys, and can be away or say no."""

    name: str = "till"
    away: bool = False
    says_no: str = ""
    dies_after: int = -1
    asked: list[str] = field(default_factory=list)
    done: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def _act(self, what: str, key: str, **terms: Any) -> None:
        self.asked.append(key)
        if self.away:
            raise Unavailable("no answer")
        if self.says_no:
            raise Rejected(self.says_no)
        self.done.setdefault(key, (what, terms))
        if self.dies_after == len(self.done):
            raise KeyboardInterrupt

    def retry_invoice(self, invoice_id: str, *, key: str, now: datetime) -> Outcome:
        raise NotImplementedError

    def payment_update_link(self, account_id: str, invoice_id: str, *, key: str) -> str:
        return ""

    def cancel(self, which: Subscription, **how: Any) -> Outcome:
        self._act("cancel", how["key"], at_period_end=how["at_period_end"])
        return LEDGER.cancel(which, **how)

    def apply_coupon(self, which: Subscription, **how: Any) -> Outcome:
        self._act("coupon", how["key"], percent=how["percent"], months=how["months"])
        return LEDGER.apply_coupon(which, **how)

    def pause(self, which: Subscription, **how: Any) -> Outcome:
        self._act("pause", how["key"], until=how["until"])
        return LEDGER.pause(which, **how)

    def change_plan(self, which: Subscription, **how: Any) -> Outcome:
        self._act("plan", how["key"], plan_id=how["plan_id"])
        return LEDGER.change_plan(which, **how)

    def resume(self, which: Subscription, **how: Any) -> Outcome:
        self._act("resume", how["key"])
        return LEDGER.resume(which, **how)

    def remove_coupon(self, which: Subscription, **how: Any) -> Outcome:
        self._act("remove_coupon", how["key"])
        return LEDGER.remove_coupon(which, **how)

    def keep(self, which: Subscription, **how: Any) -> Outcome:
        self._act("keep", how["key"])
        return LEDGER.keep(which, **how)


TILL = Till()


class Company:
    """Tells facts, lets time pass, and comes to cancel as a customer would."""

    def __init__(self, till: Till) -> None:
        self.now, self.till = MONDAY, till

    def tell(self, table: str, **row: Any) -> None:
        texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
        assert not accepting.take(table, [texts], source="shop", backfill=False, now=self.now)
        flush_now(self.now + timedelta(seconds=1))
        self.now += timedelta(seconds=2)

    def plans(self) -> None:
        for level, (name, price, seats, features) in enumerate(
            [("basic", 1900, 3, ["Reports"]), ("pro", 4900, 10, ["Reports", "Sign-in by SSO"]),
             ("top", 9900, 50, ["Reports", "Sign-in by SSO", "API"])], 1,
        ):  # fmt: skip
            self.tell(
                "plans", plan_id=name, name=name.title(), level=level, price_minor=price,
                currency="EUR", interval="month", seat_limit=seats, updated_at=MONDAY - days(300),
                properties={"features": features},
            )  # fmt: skip

    def subscribe(self, account: str = "acme", subscription: str = "s1", **more: Any) -> None:
        row = {
            "subscription_id": subscription, "account_id": account, "status": "active",
            "plan_id": "pro", "mrr_minor": 4900, "currency": "EUR",
            "started_at": MONDAY - days(200), "updated_at": MONDAY - days(30),
            "renews_at": MONDAY + days(20),
        }  # fmt: skip
        self.tell("subscriptions", **{**row, **more})

    def comes(self, account: str = "acme", **more: Any) -> Visit:
        return visits.start(account, "ann", now=self.now, **more)

    def says(self, visit: Visit, *answers: Any, **more: Any) -> Visit:
        """Answers one after the other, a minute each; billing is asked at the end, as pages do."""
        for given in answers:
            self.now += timedelta(minutes=1)
            visit = visits.answer(visit.code, given, now=self.now, **more)
        fulfilment.run_for(visit, self.now)
        flush_now(self.now + timedelta(seconds=1))
        self.now += timedelta(seconds=2)
        return visit

    def until(self, day: float, every: timedelta = timedelta(hours=1)) -> None:
        """Hours pass, and the worker works."""
        while self.now < MONDAY + days(day):
            self.now += every
            visits.abandon(self.now)
            outbox.carry_out(lambda: self.now)
        flush_now(self.now)
        self.now += timedelta(seconds=1)


def own_events() -> list[str]:
    """Names of the facts told, in order."""
    paths = lake.current().files("events")["path"].to_pylist()
    listed = ", ".join(f"'{p}'" for p in paths)
    query = f"SELECT event FROM read_parquet([{listed}]) WHERE event LIKE 'tenure.cancel%' ORDER BY timestamp, event"  # noqa: E501
    return [row[0].removeprefix("tenure.cancel_") for row in sql.connection().sql(query).fetchall()]


def make(monkeypatch: Any, text: str = TEXT, arm: str = "offers") -> Company:
    """A company with one customer, Ann of Acme, on the plan Pro."""
    from tenure.connectors.billing import contract

    monkeypatch.setitem(contract.BILLING, "till", "programs.cancel.cancelling:TILL")
    TILL.__init__()  # type: ignore[misc]
    monkeypatch.setattr(customers, "arm", lambda *_: arm)
    company = Company(TILL)
    company.now = worlds.fill(("cancel", text), lambda: _built(text))
    return company


def _built(text: str) -> datetime:
    with_till = text.replace('provider = "ledger"', 'provider = "till"')
    policy.save(settings.DOCUMENT, with_till, "alice", "", MONDAY)
    account = Account.objects.create(id="acme", name="Acme")
    ann = Person.objects.create(id="ann", name="Ann", email="ann@acme.example")
    Membership.objects.create(person=ann, account=account, role="admin")
    company = Company(TILL)
    company.tell("accounts", account_id="acme", name="Acme", updated_at=MONDAY - days(200))
    company.plans()
    company.subscribe()
    return company.now

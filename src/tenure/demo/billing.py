"""Money: terms, seats, plans, invoices, attempts to collect, and ends for lack of payment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.demo.calendar import Calendar
from tenure.demo.company import Company
from tenure.demo.hidden import State
from tenure.demo.ledger import Rows
from tenure.demo.population import Population

HARD = {"expired_card", "lost_card", "stolen_card"}
NEVER = 10**6


@dataclass(frozen=True)
class Owed:
    """An invoice whose payment was declined on ``day`` with ``code``."""

    day: int
    account: int
    number: int
    amount: int
    code: str


class Billing:
    """Who pays for what today. Days are counted from the first of the two years."""

    def __init__(
        self,
        company: Company,
        people: Population,
        calendar: Calendar,
        anchor: np.ndarray,
        monthly: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self.company, self.people, self.calendar, self.rng = company, people, calendar, rng
        self.anchor, self.monthly = anchor, monthly
        n = len(people)
        plan_of_tier = np.array([company.plan_index(t.plan) for t in company.tier])
        self.plan = plan_of_tier[people.tier]
        self.seats = people.seats.copy()
        self.alive = np.zeros(n, bool)
        self.term = np.ones(n, int)  # how often it has subscribed
        self.began = people.started.copy()
        self.ended = np.full(n, NEVER)
        self.ended_unpaid = np.zeros(n, bool)
        self.gives_up = np.full(n, NEVER)
        self.price = np.full(n, 1.0)
        self.owing: dict[int, Owed] = {}  # by account
        self.paid: dict[int, int] = {}  # invoice number to day
        self.subscriptions, self.invoices, self.payments = Rows(), Rows(), Rows()

    # -- the course of a day -------------------------------------------------------------------

    def begin_day(self, day: int) -> np.ndarray:
        """New accounts subscribe; returns who is a customer today."""
        starts = self.people.started == day
        if day == 0:
            starts = self.people.started <= 0
        for account in np.flatnonzero(starts):
            self.alive[account] = True
            self._change(int(self.people.started[account]), int(account), "active")
            if self.people.started[account] == day:
                self._invoice(day, int(account))
        return self.alive.copy()

    def collect(self, day: int, state: State) -> None:
        """Retry what is owed, then invoice those whose term begins today."""
        self._retry(day, state)
        due = self.alive & self.anchor[:, day] & (self.gives_up == NEVER)
        for account in np.flatnonzero(due):
            rising = day >= self.company.price_rise_day and self.price[account] == 1.0
            self.price[account] += rising * self.company.price_rise
            self._change(day, int(account), "active")
            self._invoice(day, int(account))

    def resize(self, day: int, state: State, leaving: np.ndarray) -> None:
        """On their monthly day accounts may add or remove seats, or move between plans."""
        able = self.alive & self.monthly[:, day] & (self.gives_up == NEVER)
        draw = self.rng.random(len(able))
        solo = self.plan == 0
        more = _logit(-2.9 + 0.75 * state.value - 0.8 * state.budget) * np.where(solo, 0.25, 1)
        less = _logit(-4.1 - 0.7 * state.value + 0.9 * state.budget)
        less = np.where(leaving, np.maximum(less, 0.16), less)
        grows = able & (draw < more) & ~leaving
        shrinks = able & ~grows & (draw > 1 - less) & (self.seats > 1)
        for account in np.flatnonzero(grows):
            self._resize(day, int(account), self.rng.uniform(1.05, 1.3))
        for account in np.flatnonzero(shrinks):
            self._resize(day, int(account), self.rng.uniform(0.55, 0.9))

    def cancel(self, day: int, account: int, reason: str) -> None:
        """The subscription ends today."""
        self.alive[account] = False
        self.ended[account] = day
        self.ended_unpaid[account] = reason == "involuntary"
        self.gives_up[account] = NEVER
        self.owing.pop(account, None)
        self._change(day, account, "cancelled", reason)

    def returning(self, day: int, rng: np.random.Generator) -> np.ndarray:
        """Accounts that left and come back today."""
        away = np.where(~self.alive & (self.ended < day), day - self.ended, NEVER)
        unpaid = self.ended_unpaid & (away < 60)
        chosen = ~self.ended_unpaid & (away > 20) & (away < 200)
        rate = unpaid * self.company.collect.returns + chosen * self.company.collect.won_back
        return np.flatnonzero(rng.random(len(rate)) < rate)

    def reopen(self, day: int, account: int) -> None:
        """A new subscription of an account that was gone."""
        self.alive[account] = True
        self.term[account] += 1
        self.began[account] = day
        self.ended[account] = NEVER
        self._change(day, account, "active")

    # -- rows ------------------------------------------------------------------------------------

    def mrr(self, account: int) -> int:
        """Monthly recurring revenue, minor units: seats x price, less the discount on years."""
        rate = self.company.plan[self.plan[account]].price * self.price[account]
        discount = self.company.annual_discount if self.people.annual[account] else 0.0
        return round(self.seats[account] * rate * (1 - discount))

    def _resize(self, day: int, account: int, factor: float) -> None:
        seats = int(self.seats[account])
        step = max(1, abs(round(seats * factor) - seats))
        self.seats[account] = max(1, seats + (step if factor > 1 else -step))
        self._fit_plan(account)
        self._change(day, account, "active")

    def _fit_plan(self, account: int) -> None:
        """More seats than the plan has: the next one. Far fewer: one down, now and then."""
        plans = self.company.plan
        limit = plans[self.plan[account]].seat_limit
        if limit is not None and self.seats[account] > limit:
            self.plan[account] += 1
        elif self.plan[account] > 0:
            below = plans[self.plan[account] - 1].seat_limit or 0
            roomy = self.seats[account] <= 0.5 * below
            self.plan[account] -= int(roomy and self.rng.random() < 0.5)

    def _change(self, day: int, account: int, status: str, reason: str | None = None) -> None:
        if day < 0 and status == "active" and self.term[account] == 1:
            day = int(self.people.started[account])
        ended = status == "cancelled"
        self.subscriptions.add(
            account=account,
            term=int(self.term[account]),
            day=day,
            status=status,
            plan=int(self.plan[account]),
            seats=int(self.seats[account]),
            mrr=self.mrr(account),
            began=int(self.began[account]),
            renews=None if ended else self._renews(max(day, 0), account),
            ended=day if ended else None,
            reason=reason,
        )

    def _renews(self, day: int, account: int) -> int:
        ahead = np.flatnonzero(self.anchor[account, day + 1 :])
        return day + 1 + int(ahead[0]) if len(ahead) else day + 365

    def _invoice(self, day: int, account: int) -> None:
        months = 12 if self.people.annual[account] else 1
        number = len(self.invoices)
        amount = self.mrr(account) * months
        term = int(self.term[account])
        self.invoices.add(number=number, account=account, term=term, day=day, amount=amount)
        failure = self.company.tier[self.people.tier[account]].card_failure
        if self.rng.random() >= failure:
            self._pay(day, account, number, amount)
        else:
            self._decline(day, Owed(day, account, number, amount, self._code()))

    def _decline(self, day: int, owed: Owed) -> None:
        self._attempt(day, owed.account, owed.number, owed.amount, owed.code)
        if owed.account not in self.owing:
            self.owing[owed.account] = owed
            self.gives_up[owed.account] = day + self.company.collect.end_after
            self._change(day, owed.account, "past_due")

    def _retry(self, day: int, state: State) -> None:
        for owed in list(self.owing.values()):
            if day - owed.day not in self.company.collect.retry_days:
                continue
            if self.rng.random() < self._recovery(owed.code, float(state.value[owed.account])):
                self._recover(day, owed)
            else:
                self._decline(day, owed)

    def _recover(self, day: int, owed: Owed) -> None:
        del self.owing[owed.account]
        self.gives_up[owed.account] = NEVER
        self._pay(day, owed.account, owed.number, owed.amount)
        self._change(day, owed.account, "active")

    def _recovery(self, code: str, value: float) -> float:
        """Chance of one retry; customers who get value see to their card sooner."""
        rates = self.company.collect
        rate = rates.hard_recovery if code in HARD else rates.soft_recovery
        return float(np.clip(rate * np.exp(0.3 * value), 0, 0.8))

    def _code(self) -> str:
        codes = self.company.collect.codes
        share = np.array(list(codes.values()))
        return str(self.rng.choice(list(codes), p=share / share.sum()))

    def _pay(self, day: int, account: int, number: int, amount: int) -> None:
        self.paid[number] = day
        self._attempt(day, account, number, amount, None)

    def _attempt(self, day: int, account: int, number: int, amount: int, code: str | None) -> None:
        self.payments.add(account=account, number=number, day=day, amount=amount, code=code)


def _logit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))

"""Two years, day by day: accounts drift, decide, grow, shrink, pay or fail to, leave, come back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tenure.demo import hidden
from tenure.demo.billing import Billing
from tenure.demo.calendar import AHEAD, Calendar, anchors
from tenure.demo.company import Company
from tenure.demo.ledger import Rows
from tenure.demo.population import Population

NEVER = 10**6


@dataclass
class History:
    """What happened. Arrays are accounts x days; ``leaving`` counts days since they decided to go
    (-1: have not). ``truth`` tells why each churn happened: for tests and docs, never imported."""

    value: np.ndarray
    satisfaction: np.ndarray
    budget: np.ndarray
    rival: np.ndarray
    seats: np.ndarray
    alive: np.ndarray
    leaving: np.ndarray
    incidents: np.ndarray
    champions: Rows = field(default_factory=Rows)
    truth: Rows = field(default_factory=Rows)


def _blank(accounts: int, days: int, incidents: np.ndarray) -> History:
    """A history of nothing yet."""
    shape = (accounts, days)
    value, satisfaction, budget, rival = (np.zeros(shape, np.float32) for _ in range(4))
    return History(
        value,
        satisfaction,
        budget,
        rival,
        seats=np.zeros(shape, np.int32),
        alive=np.zeros(shape, bool),
        leaving=np.full(shape, -1, np.int16),
        incidents=incidents,
    )


class Life:
    """The state of all accounts while the days pass."""

    def __init__(
        self, company: Company, people: Population, calendar: Calendar, rng: np.random.Generator
    ) -> None:
        self.company, self.people, self.calendar, self.rng = company, people, calendar, rng
        n, days = len(people), calendar.days
        self.state = hidden.begin(company, people)
        self.anchor = anchors(calendar, people.started, people.annual)
        monthly = anchors(calendar, people.started, np.zeros(n, bool))
        self.billing = Billing(company, people, calendar, self.anchor, monthly, rng)
        self.decided = np.full(n, NEVER)
        self.ends = np.full(n, NEVER)
        self.cause = np.full(n, "", dtype="U40")
        self.successor = np.full(n, NEVER)
        self.renewal = _next_true(self.anchor)
        self.incidents = np.sort(rng.choice(np.arange(30, days), int(company.hidden["incidents"])))
        self.history = _blank(n, days, self.incidents)

    def run(self) -> History:
        """All days in order."""
        for day in range(-90, self.calendar.days):
            hidden.drift(self.state, self.company, self.people, self.rng)
            if day >= 0:
                self._day(day)
        return self.history

    def _day(self, day: int) -> None:
        alive = self.billing.begin_day(day)
        if day in self.incidents:
            hidden.incident(self.state, self.company, self.rng)
        self._champions(day, alive)
        self._decide(day, alive)
        self._fate(day, alive)
        self.billing.collect(day, self.state)
        self._end(day)
        self.billing.resize(day, self.state, self.decided <= day)
        self._come_back(day)
        self._remember(day)

    def _champions(self, day: int, alive: np.ndarray) -> None:
        rate = self.company.hidden["champion_yearly"] / 365
        has = alive & self.state.champion & (self.people.tier < len(self.company.tier) - 1)
        leaves = has & (self.rng.random(len(alive)) < rate)
        for account in np.flatnonzero(leaves):
            self._champion_leaves(day, int(account))
        arrives = alive & (self.successor == day)
        self.state.champion |= arrives
        for account in np.flatnonzero(arrives):
            self.history.champions.add(account=int(account), day=day, kind="arrives")

    def _champion_leaves(self, day: int, account: int) -> None:
        self.state.champion[account] = False
        self.state.value[account] += self.company.hidden["champion_value"]
        found = self.rng.random() < self.company.hidden["successor_share"]
        self.successor[account] = day + self.rng.integers(20, 90) if found else NEVER
        self.history.champions.add(account=account, day=day, kind="leaves")

    def _decide(self, day: int, alive: np.ndarray) -> None:
        open_ = alive & (self.decided == NEVER) & (self.ends == NEVER)
        rate = hidden.leaving_rate(
            self.state,
            self.company,
            self.people,
            self.renewal[:, day] - day,
            day - self.company.price_rise_day,
        )
        goes = open_ & (self.rng.random(len(alive)) < rate)
        why = hidden.main_cause(self.state, self.company, self.people)
        for account in np.flatnonzero(goes):
            self._give_notice(day, int(account), hidden.CAUSES[why[account]])
        thinks = alive & (self.decided < day) & (self.ends > day + 2)
        stays = thinks & (self.rng.random(len(alive)) < self.company.hidden["second_thoughts"])
        stays &= self.cause != hidden.FATE
        self.decided[stays] = NEVER
        self.ends[stays] = NEVER

    def _give_notice(self, day: int, account: int, cause: str) -> None:
        wait = 0.0
        if not self.people.annual[account]:
            wait = self.rng.exponential(self.company.hidden["patience_days"])
        self.decided[account] = day
        self.ends[account] = self._term_after(day + int(wait), account)
        self.cause[account] = cause

    def _term_after(self, day: int, account: int) -> int:
        return int(self.renewal[account, min(day, self.renewal.shape[1] - 1)])

    def _fate(self, day: int, alive: np.ndarray) -> None:
        rate = self.company.per_tier("fate_monthly")[self.people.tier] / 30.4
        struck = alive & (self.ends == NEVER) & (self.rng.random(len(alive)) < rate)
        for account in np.flatnonzero(struck):
            self.ends[account] = day + self.rng.integers(2, 25)
            self.cause[account] = hidden.FATE

    def _end(self, day: int) -> None:
        unpaid = self.billing.alive & (self.billing.gives_up == day)
        goes = self.billing.alive & (self.ends == day) & ~unpaid
        self.cause[unpaid] = hidden.UNPAID
        for account in np.flatnonzero(unpaid | goes):
            reason = "involuntary" if unpaid[account] else "voluntary"
            self.billing.cancel(day, int(account), reason)
            cause = str(self.cause[account])
            self.history.truth.add(account=int(account), day=day, kind=reason, cause=cause)
        self.decided[unpaid | goes] = NEVER
        self.ends[unpaid | goes] = NEVER

    def _come_back(self, day: int) -> None:
        for account in self.billing.returning(day, self.rng):
            self.state.value[account] = max(self.state.value[account], 0.0)
            self.billing.reopen(day, int(account))

    def _remember(self, day: int) -> None:
        h, s = self.history, self.state
        h.value[:, day], h.satisfaction[:, day] = s.value, s.satisfaction
        h.budget[:, day], h.rival[:, day] = s.budget, s.rival
        h.seats[:, day], h.alive[:, day] = self.billing.seats, self.billing.alive
        going = self.decided <= day
        h.leaving[going, day] = day - self.decided[going]


def _next_true(flags: np.ndarray) -> np.ndarray:
    """For each account and day, the next day strictly after it that is flagged (else far ahead)."""
    n, days = flags.shape
    index = np.where(flags, np.arange(days)[None, :], days + AHEAD)
    reached = np.minimum.accumulate(index[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([reached[:, 1:], np.full((n, 1), days + AHEAD)], axis=1)

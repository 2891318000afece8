"""Tickets, and answers to surveys: what customers say, in mood and out of it."""

from __future__ import annotations

import numpy as np

from tenure.demo.calendar import Calendar
from tenure.demo.company import Company
from tenure.demo.ledger import Rows
from tenure.demo.life import History
from tenure.demo.people import People
from tenure.demo.population import Population

DAY = 86_400
Words = dict[str, dict[str, list[str]]]
ESCALATED, RATED = 0.05, 0.45  # share of ordinary tickets escalated; of resolved ones rated
NPS_EVERY, NPS_ANSWER = 91, 0.34  # days between questions; share answering of those who ever do


class Present:
    """Who of an account can be asked or writes in on a given day."""

    def __init__(self, people: People, accounts: int) -> None:
        self.people = people
        order = np.argsort(people.account, kind="stable")
        self.members = np.split(
            order, np.searchsorted(people.account[order], np.arange(1, accounts))
        )

    def on(self, account: int, day: int) -> np.ndarray:
        """Indices of the people of an account who are there on ``day``."""
        mine = self.members[account]
        joined = self.people.joins[mine] <= day
        return mine[joined & (self.people.leaves[mine] > day)]


def tickets(
    company: Company,
    words: Words,
    calendar: Calendar,
    accounts: Population,
    history: History,
    people: People,
    rng: np.random.Generator,
) -> Rows:
    """Tickets open by chance, more often in the first weeks, after incidents and by temper."""
    rate = company.per_tier("tickets_monthly")[accounts.tier] / 30.4
    temper = np.exp(-0.35 * accounts.temper)
    per_day = (rate * temper)[:, None] * _pressure(accounts, history)
    weekday = np.stack([calendar.work(t.weekend) for t in company.tier])[accounts.tier]
    account, day = np.nonzero(rng.random(per_day.shape) < per_day * weekday * history.alive)
    order = np.argsort(day, kind="stable")
    rows, present = Rows(), Present(people, len(accounts))
    for a, d in zip(account[order].tolist(), day[order].tolist(), strict=True):
        there = present.on(a, d)
        if len(there):
            person = int(rng.choice(there))
            rows.add(**_ticket(a, d, person, words["tickets"], words, history, accounts, rng))
    return rows


def _pressure(accounts: Population, history: History) -> np.ndarray:
    """Relative rate of tickets, accounts x days: new customers and unhappy ones ask more, those
    who have stopped caring hardly ask at all."""
    days = np.arange(history.value.shape[1])
    age = days[None, :] - accounts.started[:, None]
    new = 1 + 1.6 * np.exp(-np.maximum(age, 0) / 25)
    after = np.zeros(len(days))
    for incident in history.incidents:
        after += 2.0 * np.exp(-np.maximum(days - incident, 0) / 3) * (days >= incident)
    mood = np.exp(-0.25 * np.clip(history.satisfaction, -2, 2))
    gone_quiet = np.where(history.leaving > 20, 0.3, 1.0)
    return new * (1 + after)[None, :] * mood * gone_quiet


def _ticket(
    account: int,
    day: int,
    person: int,
    kinds: dict[str, list[str]],
    words: Words,
    history: History,
    accounts: Population,
    rng: np.random.Generator,
) -> dict[str, object]:
    satisfaction = float(history.satisfaction[account, day])
    mood = 0.25 + 0.28 * satisfaction + 0.2 * accounts.temper[account]
    sentiment = float(np.clip(mood + 0.35 * rng.standard_normal(), -1, 1))
    category = str(rng.choice(kinds["category"], p=[float(x) for x in kinds["share"]]))
    opened = day * DAY + int(rng.normal(13, 2.5) * 3600) % DAY
    reply = opened + int(rng.lognormal(0.9, 0.9) * 3600)
    solved = reply + int(rng.lognormal(2.3 - 0.2 * satisfaction, 1.1) * 3600)
    escalated = rng.random() < ESCALATED * np.exp(-1.2 * sentiment)
    rating = np.clip(round(4.3 + 0.8 * sentiment + 0.7 * rng.standard_normal()), 1, 5)
    tone = "good" if sentiment > 0.45 else "bad" if sentiment < -0.2 else "neutral"
    return {
        "account": account,
        "person": person,
        "opened": opened,
        "reply": reply,
        "solved": solved,
        "escalated": (reply + solved) // 2 if escalated else None,
        "channel": str(rng.choice(kinds["channel"])),
        "priority": str(rng.choice(("low", "normal", "high", "urgent"), p=_priority(sentiment))),
        "category": category,
        "subject": str(rng.choice(words["subjects"][category])),
        "body": str(rng.choice(words["bodies"][tone])),
        "sentiment": round(sentiment, 2),
        "csat": int(rating) if rng.random() < RATED else None,
    }


def _priority(sentiment: float) -> tuple[float, float, float, float]:
    return (0.1, 0.5, 0.3, 0.1) if sentiment < -0.2 else (0.25, 0.6, 0.12, 0.03)


def responses(
    words: Words,
    calendar: Calendar,
    accounts: Population,
    history: History,
    people: People,
    rng: np.random.Generator,
) -> Rows:
    """NPS after 30 days with Larkspur and every quarter from then on. Four in ten never answer."""
    rows = Rows()
    for person in np.flatnonzero(people.answers).tolist():
        account = int(people.account[person])
        first = max(int(people.joins[person]) + 30, int(rng.integers(0, NPS_EVERY)))
        last = min(calendar.days, int(people.leaves[person]))
        for day in range(first, last, NPS_EVERY):
            if history.alive[account, day] and rng.random() < NPS_ANSWER:
                rows.add(**_answer(person, account, day, words, history, accounts, rng))
    return rows


def _answer(
    person: int,
    account: int,
    day: int,
    words: Words,
    history: History,
    accounts: Population,
    rng: np.random.Generator,
) -> dict[str, object]:
    mood = 0.7 * history.satisfaction[account, day] + 0.5 * history.value[account, day]
    raw = 8.0 + 1.1 * mood + 0.4 * accounts.temper[account] + 1.5 * rng.standard_normal()
    score = int(np.clip(round(raw), 0, 10))
    tone = "good" if score >= 9 else "neutral" if score >= 7 else "bad"
    second = day * DAY + int(rng.uniform(8, 20) * 3600) + int(rng.exponential(1.5)) * DAY
    comment = str(rng.choice(words["comments"][tone])) if rng.random() < 0.4 else ""
    return {
        "person": person,
        "account": account,
        "second": second,
        "score": score,
        "comment": comment or None,
    }

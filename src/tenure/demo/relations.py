"""What Larkspur's team did with its customers, and how far customers came with their goals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.demo.ledger import Rows
from tenure.demo.life import History
from tenure.demo.people import People
from tenure.demo.population import Population
from tenure.demo.support import DAY, Present, Words


@dataclass(frozen=True)
class Cadence:
    """A kind of contact: with which tiers, how often (days), with which role, minutes."""

    kind: str
    tiers: tuple[int, ...]
    every: int
    role: int
    minutes: int


CADENCES = (
    Cadence("qbr", (0,), 91, 1, 60),
    Cadence("call", (0,), 21, 0, 30),
    Cadence("call", (1,), 45, 0, 25),
    Cadence("mail", (0, 1, 2), 60, 3, 5),
    Cadence("training", (0, 1), 75, 4, 45),
    Cadence("community", (0, 1, 2, 3), 150, 4, 10),
    Cadence("referral", (0, 1, 2, 3), 320, 3, 5),
)
WARM_ONLY = {"community", "referral"}  # the customer's own doing, when pleased


def interactions(
    accounts: Population,
    history: History,
    people: People,
    rng: np.random.Generator,
) -> Rows:
    """Contacts at their cadence, kept loosely; who is away with their thoughts answers less."""
    rows, present = Rows(), Present(people, len(accounts))
    days = history.alive.shape[1]
    for account in range(len(accounts)):
        for cadence in CADENCES:
            if accounts.tier[account] not in cadence.tiers:
                continue
            day = int(max(0, accounts.started[account]) + rng.exponential(cadence.every / 2))
            while day < days:
                if history.alive[account, day]:
                    _contact(rows, cadence, account, day, accounts, history, present, rng)
                day += max(4, int(cadence.every * rng.lognormal(0, 0.35)))
    return rows


def _contact(
    rows: Rows,
    cadence: Cadence,
    account: int,
    day: int,
    accounts: Population,
    history: History,
    present: Present,
    rng: np.random.Generator,
) -> None:
    satisfaction = float(history.satisfaction[account, day])
    if cadence.kind in WARM_ONLY and satisfaction + 0.6 * rng.standard_normal() < 0.6:
        return
    there = present.on(account, day)
    asked = there[present.people.role[there] == cadence.role]
    if not len(asked):
        return
    going = history.leaving[account, day] >= 0
    answers = rng.random() < 0.80 + 0.08 * np.clip(satisfaction, -2, 1) - 0.25 * going
    rows.add(
        account=account,
        person=int(rng.choice(asked)),
        second=day * DAY + int(rng.uniform(9, 17) * 3600),
        kind=cadence.kind,
        outcome=_outcome(cadence.kind, bool(answers)),
        by=str(accounts.owner[account]) or None,
        minutes=int(cadence.minutes * rng.uniform(0.6, 1.3)) if answers else None,
    )


def _outcome(kind: str, answers: bool) -> str:
    if kind in WARM_ONLY:
        return "given"
    yes, no = {"training": ("attended", "missed"), "qbr": ("held", "declined")}.get(
        kind, ("answered", "no_answer")
    )
    return yes if answers else no


def goals(
    words: Words,
    accounts: Population,
    history: History,
    rng: np.random.Generator,
) -> Rows:
    """Goals agreed in the first weeks and reviewed about monthly. Progress adds up what value was
    realised, measured badly; one review in four is skipped."""
    rows = Rows()
    wanted = np.array([3, 2, 1, 0])
    for account in range(len(accounts)):
        count = int(wanted[accounts.tier[account]])
        if accounts.tier[account] == 2 and rng.random() < 0.65:
            continue
        titles = rng.permutation(words["goals"]["title"])[:count]
        for number, title in enumerate(titles):
            _pursue(rows, account, number, str(title), accounts, history, rng)
    return rows


def _pursue(
    rows: Rows,
    account: int,
    number: int,
    title: str,
    accounts: Population,
    history: History,
    rng: np.random.Generator,
) -> None:
    days = history.alive.shape[1]
    begin = int(max(0, accounts.started[account]) + rng.integers(3, 30)) + 120 * number
    progress, achieved = 0.0, None
    for day in range(begin, days, 30):
        if not history.alive[account, day] or achieved is not None:
            return
        value = float(history.value[account, day])
        progress += max(0.0, 0.11 + 0.09 * value + 0.05 * rng.standard_normal())
        if rng.random() < 0.25 and progress < 1:
            continue
        second = day * DAY + int(rng.uniform(9, 17) * 3600)
        achieved = second if progress >= 1 else None
        rows.add(
            account=account,
            number=number,
            title=title,
            second=second,
            progress=round(min(progress, 1.0), 2),
            roi=int(progress * history.seats[account, day] * 18_000),
            due=(begin + 365) * DAY,
            achieved=achieved,
        )

"""What people did in the product: events that follow the hidden states with noise and delay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.demo.calendar import Calendar
from tenure.demo.company import Company
from tenure.demo.life import History
from tenure.demo.people import STAYS, People
from tenure.demo.population import Population

DAY = 86_400
SIGNED_IN = "Signed In"
ASIDE = (
    "Teammate Invited",
    "Data Exported",
    "Billing Page Viewed",
    "Feature Requested",
    "Upgrade Page Viewed",
)


@dataclass
class Events:
    """One value an event: who (index), what (index into ``names``), when (seconds from day 0)."""

    person: np.ndarray
    kind: np.ndarray
    second: np.ndarray
    session: np.ndarray
    names: tuple[str, ...]


def intensity(accounts: Population, history: History, rng: np.random.Generator) -> np.ndarray:
    """How much an account's people use the product each day (accounts x days), 1 being usual.

    exp(0.55 value of two weeks ago + slow noise) x how busy such accounts are at all x wind-down of
    those who have decided to leave. Slow noise: AR(1) with a month's memory, spread 0.34, so that
    many dips mean nothing.
    """
    n, days = history.value.shape
    lagged = np.concatenate([np.repeat(history.value[:, :1], 14, 1), history.value[:, :-14]], 1)
    noise = np.empty((n, days), np.float32)
    memory = np.exp(-1 / 30)
    level = 0.34 * rng.standard_normal(n)
    for day in range(days):
        level = memory * level + 0.34 * np.sqrt(1 - memory**2) * rng.standard_normal(n)
        noise[:, day] = level
    busy = accounts.busy[:, None] * np.exp(0.55 * np.clip(lagged, -2.5, 1.6) + noise)
    return busy * _wind_down(history, rng)


def _wind_down(history: History, rng: np.random.Generator) -> np.ndarray:
    """Of those who decided to leave most fade, some drop at once, some go on as if nothing was."""
    n = len(history.value)
    kind = rng.random(n)
    fade = (kind < 0.62)[:, None]
    drop = ((kind >= 0.62) & (kind < 0.80))[:, None]
    pace = rng.uniform(12, 70, n)[:, None]
    since = history.leaving
    factor = np.where(fade, np.exp(-since / pace), np.where(drop & (since > 7), 0.3, 1.0))
    return np.where(since >= 0, factor, 1.0)


def happen(
    company: Company,
    words: dict[str, dict[str, list[str]]],
    calendar: Calendar,
    accounts: Population,
    history: History,
    people: People,
    rng: np.random.Generator,
) -> Events:
    """All events, ordered by time."""
    use = intensity(accounts, history, rng)
    person, day = _active_days(company, calendar, accounts, history, people, use, rng)
    offset = np.array([float(x) for x in words["countries"]["offset"]])[people.zone]
    start = _local_start(len(person), rng) - offset[person] * 3600
    parts = [
        (person, np.zeros(len(person), int), day * DAY + start, np.arange(len(person))),
        _work(company, accounts, people, use, person, day, start, rng),
        _asides(company, history, people, person, day, start, rng),
    ]
    who, kind, second, session = (np.concatenate([p[i] for p in parts]) for i in range(4))
    keep = (second >= 0) & (second < calendar.days * DAY)
    order = np.flatnonzero(keep)[np.argsort(second[keep], kind="stable")]
    names = (SIGNED_IN, *(f.event for f in company.feature), *ASIDE)
    return Events(who[order], kind[order], second[order], session[order], names)


def _active_days(
    company: Company,
    calendar: Calendar,
    accounts: Population,
    history: History,
    people: People,
    use: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Which person was active on which day; drawn in slices to keep memory small."""
    work = np.stack([calendar.work(t.weekend) for t in company.tier])
    days = np.arange(calendar.days)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for first in range(0, len(people), 1000):
        some = slice(first, first + 1000)
        account = people.account[some]
        chance = people.keen[some, None] * use[account] * work[accounts.tier[account]]
        there = (days >= people.joins[some, None]) & (days < people.leaves[some, None])
        draw = rng.random(chance.shape, dtype=np.float32)
        who, day = np.nonzero((draw < np.minimum(chance, 0.97)) & there & history.alive[account])
        found.append((who + first, day))
    return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])


def _local_start(n: int, rng: np.random.Generator) -> np.ndarray:
    """Second of the person's own day at which the visit begins: mornings, or after lunch."""
    morning = rng.random(n) < 0.6
    hour = np.where(morning, rng.normal(9.6, 1.2, n), rng.normal(14.6, 1.9, n))
    return np.clip(hour, 5.5, 21.5) * 3600


def _work(
    company: Company,
    accounts: Population,
    people: People,
    use: np.ndarray,
    person: np.ndarray,
    day: np.ndarray,
    start: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Feature use within visits: how much by intensity, what by features taken up."""
    account = people.account[person]
    depth = 1.15 * np.clip(use[account, day], 0.05, 4) ** 0.3
    visit = np.repeat(np.arange(len(person)), rng.poisson(depth))
    taken_up = _uptake(company, accounts, rng)
    weight = np.array([f.weight for f in company.feature])
    weights = weight * (taken_up[account[visit]] <= day[visit, None])
    edges = weights.cumsum(axis=1)
    draw = rng.random(len(visit)) * edges[:, -1]
    kind = 1 + (draw[:, None] >= edges[:, :-1]).sum(axis=1)
    second = day[visit] * DAY + start[visit] + rng.exponential(1500, len(visit))
    return person[visit], kind, second, visit


def _uptake(company: Company, accounts: Population, rng: np.random.Generator) -> np.ndarray:
    """The day each account takes each feature up (accounts x features); better fit, sooner."""
    n = len(accounts)
    columns = []
    for feature in company.feature:
        wait = feature.uptake_days * rng.lognormal(0, 0.7, n) * np.exp(-0.4 * accounts.fit)
        never = rng.random(n) < feature.never * np.exp(-0.35 * accounts.fit)
        columns.append(np.where(never, STAYS, accounts.started + wait))
    columns[0] = columns[1] = np.full(n, -STAYS)  # projects and tasks come with the product
    return np.stack(columns, axis=1)


def _asides(
    company: Company,
    history: History,
    people: People,
    person: np.ndarray,
    day: np.ndarray,
    start: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rarer things done within visits, each with its own chance; most mean nothing."""
    account = people.account[person]
    lead = np.isin(people.role[person], (0, 1, 3))
    value, budget = history.value[account, day], history.budget[account, day]
    rival, leaving = history.rival[account, day], history.leaving[account, day] >= 0
    rates = (
        0.004 + 0.010 * lead * (value > 0),
        0.0010 + lead * (0.002 * rival + 0.020 * leaving),
        lead * (0.006 + 0.010 * np.minimum(budget, 3) + 0.015 * leaving),
        0.0015 + 0.0025 * (value < -0.5) + 0.0015 * (value > 1),
        lead * (0.004 + 0.006 * (value > 0.7)),
    )
    offset = 1 + len(company.feature)
    found = [np.flatnonzero(rng.random(len(person)) < rate) for rate in rates]
    visit = np.concatenate(found)
    kind = np.repeat(np.arange(len(rates)), [len(f) for f in found]) + offset
    second = day[visit] * DAY + start[visit] + rng.exponential(1500, len(visit))
    return person[visit], kind, second, visit

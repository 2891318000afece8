"""The accounts: who they are, when they came, and the traits of them that nobody sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.demo.company import Company


@dataclass
class Population:
    """Arrays with one value an account, ordered by arrival. ``started`` is the first day (may be
    negative: before the two years). ``fit``, ``temper``, ``price_care`` and ``busy`` are hidden."""

    name: np.ndarray
    domain: np.ndarray
    tier: np.ndarray
    channel: np.ndarray
    industry: np.ndarray
    country: np.ndarray
    employees: np.ndarray
    owner: np.ndarray
    started: np.ndarray
    annual: np.ndarray
    seats: np.ndarray
    fit: np.ndarray
    temper: np.ndarray
    price_care: np.ndarray
    busy: np.ndarray

    def __len__(self) -> int:
        return len(self.name)

    def ids(self) -> np.ndarray:
        """Account ids, ``lk-0001`` and on."""
        return np.array([f"lk-{i + 1:04d}" for i in range(len(self))])


def populate(
    company: Company, words: dict[str, dict[str, list[str]]], n: int, rng: np.random.Generator
) -> Population:
    """``n`` accounts that came at a growing pace."""
    tier = _tiers(company, n, rng)
    channel = rng.choice(len(company.channel), n, p=[c.share for c in company.channel])
    name, domain = _names(words["companies"], n, rng)
    seats = _seats(company, tier, rng)
    pull = np.array([c.fit for c in company.channel])[channel]
    return Population(
        name=name,
        domain=domain,
        tier=tier,
        channel=channel,
        industry=rng.choice(words["companies"]["industries"], n),
        country=rng.integers(len(words["countries"]["code"]), size=n),
        employees=_employees(company, tier, seats, rng),
        owner=_owners(company, tier, rng),
        started=_arrivals(company, n, rng),
        annual=rng.random(n) < company.per_tier("annual")[tier],
        seats=seats,
        fit=pull + company.per_tier("fit_spread")[tier] * rng.standard_normal(n),
        temper=0.6 * rng.standard_normal(n),
        price_care=rng.lognormal(0, 0.5, n),
        busy=rng.lognormal(0, 0.36, n),
    )


def _tiers(company: Company, n: int, rng: np.random.Generator) -> np.ndarray:
    """Every tier has its share of the accounts to the nearest one; only the order is drawn."""
    edges = np.rint(company.per_tier("share").cumsum() * n).astype(int)
    return rng.permutation(np.searchsorted(edges, np.arange(n), side="right"))


def _names(
    words: dict[str, list[str]], n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    first, second = words["first"], words["second"]
    pairs = rng.permutation(len(first) * len(second))
    picked = pairs[np.arange(n) % len(pairs)]
    again = np.arange(n) // len(pairs)  # more accounts than pairs of words: number the repeats
    suffix = ["" if k == 0 else f" {k + 1}" for k in again]
    name = [
        f"{first[p // len(second)]} {second[p % len(second)]}{s}"
        for p, s in zip(picked, suffix, strict=True)
    ]
    return np.array(name), np.array([x.lower().replace(" ", "") + ".example" for x in name])


def _seats(company: Company, tier: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    median, spread, fewest, most = np.array([t.seats for t in company.tier]).T
    drawn = median[tier] * np.exp(spread[tier] * rng.standard_normal(len(tier)))
    return np.clip(np.rint(drawn), fewest[tier], most[tier]).astype(int)


def _employees(
    company: Company, tier: np.ndarray, seats: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    mean = seats * company.per_tier("employees_per_seat")[tier]
    return np.maximum(seats, np.rint(mean * rng.lognormal(0, 0.5, len(tier)))).astype(int)


def _owners(company: Company, tier: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    owner = np.full(len(tier), "", dtype="U80")
    for index, kind in enumerate(company.tier):
        able = [c.email for c in company.team if kind.key in c.tiers]
        if able:
            owner[tier == index] = rng.choice(able, int((tier == index).sum()))
    return owner


def _arrivals(company: Company, n: int, rng: np.random.Generator) -> np.ndarray:
    existing = round(company.existing_share * n)
    before = -rng.integers(1, company.existing_days, existing)
    pace = (1 + company.monthly_growth) ** (np.arange(company.days - 1) / 30.4)
    after = rng.choice(company.days - 1, n - existing, p=pace / pace.sum())
    return np.sort(np.concatenate([before, after]))

"""What is given: the company's tiers, plans, features, team, rates, read from ``company.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

import numpy as np


@dataclass(frozen=True)
class Tier:
    """Customers of one size. ``seats`` is median, log-normal spread, fewest, most."""

    key: str
    share: float
    plan: str
    seats: tuple[float, float, int, int]
    annual: float
    employees_per_seat: float
    active_share: float
    leave_monthly: float
    fate_monthly: float
    card_failure: float
    tickets_monthly: float
    fit_spread: float
    weekend: float


@dataclass(frozen=True)
class Plan:
    """What is sold; ``price`` in minor units a seat and month; no limit where none is given."""

    plan_id: str
    name: str
    level: int
    price: int
    seat_limit: int | None = None
    usage_limit: int | None = None


@dataclass(frozen=True)
class Feature:
    """Something people do in the product, and how accounts take it up."""

    feature_id: str
    name: str
    event: str
    weight: float
    uptake_days: float
    never: float
    core: bool = False
    high_value: bool = False


@dataclass(frozen=True)
class Channel:
    """Where customers come from, and how well they fit on average."""

    key: str
    share: float
    fit: float


@dataclass(frozen=True)
class Colleague:
    """A member of Larkspur's team; ``tiers`` are the accounts they may own."""

    email: str
    name: str
    role: str
    tiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collecting:
    """How declined payments go on: days of the retries, chance of each by kind of decline code,
    share of each code, and how many days after the first failure the subscription ends."""

    retry_days: tuple[int, ...]
    soft_recovery: float
    hard_recovery: float
    end_after: int
    returns: float
    won_back: float
    codes: dict[str, float]


@dataclass(frozen=True)
class Company:
    """Everything that is chosen about the simulation."""

    name: str
    domain: str
    currency: str
    accounts: int
    seed: int
    days: int
    existing_share: float
    existing_days: int
    monthly_growth: float
    annual_discount: float
    price_rise_day: int
    price_rise: float
    tier: tuple[Tier, ...]
    plan: tuple[Plan, ...]
    feature: tuple[Feature, ...]
    channel: tuple[Channel, ...]
    team: tuple[Colleague, ...]
    hidden: dict[str, float]
    collect: Collecting
    plays: tuple[str, ...]  # switched on before the last scoring
    tried: tuple[str, ...]  # tried on the months before

    def per_tier(self, name: str) -> np.ndarray:
        """One number of every tier, to be indexed by an account's tier."""
        return np.array([getattr(t, name) for t in self.tier])

    def plan_index(self, plan_id: str) -> int:
        """Position of a plan on the ladder, from 0."""
        return [p.plan_id for p in self.plan].index(plan_id)


def load() -> Company:
    """Larkspur as packaged."""
    raw = tomllib.loads((files("tenure.demo") / "company.toml").read_text("utf-8"))
    kinds = {"tier": Tier, "plan": Plan, "feature": Feature, "channel": Channel, "team": Colleague}
    for name, kind in kinds.items():
        raw[name] = tuple(kind(**row) for row in raw[name])
    raw["plays"], raw["tried"] = tuple(raw["plays"]), tuple(raw["tried"])
    raw["collect"] = Collecting(**raw["collect"])
    return Company(**raw)


def words() -> dict[str, dict[str, list[str]]]:
    """Names, titles and sentences, from ``words.toml``."""
    return tomllib.loads((files("tenure.demo") / "words.toml").read_text("utf-8"))

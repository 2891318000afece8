"""Lifetime value: by formula, by survival, and what moves it.

* By formula: LTV = ARPA x lifespan - CAC with lifespan = 1 / monthly logo churn (S0, part 8). It
  assumes that everybody churns at the same constant rate.
* By survival: ARPA times the expected months within a horizon, the area under the Kaplan-Meier
  curve; the interval is the area under the curve's bounds. It assumes no rate, and counts nothing
  beyond the horizon or beyond what has been observed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.revenue.survival import SurvivalPoint, kaplan_meier, restricted_mean


class Cac(BaseModel):
    """Cost to win an account, in minor units per currency, overall and by channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: dict[str, int] = {}
    by_channel: dict[str, dict[str, int]] = {}

    def of(self, channel: str, currency: str) -> int:
        """The cost for a channel, or the default of the currency, or 0."""
        own = self.by_channel.get(channel, {})
        return own.get(currency, self.default.get(currency, 0))


class LtvPolicy(BaseModel):
    """Margin, horizon and acquisition cost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    gross_margin: float = Field(gt=0, le=1)
    horizon_months: int = Field(gt=0, le=240)
    lever_step: float = Field(gt=0, lt=1)
    no_churn_below: float = Field(0.01, ge=0, lt=1)
    cac: Cac


def parse_policy(source: str, text: str) -> LtvPolicy:
    """The policy declared by the TOML ``text`` of ``source``; SpecError if it is not sound."""
    return toml.parse(LtvPolicy, source, toml.read(source, text))


def default_policy() -> LtvPolicy:
    """The packaged figures."""
    text = resources.files(__package__).joinpath("ltv.toml").read_text()
    return parse_policy("ltv", text)


@dataclass(frozen=True)
class Economics:
    """What a customer brings a month, how fast customers leave, and what one costs to win."""

    arpa_minor: float
    monthly_churn: float
    cac_minor: float
    gross_margin: float = 1.0

    @property
    def lifespan_months(self) -> float | None:
        """Expected months as a customer under a constant rate; None when nobody churns."""
        return 1 / self.monthly_churn if self.monthly_churn > 0 else None

    @property
    def ltv_minor(self) -> float | None:
        """ARPA x margin x lifespan - CAC.

        >>> Economics(arpa_minor=10_000, monthly_churn=0.05, cac_minor=50_000).ltv_minor
        150000.0
        """
        if self.lifespan_months is None:
            return None
        return self.arpa_minor * self.gross_margin * self.lifespan_months - self.cac_minor

    @property
    def ltv_to_cac(self) -> float | None:
        """Value before CAC over CAC; None where either is not known."""
        if self.ltv_minor is None or self.cac_minor <= 0:
            return None
        return (self.ltv_minor + self.cac_minor) / self.cac_minor

    @property
    def payback_months(self) -> float | None:
        """Months of margin that pay for winning the customer."""
        monthly = self.arpa_minor * self.gross_margin
        return self.cac_minor / monthly if monthly > 0 else None


def levers(economics: Economics, step: float) -> dict[str, float | None]:
    """What LTV gains (minor units) when each lever gets better by ``step`` (0.1: ten per cent).

    The levers are those of the equation: more revenue per customer, a longer life (less churn), a
    lower cost to win.

    >>> levers(Economics(10_000, 0.05, 50_000), 0.1)["revenue"]
    20000.0
    """
    better = {
        "revenue": replace(economics, arpa_minor=economics.arpa_minor * (1 + step)),
        "lifespan": replace(economics, monthly_churn=economics.monthly_churn / (1 + step)),
        "cac": replace(economics, cac_minor=economics.cac_minor * (1 - step)),
    }
    base = economics.ltv_minor
    return {
        name: None if base is None or e.ltv_minor is None else round(e.ltv_minor - base, 6)
        for name, e in better.items()
    }


@dataclass(frozen=True)
class PredictiveLtv:
    """Expected value within ``horizon_months`` from survival, net of CAC, with its interval."""

    accounts: int
    lost: int
    observed_months: float
    horizon_months: float
    expected_months: float
    ltv_minor: float
    low_minor: float
    high_minor: float

    def to_dict(self) -> dict[str, float | int]:
        """All fields."""
        return asdict(self)


def predictive_ltv(
    months: Sequence[float], lost: Sequence[bool], economics: Economics, horizon: float
) -> PredictiveLtv | None:
    """LTV from observed lives (``months``, and whether each ended). None without any account.

    The horizon is cut to the longest life observed: nothing is extrapolated.
    """
    if not months:
        return None
    cut = min(horizon, max(months))
    points = kaplan_meier(months, lost)
    monthly = economics.arpa_minor * economics.gross_margin
    mean, low, high = (
        restricted_mean(_level(points, name), cut) for name in ("survival", "low", "high")
    )
    net = [monthly * area - economics.cac_minor for area in (mean, low, high)]
    return PredictiveLtv(len(months), sum(lost), max(months), cut, mean, net[0], net[1], net[2])


def _level(points: Sequence[SurvivalPoint], name: str) -> list[SurvivalPoint]:
    return [replace(p, survival=getattr(p, name)) for p in points]


def cac_of(policy: LtvPolicy, channels: Mapping[str, str], currency: str) -> float:
    """Mean cost to win the accounts of ``channels`` (account id to channel)."""
    if not channels:
        return float(policy.cac.of("", currency))
    costs = [policy.cac.of(channel, currency) for channel in channels.values()]
    return sum(costs) / len(costs)

"""The hidden process: what makes customers stay or leave. Pure formulas over arrays of accounts.

No health score, band or signal of Tenure's occurs here. Behaviour follows these states with noise
and delay (``usage.py``, ``support.py``), so a score that reads behaviour can find out about part of
the churn and never about all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.demo.company import Company
from tenure.demo.population import Population


@dataclass
class State:
    """What an account is in for today.

    ``value`` it gets, ``satisfaction``, pressure on its ``budget`` and pull of a ``rival`` (both 0
    when calm), whether it has a ``champion``, and ``base``: what value tends to.
    """

    value: np.ndarray
    satisfaction: np.ndarray
    budget: np.ndarray
    rival: np.ndarray
    champion: np.ndarray
    base: np.ndarray


def begin(company: Company, people: Population) -> State:
    """Everyone starts a little below what the product can be to them."""
    n = len(people)
    value = company.hidden["start_value"] + 0.55 * people.fit
    zero = np.zeros(n)
    return State(value, 0.5 * people.temper, zero, zero.copy(), np.ones(n, bool), people.fit.copy())


def drift(state: State, company: Company, people: Population, rng: np.random.Generator) -> None:
    """One day: value moves to its base, satisfaction to value and temper, pressures fade or begin.

    value += (base - value) / value_days + noise;
    satisfaction += (0.6 value + temper - satisfaction) / satisfaction_days + noise;
    budget and rival decay exponentially and jump by an Exp(1) at random days.
    """
    h = company.hidden
    n = len(people)
    state.value += (state.base - state.value) / h["value_days"]
    state.value += h["value_noise"] * rng.standard_normal(n)
    mood = 0.6 * state.value + people.temper
    state.satisfaction += (mood - state.satisfaction) / h["satisfaction_days"]
    state.satisfaction += h["satisfaction_noise"] * rng.standard_normal(n)
    state.budget = _pressure(state.budget, h["budget_days"], h["budget_every"], rng)
    state.rival = _pressure(state.rival, h["rival_days"], h["rival_every"], rng)


def _pressure(level: np.ndarray, days: float, every: float, rng: np.random.Generator) -> np.ndarray:
    jump = (rng.random(len(level)) < 1 / every) * rng.exponential(1.0, len(level))
    return level * np.exp(-1 / days) + jump


def incident(state: State, company: Company, rng: np.random.Generator) -> None:
    """The product fails some accounts badly for a day: trust goes first, value a little."""
    hit = rng.random(len(state.value)) < company.hidden["incident_share"]
    state.satisfaction -= hit * rng.uniform(0.3, 1.1, len(hit))
    state.value -= hit * rng.uniform(0.0, 0.4, len(hit))


def leaving_rate(
    state: State,
    company: Company,
    people: Population,
    to_renewal: np.ndarray,
    since_price_rise: int,
) -> np.ndarray:
    """Rate a day at which an account makes up its mind to leave.

    tier rate x exp(sum of coefficient x state), for annual customers spread over the term so that
    most decide before renewal. ``to_renewal``: days left of the term.
    """
    h = company.hidden
    recent = np.exp(-since_price_rise / 60) if since_price_rise >= 0 else 0.0
    push = (
        h["on_value"] * state.value
        + h["on_satisfaction"] * state.satisfaction
        + h["on_budget"] * state.budget * people.price_care
        + h["on_rival"] * state.rival
        + h["on_no_champion"] * ~state.champion
        + h["on_price_rise"] * recent * people.price_care
    )
    near = np.where(to_renewal <= h["renewal_window"], h["renewal_factor"], h["between_factor"])
    rate = company.per_tier("leave_monthly")[people.tier] / 30.4
    return rate * np.exp(push) * np.where(people.annual, near, 1.0)


def main_cause(state: State, company: Company, people: Population) -> np.ndarray:
    """Which push was strongest when they decided: index into ``CAUSES``."""
    h = company.hidden
    pushes = np.stack(
        [
            h["on_value"] * (state.value - 0.3),
            h["on_satisfaction"] * state.satisfaction,
            h["on_budget"] * state.budget * people.price_care,
            h["on_rival"] * state.rival,
            h["on_no_champion"] * ~state.champion,
        ]
    )
    return pushes.argmax(axis=0)


CAUSES = ("little value", "dissatisfied", "budget", "competitor", "champion gone")
FATE = "acquired, closed or project ended"
UNPAID = "payment failed"

"""What the beginnings of accounts tell: milestones, activation, first value, the flow.

Everything is of accounts for which it is decided: they began long enough ago for the window and the
days of retention to be over. Whether those who reached a milestone stay more is a comparison at its
target time (a *landmark*: who reached it by then against who had not), so that nobody counts as
having reached it because he stayed. It is an association: the keen ones reach it, too.

Sources: Anderson, Cain and Gelber, J. Clin. Oncol. 1, 1983 (landmarks); Newcombe, Statistics in
Medicine 17, 1998, method 10 (interval of a difference of shares).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tenure.analytics.moments import DAY_US
from tenure.analytics.onboarding.policy import Doing, Milestone, OnboardingPolicy, Span
from tenure.analytics.validation.intervals import NOTHING, Estimate, wilson

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
HOUR_US = DAY_US / 24


@dataclass(frozen=True)
class Beginnings:
    """Accounts in a row each: moments (microseconds; NaN: never) by key of what they did."""

    account: Sequence[str]
    begun: Floats
    at: dict[str, Floats]
    day_one: Bools
    kept: Bools
    actions: Floats

    @classmethod
    def of(cls, table: pa.Table, policy: OnboardingPolicy) -> Beginnings:
        """From the rows of ``beginnings.statement``."""
        keys = [d.key for d in policy.doings()]
        return cls(
            table["account_id"].to_pylist(),
            _floats(table["begun"]),
            {key: _floats(table[f"at_{i}"]) for i, key in enumerate(keys)},
            np.asarray(table["day_one"].to_numpy(), dtype=bool),
            np.asarray(table["kept"].to_numpy(), dtype=bool),
            _floats(table["actions"]),
        )

    def __len__(self) -> int:
        return len(self.account)

    def take(self, rows: Bools) -> Beginnings:
        """The rows where ``rows`` holds."""
        return Beginnings(
            [a for a, kept in zip(self.account, rows, strict=True) if kept],
            self.begun[rows],
            {key: at[rows] for key, at in self.at.items()},
            self.day_one[rows],
            self.kept[rows],
            self.actions[rows],
        )

    def seen(self, key: str) -> bool:
        """Whether anybody did it."""
        return bool((~np.isnan(self.at[key])).any())

    def within(self, key: str, micros: float) -> Bools:
        """Who did it within ``micros`` of the beginning."""
        return np.asarray(self.at[key] - self.begun <= micros)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


@dataclass(frozen=True)
class Reached:
    """One milestone: shares that reached it in the window and in time, hours to it of those who did
    (half and nine tenths of them), retention of those who reached it in time and of those who had
    not, and the difference with its 95 % interval; ``expected_lift`` is what policy says of it.
    ``seen``: anybody ever did it."""

    key: str
    title: str
    within_hours: float | None
    expected_lift: float | None
    seen: bool
    reached: dict[str, Any]
    in_time: dict[str, Any]
    median_hours: float | None
    p90_hours: float | None
    kept_if: dict[str, Any]
    kept_if_not: dict[str, Any]
    lift: dict[str, Any]


@dataclass(frozen=True)
class Share:
    """A share with its interval and target; ``standing``: on (the interval lies at or above the
    target), off (below it), near (it holds it), few (too few accounts to judge), unseen (nobody
    ever did part of it: no fact may show it)."""

    of: int
    share: dict[str, Any]
    target: float
    standing: str


@dataclass(frozen=True)
class Step:
    """One step: how many got to it (having done all before it), the share lost at it, and what is
    to be done about it: ``remove``, ``defer`` or nothing. ``later``: share of those with first
    value who did it later or never."""

    key: str
    title: str
    accounts: int
    lost: float | None
    later: float | None
    lift: dict[str, Any]
    advice: str


@dataclass(frozen=True)
class Onboarding:
    """The whole; see the module and docs/rules/onboarding.md."""

    accounts: int
    milestones: list[Reached]
    activation: Share
    setup: Share
    day_one: Share
    value: Reached
    value_target_hours: float
    value_standing: str
    kept: dict[str, Any]
    steps: list[Step]
    completion: float | None
    flow_too_long: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def measure(
    found: Beginnings, policy: OnboardingPolicy, value_within: Span | None = None
) -> Onboarding:
    """Everything of ``found``, whose accounts all began long enough ago; ``value_within`` is the
    time to first value aimed at (by default the general one)."""
    listed = {m.key: _reached(found, m, policy) for m in policy.milestones}
    value, aim = listed[policy.first_value], value_within or policy.value_time.within
    steps, completion = _flow(found, policy)
    flow = policy.flow
    return Onboarding(
        len(found),
        list(listed.values()),
        _group(
            found,
            policy.activation.milestones,
            policy.activation.within,
            policy.activation.target,
            policy,
        ),
        _group(found, policy.setup.milestones, policy.setup.within, policy.setup.target, policy),
        _share(found.day_one, policy.day_one.target, policy.least_accounts),
        value,
        aim.micros / HOUR_US,
        _value_standing(found, policy, aim),
        wilson(int(found.kept.sum()), len(found)).to_dict(),
        steps,
        completion,
        completion is not None
        and len(found) >= policy.least_accounts
        and len(steps) > flow.most_steps
        and completion < flow.least_completion,
    )


def _reached(found: Beginnings, milestone: Milestone, policy: OnboardingPolicy) -> Reached:
    window = policy.window_days * DAY_US
    target = milestone.within.micros if milestone.within else None
    there = found.within(milestone.key, window)
    soon = found.within(milestone.key, target if target is not None else window)
    hours = (found.at[milestone.key] - found.begun)[there] / HOUR_US
    yes, no, lift = _lift(found, soon, policy.least_side)
    middle, late = np.quantile(hours, (0.5, 0.9)) if len(hours) else (None, None)
    return Reached(
        milestone.key,
        milestone.title,
        None if target is None else round(target / HOUR_US, 4),
        milestone.expected_lift,
        bool(there.any()),
        wilson(int(there.sum()), len(found)).to_dict(),
        wilson(int(soon.sum()), len(found)).to_dict(),
        _rounded(middle),
        _rounded(late),
        yes.to_dict(),
        no.to_dict(),
        lift.to_dict(),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _lift(found: Beginnings, rows: Bools, least: int) -> tuple[Estimate, Estimate, Estimate]:
    """Retention of ``rows``, of the others, and the difference where both sides have enough."""
    yes = wilson(int(found.kept[rows].sum()), int(rows.sum()))
    no = wilson(int(found.kept[~rows].sum()), int((~rows).sum()))
    enough = min(int(rows.sum()), int((~rows).sum())) >= least
    return yes, no, difference(yes, no) if enough else NOTHING


def difference(a: Estimate, b: Estimate) -> Estimate:
    """``a`` less ``b``, two shares with Wilson's intervals, with Newcombe's (method 10).

    Newcombe (1998, table II) gives 56 of 70 less 48 of 80 as 0.2, 0.0524 to 0.3339:

    >>> difference(wilson(56, 70), wilson(48, 80)).to_dict()
    {'value': 0.2, 'low': 0.0524, 'high': 0.3339}
    """
    if a.value is None or b.value is None:
        return NOTHING
    a_low, a_high, b_low, b_high = (float(x or 0) for x in (a.low, a.high, b.low, b.high))
    value = a.value - b.value
    down = ((a.value - a_low) ** 2 + (b_high - b.value) ** 2) ** 0.5
    up = ((a_high - a.value) ** 2 + (b.value - b_low) ** 2) ** 0.5
    return Estimate(value, value - down, value + up)


def _group(
    found: Beginnings,
    keys: Sequence[str],
    within: Span | None,
    target: float,
    policy: OnboardingPolicy,
) -> Share:
    limit = within.micros if within else policy.window_days * DAY_US
    rows = np.logical_and.reduce([found.within(key, limit) for key in keys])
    told = _share(rows, target, policy.least_accounts)
    seen = not len(found) or all(found.seen(key) for key in keys)
    return told if seen else replace(told, standing="unseen")


def _share(rows: Bools, target: float, least: int) -> Share:
    told = wilson(int(rows.sum()), len(rows))
    return Share(len(rows), told.to_dict(), target, _standing(told, target, len(rows) >= least))


def _standing(told: Estimate, target: float, enough: bool) -> str:
    if not enough or told.low is None or told.high is None:
        return "few"
    if told.low >= target:
        return "on"
    return "off" if told.high < target else "near"


def _value_standing(found: Beginnings, policy: OnboardingPolicy, aim: Span) -> str:
    """Whether half of all got to first value in the time aimed at; who never did is among them."""
    if not found.within(policy.first_value, policy.window_days * DAY_US).any():
        return "unseen"
    soon = found.within(policy.first_value, aim.micros)
    told = wilson(int(soon.sum()), len(found))
    return _standing(told, 0.5, len(found) >= policy.least_accounts)


def _flow(found: Beginnings, policy: OnboardingPolicy) -> tuple[list[Step], float | None]:
    window = policy.window_days * DAY_US
    valued = found.within(policy.first_value, window)
    so_far, steps = np.ones(len(found), dtype=bool), []
    for step in _steps(found, policy):
        here = so_far & found.within(step.key, window)
        lost = 1 - here.sum() / so_far.sum() if so_far.any() else None
        among = found.take(so_far)
        lift = _lift(among, here[so_far], policy.least_side)[2]
        later = _later(found, step, policy.first_value, valued)
        steps.append(
            Step(
                step.key,
                step.title,
                int(here.sum()),
                _rounded(lost),
                _rounded(later),
                lift.to_dict(),
                _advice(step, lost, later, lift, valued, policy),
            )
        )
        so_far = here
    begun = len(found)
    return steps, round(float(so_far.sum() / begun), 4) if begun else None


def _steps(found: Beginnings, policy: OnboardingPolicy) -> Sequence[Doing]:
    """The declared steps; without any, the milestones that facts show."""
    return policy.flow.steps or [m for m in policy.milestones if found.seen(m.key)]


def _later(found: Beginnings, step: Doing, value: str, valued: Bools) -> float | None:
    """Share of those with first value who did this after it, or never."""
    if step.key == value or not valued.any():
        return None
    before = found.at[step.key] <= found.at[value]
    return float((~before[valued]).mean())


def _advice(
    step: Doing,
    lost: float | None,
    later: float | None,
    lift: Estimate,
    valued: Bools,
    policy: OnboardingPolicy,
) -> str:
    flow = policy.flow
    if step.created or step.key == policy.first_value or len(valued) < policy.least_accounts:
        return ""
    helps = lift.low is not None and lift.low > 0
    if later is not None and later >= flow.defer_share and valued.sum() >= policy.least_side:
        return "defer"
    if lost is not None and lost >= flow.drop_off and not helps and lift.low is not None:
        return "remove"
    return ""

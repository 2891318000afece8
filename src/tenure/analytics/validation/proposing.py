"""Proposed weights for a health model, learned from churn and tested on later churn.

The model stays what it is: a weighted mean of curve scores. Only its weights are learned, by a
logistic regression of churn on badness (100 less the curve's score) whose weights cannot be
negative (worse never becomes better) and are paid for (an L1 penalty, so that few remain). The
penalty is chosen within the earlier dates; what comes out is judged on the later ones, with so many
days between the two that no outcome of the first reaches into the second.

Sources: Tibshirani, JRSS B 58, 1996 (the lasso); Byrd, Lu, Nocedal and Zhu, SIAM J. Sci. Comput.
16, 1995 (L-BFGS-B, by scipy).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tenure.analytics.errors import SpecError
from tenure.analytics.health.curves import Curve
from tenure.analytics.validation.outcomes import DAY
from tenure.analytics.validation.policy import ProposalPolicy
from tenure.analytics.validation.roc import auc

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
WHOLE = 100


@dataclass(frozen=True)
class Parted:
    """Rows of the earlier dates (``train``), of the later ones (``test``), and the first moment of
    the latter (microseconds)."""

    train: Bools
    test: Bools
    split: int


def part(as_of: Ints, days: int, share: float, source: str = "proposal") -> Parted:
    """Rows parted in time so that outcomes of the earlier (``days`` long) end before the later.

    SpecError where there are too few dates for both.
    """
    dates = np.unique(as_of)
    if len(dates) >= 2:
        split = int(dates[min(int(np.ceil(len(dates) * share)), len(dates) - 1)])
        train, test = as_of + days * DAY <= split, as_of >= split
        if train.any() and test.any():
            return Parted(train, test, split)
    raise SpecError(
        source,
        "period",
        f"holds {len(dates)} dates: too few to learn on some and test on others",
        "import more history, or take a longer period",
    )


def horizon(
    as_of: Ints, end: int, wanted: int, others: Iterable[int], policy: ProposalPolicy
) -> int:
    """Days ahead to learn for: ``wanted``, or the longest of the ``others`` below it for which the
    dates suffice: those whose outcome is decided by ``end`` (microseconds) part into some that
    teach, some that choose the penalty and some that test.

    SpecError, which says how long the dates must reach, where they suffice for none.
    """
    listed = sorted({wanted, *(days for days in others if days < wanted)}, reverse=True)
    for days in listed:
        known = as_of[as_of + days * DAY <= end]
        try:
            train = known[part(known, days, policy.train_share).train]
            part(train, days, policy.inner_share)
        except SpecError:
            continue
        return days
    raise SpecError(
        "proposal",
        "period",
        f"holds {len(np.unique(as_of))} dates: too few to learn on some, choose on others and test "
        f"on yet others, even for churn within {listed[-1]} days",
        f"import more history, or take a period well over {3 * listed[-1]} days",
    )


@dataclass(frozen=True)
class Fitted:
    """Weights by column, none negative; ``middle`` fills in what is missing."""

    weights: Floats
    intercept: float
    middle: Floats
    penalty: float

    def badness(self, scores: Floats) -> Floats:
        """What the fit says of rows of curve scores: higher is worse."""
        return np.asarray(_badness(scores, self.middle) @ self.weights)


def fit(scores: Floats, churned: Bools, penalty: float) -> Fitted:
    """The least penalised logistic loss over non-negative weights.

    ``scores``: rows by columns of curve scores 0 to 100, NaN where missing.
    """
    from scipy.optimize import minimize  # half a second: not for every command that starts
    from scipy.special import expit

    middle = _middle(scores)
    x, y = _badness(scores, middle), churned.astype(np.float64)
    rows, columns = x.shape

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, intercept = parameters[:-1], parameters[-1]
        line = x @ weights + intercept
        value = float(np.logaddexp(0, line).sum() - y @ line) / rows + penalty * weights.sum()
        off = (expit(line) - y) / rows
        return value, np.append(x.T @ off + penalty, off.sum())

    rate = float(np.clip(y.mean(), 1e-6, 1 - 1e-6))
    begin = np.append(np.zeros(columns), np.log(rate / (1 - rate)))
    bounds = [*((0.0, None) for _ in range(columns)), (None, None)]
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds)
    return Fitted(np.asarray(found.x[:-1]), float(found.x[-1]), middle, penalty)


def _middle(scores: Floats) -> Floats:
    known = ~np.isnan(scores)
    total = np.where(known, scores, 0).sum(axis=0)
    return np.asarray(np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), 50.0))


def _badness(scores: Floats, middle: Floats) -> Floats:
    return np.asarray(1 - np.where(np.isnan(scores), middle, scores) / 100)


def learn(scores: Floats, churned: Bools, as_of: Ints, days: int, policy: ProposalPolicy) -> Fitted:
    """Weights with the penalty that later dates speak for: of those whose area is within
    ``give_up`` of the best, the one that leaves the fewest signals (at most ``most_signals``).

    SpecError where no weight is left: then nothing tells of churn.
    """
    inner = part(as_of, days, policy.inner_share)
    tried = []
    for penalty in policy.penalties:
        found = fit(scores[inner.train], churned[inner.train], penalty)
        area = auc(found.badness(scores[inner.test]), churned[inner.test])
        tried.append((penalty, area or 0.0, len(shares(found.weights, policy.least_share))))
    few = [t for t in tried if 0 < t[2] <= policy.most_signals]
    if not few:
        raise SpecError(
            "proposal",
            "signals",
            "none of them tells of the churn in these dates",
            "add signals that could (see `tenure signals`), or wait for more churn",
        )
    best = max(area for _, area, _ in few)
    near = [t for t in few if t[1] >= best - policy.give_up]
    penalty = min(near, key=lambda t: (t[2], -t[1]))[0]
    return fit(scores, churned, penalty)


def shares(weights: Floats, least: float) -> dict[int, int]:
    """Whole per cent by column, of those that have at least the share ``least``; they add up to
    100.

    >>> shares(np.array([2.0, 0.01, 1.0]), 0.03)
    {0: 67, 2: 33}
    """
    total = float(weights.sum())
    kept = {i: float(w) for i, w in enumerate(weights) if total and w >= least * total}
    rest = sum(kept.values())
    return whole({i: WHOLE * w / rest for i, w in kept.items()}) if rest else {}


def whole(parts: Mapping[int, float]) -> dict[int, int]:
    """Whole numbers that add up to the rounded sum of ``parts`` (largest remainders first)."""
    down = {key: int(np.floor(value + 1e-9)) for key, value in parts.items()}
    missing = round(sum(parts.values())) - sum(down.values())
    order = sorted(parts, key=lambda key: (down[key] - parts[key], key))
    for key in order[:missing]:
        down[key] += 1
    return down


def curve_of(values: Floats, worse: int, digits: int = 4) -> Curve | None:
    """A curve for a signal that has none: from 0 to 100 (or back, where more is worse) over the
    deciles of its ``values``; None where they hardly differ.

    The deciles themselves give the points, so that a long tail does not flatten the rest.
    """
    known = values[~np.isnan(values)]
    if len(known) < 2 or worse == 0:
        return None
    cuts = np.round(np.quantile(known, np.linspace(0.1, 0.9, 9)), digits)
    points: list[tuple[float, float]] = []
    for value in np.unique(cuts):
        rank = float(np.mean([i for i, c in enumerate(cuts) if c == value])) / (len(cuts) - 1)
        points.append((float(value), round(100 * (1 - rank if worse > 0 else rank), 1)))
    if len(points) < 2:
        return None
    assert all(a[0] < b[0] for a, b in pairwise(points))
    return Curve(points=tuple(points))


def by_dimension(
    wholes: Mapping[int, int], dimensions: Sequence[str]
) -> dict[str, tuple[int, dict[int, int]]]:
    """For each dimension its weight, and the weights of its columns, each adding up to 100."""
    found: dict[str, dict[int, int]] = {}
    for column, weight in wholes.items():
        found.setdefault(dimensions[column], {})[column] = weight
    told = {}
    for name, members in found.items():
        total = sum(members.values())
        inner = whole({c: WHOLE * w / total for c, w in members.items()})
        told[name] = (total, {c: n for c, n in inner.items() if n > 0})
    return told

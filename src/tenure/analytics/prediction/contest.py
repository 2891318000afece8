"""Which way of learning foretells best, found out by time alone.

Each block of dates is foretold by every way, taught with what was decided before the block. Which
way is *chosen* for a block is settled by the blocks before it; what is reported of the learned
model is of these choices, so that choosing is judged, too. The way that is kept is the best of all
blocks. The usual way is left for another only where that did better by more than some standard
errors of the difference: where few churned, the best of several is often the luckiest.

Beside them run opponents that see one signal alone (the plan, when an account was last seen, how
long it has been a customer): who is not better than they are knows the contract, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import booster, scorecard
from tenure.analytics.prediction.judging import Seen
from tenure.analytics.prediction.panel import Bools, Floats, Ints, Matrix, Panel, blocks
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.prediction.predictors import Blend, Boosted, Predictor, mixed
from tenure.analytics.validation.intervals import Z95
from tenure.analytics.validation.roc import auc, auc_difference, midranks

BOOSTING, FEW, SCORECARD, BLEND, SHORTER = "boosting", "few", "scorecard", "blend", "shorter"
WARM_UP = -1


@dataclass(frozen=True)
class Contest:
    """What every way said of rows it had not seen (``chances``, and ``alone`` of the opponents),
    ``block`` by block (-1: dates that only helped to choose); ``row`` is the place in the panel."""

    row: Ints
    block: Ints
    chances: Mapping[str, Floats]
    alone: Mapping[str, Floats]
    way: str
    by_block: Sequence[str]

    def seen(self, panel: Panel, days: int, policy: PredictionPolicy) -> Seen:
        """The chosen chances of the blocks that are reported, with what came."""
        tested = self.block != WARM_UP
        chance = np.full(len(self.row), np.nan)
        for number, way in enumerate(self.by_block):
            rows = self.block == number
            chance[rows] = self.chances[way][rows]
        at = self.row[tested]
        days_to = panel.churn_days[at]
        return Seen(
            chance[tested],
            days_to < days,
            days_to < policy.lead_days,
            panel.account[at],
            panel.as_of[at],
            self.block[tested],
            panel.rules[at],
        )

    def of_way(self, name: str) -> Floats:
        """What one way (or opponent) said of the rows that are reported."""
        return {**self.chances, **self.alone}[name][self.block != WARM_UP]


@dataclass(frozen=True)
class _Told:
    """One block of a contest."""

    row: Ints
    block: Ints
    chances: dict[str, Floats]
    alone: dict[str, Floats]


def hold(
    panel: Panel,
    days: int,
    policy: PredictionPolicy,
    rng: np.random.Generator,
    opponents: Mapping[str, int] | None = None,
) -> Contest:
    """The contest on churn within ``days``; ``opponents`` are columns by name. SpecError where no
    block has enough churn before it."""
    asked: list[_Told] = []
    number = 0
    for first, last, warms in _blocks(panel, days, policy):
        before = panel.take(panel.decided(days, first))
        if before.churned_accounts(days) < policy.block_min_churned:
            continue
        at = np.flatnonzero((panel.as_of >= first) & (panel.as_of <= last) & panel.decided(days))
        rows = panel.rows[at]
        ways = learn(panel, days, first, policy, rng)
        alone = {n: _alone(before, i, days, policy, rng) for n, i in (opponents or {}).items()}
        told = _told(ways, rows)
        apart = {name: predictor.predict(rows) for name, predictor in alone.items()}
        asked.append(_Told(at, np.full(len(at), WARM_UP if warms else number), told, apart))
        number += not warms
    if not number:
        raise SpecError(
            "learned model",
            "dates",
            "no block of dates has enough churn before it to learn from",
            "stay with the rules until there is more history",
        )
    row, block = (np.concatenate([getattr(t, n) for t in asked]) for n in ("row", "block"))
    chances = {n: np.concatenate([t.chances[n] for t in asked]) for n in asked[0].chances}
    told_alone = {n: np.concatenate([t.alone[n] for t in asked]) for n in asked[0].alone}

    def best(rows: Bools) -> str:
        return _best(chances, panel, row, rows, days, policy)

    by_block = [best(block < n) for n in range(number)]
    return Contest(row, block, chances, told_alone, best(block >= WARM_UP), by_block)


def _told(ways: Mapping[str, Predictor], rows: Matrix) -> dict[str, Floats]:
    """What every way says of ``rows``; parts of a blend are asked once."""
    found = {name: p.predict(rows) for name, p in ways.items() if not isinstance(p, Blend)}
    parts = {id(ways[name]): told for name, told in found.items()}
    for name, way in ways.items():
        if isinstance(way, Blend):
            known = [parts.get(id(p)) for p in way.parts]
            found[name] = mixed(
                [p.predict(rows) if k is None else k for p, k in zip(way.parts, known, strict=True)]
            )
    return {name: found[name] for name in ways}


def _blocks(panel: Panel, days: int, policy: PredictionPolicy) -> list[tuple[int, int, bool]]:
    """First and last moment of each block, and whether it only helps to choose: as many dates
    before the first block as that has, unless the blocks hold churn enough to choose by."""
    tested = blocks(panel, days, policy)
    if not tested:
        return []
    dates = np.unique(panel.as_of[panel.decided(days)])
    later = panel.take((panel.as_of >= tested[0][0]) & panel.decided(days))
    if later.churned_accounts(days) >= policy.choice.sure_churned:
        return [(first, last, False) for first, last in tested]
    begin = int(np.searchsorted(dates, tested[0][0]))
    size = int(np.searchsorted(dates, tested[0][1], side="right")) - begin
    warms = dates[max(begin - size, 1) : begin]
    listed = [(int(warms[0]), int(warms[-1]), True)] if len(warms) else []
    return listed + [(first, last, False) for first, last in tested]


def _best(
    chances: Mapping[str, Floats],
    panel: Panel,
    row: Ints,
    rows: Bools,
    days: int,
    policy: PredictionPolicy,
) -> str:
    at = row[rows]
    churned, dates = panel.churn_days[at] < days, panel.as_of[at]
    usual, account = policy.choice.usual, panel.account[at]
    if len(np.unique(account[churned])) < policy.choice.min_churned:
        return usual
    areas = {name: auc(told[rows], churned, dates) or 0.0 for name, told in chances.items()}
    name = max(areas, key=lambda n: areas[n])
    found = auc_difference(chances[usual][rows], chances[name][rows], churned, account, dates)
    if found.value is None or found.high is None:
        return usual
    error = (found.high - found.value) / Z95
    return name if found.value > policy.choice.errors * error else usual


def learn(
    panel: Panel, days: int, by: int, policy: PredictionPolicy, rng: np.random.Generator
) -> dict[str, Predictor]:
    """Every way, taught with what is decided ``by`` a moment (microseconds).

    Where the history has few dates, the blend for the shortest horizon is a way for longer ones:
    of its churn more dates are decided.
    """
    found = _ways(panel.take(panel.decided(days, by)), days, policy, rng)
    dates = len(np.unique(panel.as_of[panel.decided(days)]))
    short = min(policy.horizons)
    if short < days and dates < policy.choice.short_dates:
        before = panel.take(panel.decided(short, by))
        if before.churned_accounts(short) >= policy.block_min_churned:
            found[SHORTER] = _ways(before, short, policy, rng)[BLEND]
        else:
            found[SHORTER] = found[BLEND]
    return found


def _ways(
    before: Panel, days: int, policy: PredictionPolicy, rng: np.random.Generator
) -> dict[str, Predictor]:
    boosted = Boosted(fit_boosting(before, days, policy, rng))
    columns = few(before, boosted.importance(len(before.features)), policy, rng)
    thin = Boosted(fit_boosting(before.only(columns), days, policy, rng), tuple(columns))
    card = scorecard.fit(before, days, policy.scorecard, rng)
    return {
        BOOSTING: boosted,
        FEW: thin,
        SCORECARD: card,
        BLEND: Blend((boosted, thin, card)),
    }


def few(
    panel: Panel, shares: Floats, policy: PredictionPolicy, rng: np.random.Generator
) -> list[int]:
    """The columns that took most of the gain, without those that say the same as one of them."""
    at = rng.permutation(len(panel))[: policy.choice.alike_rows]
    ranked: list[Floats] = []
    kept: list[int] = []
    for index in np.argsort(-shares, kind="stable").tolist():
        if len(kept) >= policy.choice.few or shares[index] <= 0:
            break
        column = panel.rows[at, index].astype(np.float64)
        ranks = midranks(np.nan_to_num(column, nan=float(np.nanmin(column, initial=0)) - 1))
        ranks = ranks - ranks.mean()
        ranks = ranks / max(float(np.sqrt(ranks @ ranks)), 1e-12)
        if all(abs(float(ranks @ other)) <= policy.choice.alike for other in ranked):
            kept.append(index)
            ranked.append(ranks)
    return kept or [0]


def _alone(
    before: Panel, column: int, days: int, policy: PredictionPolicy, rng: np.random.Generator
) -> Boosted:
    return Boosted(fit_boosting(before.only([column]), days, policy, rng), (column,))


def fit_boosting(
    panel: Panel, days: int, policy: PredictionPolicy, rng: np.random.Generator
) -> str:
    """A booster of churn within ``days``, all of it.

    Rows whose churn comes within the lead days stay in: to leave them out by their outcome while
    those who stayed remain would teach that a renewal in a few days is a safe place to be.
    """
    kept = panel.decided(days)
    kept, weights = drawn(panel, kept, days, policy.most_rows, rng)
    return booster.fit(
        panel.rows[kept],
        panel.churn_days[kept] < days,
        policy.boosting,
        directions=[f.direction for f in panel.features],
        categorical=[i for i, f in enumerate(panel.features) if f.categories],
        weights=weights,
    )


def drawn(
    panel: Panel, kept: Bools, days: int, most: int, rng: np.random.Generator
) -> tuple[Bools, Floats | None]:
    """At most about ``most`` rows: all that were followed by churn; the others of accounts that
    were drawn, and weigh more."""
    total = int(kept.sum())
    if total <= most:
        return kept, None
    left = kept & (panel.churn_days < days)
    share = max((most - int(left.sum())) / (total - int(left.sum())), 0.01)
    chosen = (rng.random(int(panel.account.max()) + 1) < share)[panel.account]
    kept = left | (kept & chosen)
    return kept, np.where(left[kept], 1.0, 1 / share)

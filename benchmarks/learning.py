"""Learning and its test on later dates against plain LightGBM on the same features. Wanted: 2.

Run: python benchmarks/learning.py [--scale 0.1] [--json]

100,000 accounts on 24 monthly dates, 40 signals, 2 % churn within 60 days. Plain LightGBM does what
is needed and no more: the same parameters, the same three test blocks and the final model for one
horizon, on all rows. Ours does that for one horizon too, and besides looks for leaks, tries four
ways of learning on one block more and chooses, draws rows beyond its limit, calibrates, and holds
the result against the rules with intervals.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from tenure.analytics.prediction import booster, contest, judging, training
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.panel import Panel, blocks
from tenure.analytics.prediction.policy import PredictionPolicy, default_prediction
from tenure.analytics.validation.outcomes import DAY

ACCOUNTS, DATES, SIGNALS, DAYS = 100_000, 24, 40, 60


def panel(accounts: int) -> Panel:
    """Signals that hang together, a handful of which raise the chance of churn."""
    rng = np.random.default_rng(1)
    account = np.repeat(np.arange(accounts), DATES)
    as_of = np.tile(np.arange(DATES, dtype=np.int64) * 30 * DAY, accounts)
    rows = rng.normal(size=(len(account), SIGNALS)).astype(np.float32)
    rows[:, 5:20] += rows[:, :1]
    rows[rng.random(rows.shape) < 0.1] = np.nan
    risk = -4.6 + np.nan_to_num(rows[:, 0]) + 0.7 * np.nan_to_num(rows[:, 1])
    gone = rng.random(len(account)) < 1 / (1 + np.exp(-risk))
    days = np.where(gone, rng.uniform(8, 60, len(account)), np.inf)
    features = [Feature(f"s{n}", direction=1 if n < 2 else 0) for n in range(SIGNALS)]
    rules = np.nan_to_num(rows[:, 2] + rows[:, 0]).astype(float)
    return Panel(features, rows, account, as_of, days, rules, int(as_of.max()) + 90 * DAY)


def plain(found: Panel, policy: PredictionPolicy) -> None:
    """The same models by LightGBM alone."""
    directions = [f.direction for f in found.features]
    churned = found.churn_days < DAYS
    for first, last in blocks(found, DAYS, policy):
        train = found.decided(DAYS, first)
        test = (found.as_of >= first) & (found.as_of <= last)
        text = booster.fit(found.rows[train], churned[train], policy.boosting,
                           directions=directions)  # fmt: skip
        booster.predict(text, found.rows[test])
    booster.fit(found.rows, churned, policy.boosting, directions=directions)


def ours(found: Panel, policy: PredictionPolicy) -> None:
    """One horizon, with everything around it."""
    rng = np.random.default_rng(2)
    sound, _, _ = training.sound(found, policy)
    held = contest.hold(sound, DAYS, policy, rng)
    seen = held.seen(sound, DAYS, policy)
    judging.curve_of(held.of_way(held.way), seen.churned, policy)
    judging.judged(seen, DAYS, policy, rng)
    contest.learn(sound, DAYS, sound.end, policy, rng)


def main() -> None:
    """Time both in one run, the reference first and last, and give the ratio to its mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    policy = default_prediction()
    found = panel(max(int(ACCOUNTS * given.scale), 2000))
    seconds = []
    for act in (plain, ours, plain):
        began = time.perf_counter()
        act(found, policy)
        seconds.append(time.perf_counter() - began)
    reference = (seconds[0] + seconds[2]) / 2
    figures = {
        "rows": len(found),
        "plain LightGBM, seconds": round(reference, 1),
        "Tenure, seconds": round(seconds[1], 1),
        "ratio (wanted 2)": round(seconds[1] / reference, 2),
    }
    print(json.dumps(figures) if given.json else "learning: " + ", ".join(
        f"{name} {value:,}" for name, value in figures.items()))  # fmt: skip


if __name__ == "__main__":
    main()

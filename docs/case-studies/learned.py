"""Rules, tuned rules, the learned model, plain boosting and fight-churn's recipe, on one ground.

    python docs/case-studies/learned.py [SET ...] --data ../shared/data

Each set is taken in by the commands a user has (as run.py does), or simulated. The earlier period
of its case study teaches, the later one tests (where it has but one: the first 60 % of the days).
No outcome that taught reaches out of its period. Everything is as packaged. The ways among which
the learned model chooses were settled with Udacity and the Open University in view; the other sets
were looked at afterwards. Writes learned.numbers.json and the table of learned.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from run import HERE, apply_policy, prepare, tenure

SETS = ("udacity", "oulad", "crm6", "socialnet7", "simulated")
SIDES = ("rules", "tuned", "learned", "boosting", "recipe")
PAIRS = (("recipe", "learned"), ("rules", "learned"), ("tuned", "learned"), ("boosting", "learned"),
         ("recipe", "tuned"))  # fmt: skip
"""Whose difference is told: the second less the first."""
SEED = 20_260_101
ACCOUNTS, COMPANY = 3000, 11
"""Size and seed of the simulated company: not the demo's, which was looked at."""


def fill(name: str, data: Path, work: Path) -> str:
    """A workspace with the set in it; gives its title."""
    if name == "simulated":
        tenure("demo", "--home", os.environ["TENURE_HOME"], "--no-serve",
               "--accounts", str(ACCOUNTS), "--seed", str(COMPANY))  # fmt: skip
        return f"Simulated company of {ACCOUNTS:,} accounts"
    case = tomllib.loads((HERE / name / "case.toml").read_text("utf-8"))
    prepare(name, data, work)
    apply_policy(name, case, work)
    for line in case["imports"]:
        table, file, *options = shlex.split(line.format(data=data))
        tenure("import", table, file if file.startswith("/") else str(work / file), *options)
    return str(case["title"])


def recipe(panel: Any, counts: np.ndarray, tenure_days: np.ndarray, train: np.ndarray,
           days: int) -> np.ndarray:  # fmt: skip
    """fight-churn's recipe (Gold, "Fighting Churn with Data", chapters 8 and 9): 28-day counts,
    each as a share of all, and tenure; skew taken out by logarithms, scaled to scores; L1 logistic
    regression whose penalty is chosen on later dates within the training."""
    from sklearn.linear_model import LogisticRegression

    from tenure.analytics.errors import SpecError
    from tenure.analytics.validation.proposing import part
    from tenure.analytics.validation.roc import auc

    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(total > 0, counts / np.maximum(total, 1), 0)
    x = np.column_stack([np.log1p(counts), shares, np.log1p(np.maximum(tenure_days, 0))])
    middle, spread = x[train].mean(axis=0), x[train].std(axis=0)
    x = (x - middle) / np.where(spread > 0, spread, 1)
    churned = panel.churn_days < days

    def fitted(rows: np.ndarray, strength: float) -> Any:
        return LogisticRegression(l1_ratio=1.0, C=strength, solver="liblinear", random_state=0).fit(
            x[rows], churned[rows]
        )

    strengths = (0.64, 0.32, 0.16, 0.08, 0.04, 0.02, 0.01, 0.005)
    at = np.flatnonzero(train)
    try:
        inner = part(panel.as_of[train], days, 0.6)
    except SpecError:  # too few dates to choose a penalty on later ones: one in the middle
        return np.asarray(fitted(train, 0.08).decision_function(x))
    a, b = at[inner.train], at[inner.test]
    best = max(strengths, key=lambda c: auc(fitted(a, c).decision_function(x[b]), churned[b]) or 0)
    return np.asarray(fitted(train, best).decision_function(x))


def default_boosting(ground: Any, train: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """LightGBM with its own default parameters on the very same signals: what who stays with
    notebooks would try first."""
    from lightgbm import LGBMClassifier

    made = LGBMClassifier(verbosity=-1, num_threads=1, random_state=0)
    made.fit(ground.rows[train], churned[train])
    return np.asarray(made.predict_proba(ground.rows)[:, 1])


def periods(name: str, whole: tuple[datetime, datetime]) -> list[tuple[datetime, datetime]]:
    """What teaches and what tests."""
    case = HERE / name / "case.toml"
    listed = tomllib.loads(case.read_text("utf-8"))["period"] if case.exists() else []
    if len(listed) == 2:
        return [
            tuple(datetime.combine(p[k], datetime.min.time(), UTC) for k in ("first", "end"))
            for p in listed
        ]  # type: ignore[misc]
    start, end = whole
    middle = start + 0.6 * (end - start)
    return [(start, middle), (middle, end)]


def look(name: str) -> dict[str, Any]:
    """All four on the workspace in TENURE_HOME."""
    from tenure.analytics.prediction import training
    from tenure.analytics.prediction.features import event_rows, matrix, of_events, usual_events
    from tenure.analytics.validation import calibration
    from tenure.analytics.validation.outcomes import DAY, micros, observe
    from tenure.analytics.validation.ranking import rank
    from tenure.analytics.validation.roc import auc_difference, auc_interval
    from tenure.facts import lake
    from tenure.facts.reading import engine
    from tenure.health import policy, proposals, set_apart, trials
    from tenure.health.history import History, Side, signals_of
    from tenure.health.learned import models_kept
    from tenure.health.learned.panel import panel as panel_of
    from tenure.health.models import Trial
    from tenure.health.pipeline import Rules

    now = datetime.now(UTC)
    numbers, loaded = policy.validation_policy(), models_kept.numbers()
    horizons = numbers.horizons
    loaded = loaded.model_copy(
        update={"horizons": horizons, "verdict_days": numbers.verdict_horizon,
                "lead_days": min(loaded.lead_days, min(horizons) // 2)}
    )  # fmt: skip
    rules, history = Rules.in_force(), History.of(None, None, now)
    teaches, tests = periods(name, history.period)
    dates = {d for span in (teaches, tests) for d in History.of(*span, now).dates}
    history = replace(history, dates=sorted(dates))
    began = time.perf_counter()
    found = panel_of(rules, history, loaded)
    seconds = {"panel": round(time.perf_counter() - began, 1)}
    at = [[micros(m) for m in span] for span in (teaches, tests)]

    began = time.perf_counter()
    try:
        trial = proposals.propose(rules.model.name, now=now, start=teaches[0], end=teaches[1])
    except Exception as error:
        print(f"  no proposal: {error}", flush=True)
        trial = Trial.objects.order_by("-pk").first()
    seconds["proposal"] = round(time.perf_counter() - began, 1)
    tuned_rules = (
        replace(rules, model=trials.candidate(trial.name, trial.body))
        if trial is not None and trial.state == "done" else None
    )  # fmt: skip

    # One more time through the dates: tuned scores, 28-day counts of every event, tenure.
    tuned, tables, listed, counted = Side(tuned_rules or rules), [], [], []
    data = lake.current().dataset(["events"])
    for moment, signals in signals_of(
        rules, history.dates, [*(tuned_rules or rules).model.signals, "tenure_days"]
    ):
        tuned.score(signals, moment)
        active = signals.filter(signals["active"]).select(["account_id", "tenure_days"])
        tables.append(active)
        listed.append(event_rows(data, engine(), moment, loaded.events))
    names = usual_events(listed, 1, loaded.events.model_copy(update={"most": 60}))
    every = [f for f in of_events(names) if f.part == "count"]
    counted = [matrix(t, e, every) for t, e in zip(tables, listed, strict=True)]
    counts = np.concatenate(counted).astype(float)
    tenure_days = np.nan_to_num(
        pa.concat_tables(tables)["tenure_days"].cast(pa.float64()).to_numpy()
    )
    tuned_risk = 100 - observe(tuned.scores(), history.churned)[0].health

    rng, rows = np.random.default_rng(SEED), []
    sound, leaks, _ = training.sound(found, loaded)
    for days in horizons:
        train, test = ((found.as_of >= a) & (found.as_of + days * DAY <= b) for a, b in at)
        test &= found.decided(days) & ~np.isnan(found.rules)
        churned = found.churn_days < days
        if churned[train].sum() < 10 or churned[test].sum() < 2:
            rows.append({"days": days, "churned_accounts": int(churned[test].sum())})
            continue
        began = time.perf_counter()
        # All dates of the period; outcomes teach as far as they are decided by its end.
        ground = sound.take((sound.as_of >= at[0][0]) & (sound.as_of < at[0][1]))
        ground = replace(ground, end=at[0][1])
        way, learner, curve_learned = taught(ground, days, loaded, rng)
        learned = learner.predict(sound.rows)
        seconds[f"learned {days}"] = round(time.perf_counter() - began, 1)
        chances = {
            "rules": found.rules,
            "tuned": tuned_risk if tuned_rules else None,
            "learned": learned,
            "boosting": default_boosting(sound, train, churned),
            "recipe": recipe(found, counts, tenure_days, train, days),
        }
        account, dates, one = found.account[test], found.as_of[test], {}
        for side, risk in chances.items():
            if risk is None:
                continue
            top = rank(risk[test], churned[test], account, np.random.default_rng(SEED),
                       top=0.1, draws=200)  # fmt: skip
            curve = calibration.isotonic(risk[train], churned[train])
            if side == "learned":  # on what it was taught it is too sure: by blocks of its own
                curve = curve_learned
            table = calibration.table(curve(risk[test]), churned[test], 10)
            one[side] = {
                "auc": auc_interval(risk[test], churned[test], account, dates).to_dict(),
                "pr_auc": top.pr_auc.to_dict(), "lift": top.lift_top.to_dict(),
                "calibration_error": round(calibration.error(table) or 0, 4),
            }  # fmt: skip
        differences = {}
        for a, b in PAIRS:
            if chances[a] is not None and chances[b] is not None:
                differences[f"{b} - {a}"] = auc_difference(
                    chances[a][test], chances[b][test], churned[test], account, found.as_of[test]
                ).to_dict()
        in_time = test & ~(found.churn_days < loaded.lead_days)
        differences["in time learned - recipe"] = auc_difference(
            chances["recipe"][in_time], learned[in_time], churned[in_time],
            found.account[in_time], found.as_of[in_time],
        ).to_dict()  # fmt: skip
        rows.append({"days": days, "observations": int(test.sum()),
                     "churned_accounts": len(np.unique(account[churned[test]])),
                     "way": way, "base_rate": round(float(churned[test].mean()), 4),
                     "sides": one, "differences": differences})  # fmt: skip
        print("  " + json.dumps(rows[-1]), flush=True)
    return {
        "taught": [m.date().isoformat() for m in teaches],
        "tested": [m.date().isoformat() for m in tests],
        "dates": len(history.dates), "observations": len(found),
        "accounts": len(np.unique(found.account)), "features": len(sound.features),
        "leaks": leaks, "told_once": set_apart.signals(rules.registry, loaded.told_once),
        "horizons": rows, "seconds": seconds,
        "signals_in_tuned": len(tuned_rules.model.signals) if tuned_rules else 0,
    }  # fmt: skip


def taught(train: Any, days: int, loaded: Any, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """The way that the contest within the training chooses, what it learned, and its curve to
    chances; the usual one, without a curve, where the training is too short for a contest."""
    from tenure.analytics.prediction import contest
    from tenure.analytics.prediction.judging import curve_of

    ways = contest.learn(train, days, train.end, loaded, rng)
    try:
        held = contest.hold(train, days, loaded, rng)
    except ValueError:
        way = contest.SHORTER if contest.SHORTER in ways else loaded.choice.usual
        return way, ways[way], lambda chance: chance
    churned = held.seen(train, days, loaded).churned
    return held.way, ways[held.way], curve_of(held.of_way(held.way), churned, loaded)


def table_of(numbers: dict[str, Any]) -> str:
    """The numbers as Markdown."""
    lines: list[str] = []
    for told in numbers.values():
        lines += [
            f"**{told['title']}**: {told['observations']:,} observations of {told['accounts']:,} "
            f"accounts on {told['dates']} dates, taught from {told['taught'][0]} to "
            f"{told['taught'][1]}, tested from {told['tested'][0]} to {told['tested'][1]}; "
            f"{told['features']} signals and events; the tuned model has "
            f"{told['signals_in_tuned'] or 'no'} signals.",
            "",
            "| days | churned | model | AUC (95 %) | PR AUC | lift | calibration error |",
            "|---|---|---|---|---|---|---|",
        ]
        for row in told["horizons"]:
            if "sides" not in row:
                lines.append(
                    f"| {row['days']} | {row['churned_accounts']} | too little churn | | | | |"
                )
                continue
            for side, one in row["sides"].items():
                area = one["auc"]
                interval = "" if area["low"] is None else f" ({area['low']:.2f}-{area['high']:.2f})"
                lines.append(
                    f"| {row['days']} | {row['churned_accounts']} | {named(side, row)} | "
                    f"{area['value']:.3f}{interval} | {one['pr_auc']['value']:.3f} | "
                    f"{one['lift']['value']:.1f} | {100 * one['calibration_error']:.1f} % |"
                )
        lines += ["", "Differences in AUC (95 %): " + "; ".join(
            f"{row['days']} days {name} {d['value']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f})"
            for row in told["horizons"] if "sides" in row
            for name, d in row["differences"].items() if d["low"] is not None
        ) + ".", ""]  # fmt: skip
    return "\n".join(lines)


def named(side: str, row: dict[str, Any]) -> str:
    """What a side is called in the table: the learned one with the way that was chosen."""
    return f"learned ({row['way']})" if side == "learned" and "way" in row else side


def write_page(numbers: dict[str, Any]) -> None:
    """Put the table into the page, between its marks."""
    page = HERE / "learned.md"
    head, mark, rest = page.read_text("utf-8").partition("<!-- numbers -->")
    tail = rest.partition("<!-- end of numbers -->")[2]
    page.write_text(f"{head}{mark}\n\n{table_of(numbers)}\n<!-- end of numbers -->{tail}", "utf-8")


def main() -> None:
    """The command line: a process a set, as each has a workspace of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--one", action="store_true", help="this set here, as JSON")
    given = parser.parse_args()
    if given.one:
        with tempfile.TemporaryDirectory(prefix="tenure-case-") as scratch:
            work = Path(scratch)
            os.environ["TENURE_HOME"] = str(work / "home")
            title = fill(given.sets[0], given.data.resolve(), work)
            told = {"title": title, **look(given.sets[0])}
        print("RESULT " + json.dumps(told))
        return
    kept = HERE / "learned.numbers.json"
    numbers = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for name in given.sets:
        print(name, flush=True)
        done = subprocess.run(
            [sys.executable, __file__, name, "--one", "--data", str(given.data)],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        (line,) = [x for x in done.stdout.splitlines() if x.startswith("RESULT ")]
        numbers[name] = json.loads(line.removeprefix("RESULT "))
        numbers = {n: numbers[n] for n in SETS if n in numbers}
        kept.write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")
        write_page(numbers)


if __name__ == "__main__":
    main()

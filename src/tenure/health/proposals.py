"""Proposals: which signals would have told, and weights that would have told better.

The earlier dates teach, the later ones test; what is proposed is the very text that was tested. It
is kept as a trial, to be read, tried further and adopted by a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tomlkit
from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.analytics.health.curves import Curve
from tenure.analytics.health.score import signal_values
from tenure.analytics.health.spec import HealthModel
from tenure.analytics.prediction.features import DIRECTION
from tenure.analytics.signals.registry import Registry
from tenure.analytics.validation import missed, proposing
from tenure.analytics.validation.outcomes import churned_within, decided, micros, observe
from tenure.analytics.validation.policy import ProposalPolicy, ValidationPolicy
from tenure.analytics.validation.roc import auc_difference
from tenure.core import jobs
from tenure.core import policy as documents
from tenure.health import policy, set_apart, trials
from tenure.health.history import History, Side, signals_of
from tenure.health.job_kinds import TRIAL
from tenure.health.models import Trial
from tenure.health.pipeline import Rules
from tenure.health.scoring import Progress

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A signal that may get weight: its curve, and the dimension it is shown under. ``added``: the
    model does not have it yet; ``learned``: so is its curve."""

    signal: str
    title: str
    curve: Curve
    dimension: str
    added: bool = False
    learned: bool = False

    @property
    def key(self) -> str:
        """``dimension.signal``."""
        return f"{self.dimension}.{self.signal}"


def ask(name: str, *, now: datetime, by: object = "") -> Trial:
    """Have a worker look for a proposal for the model ``name``; SpecError if there is none."""
    policy.model(name)
    with transaction.atomic():
        trial = trials.opened(name, "", "proposal", now, by)
        jobs.enqueue(TRIAL, str(trial.pk), {"trial": trial.pk}, now=now)
    return trial


def propose(
    name: str,
    *,
    now: datetime,
    by: object = "",
    start: datetime | None = None,
    end: datetime | None = None,
    progress: Progress | None = None,
) -> Trial:
    """The same, at once; from the history between ``start`` and ``end`` if they are given."""
    policy.model(name)
    trial = trials.opened(name, "", "proposal", now, by, start, end)
    with trials.failing(trial):
        return run(trial, now=now, progress=progress)


def run(trial: Trial, *, now: datetime, progress: Progress | None = None) -> Trial:
    """Look for the proposal, test it, and keep it; what is wrong with the ground is raised."""
    history = History.of(trial.start, trial.end, now)
    rules = Rules.in_force(trial.against)
    numbers = policy.validation_policy()
    looked = _look(rules, history, numbers, progress)
    ground, columns, scores = looked.ground, looked.columns, looked.scores
    days, halves = looked.days, looked.halves
    _enough_churn(ground.take(halves.train), days, numbers.proposals.min_churned)
    used = _clearest(ground.take(halves.train), columns, scores[halves.train], numbers.proposals)
    columns, scores = [columns[i] for i in used], scores[:, used]
    fitted = proposing.learn(
        scores[halves.train],
        ground.churned[halves.train],
        ground.as_of[halves.train],
        days,
        numbers.proposals,
    )
    found = without_harm(Weighed(columns, scores, fitted), ground, halves, numbers.proposals)
    columns, fitted = list(found.columns), found.fitted
    wholes = found.wholes(numbers.proposals)
    trial.body = text_of(rules.model, columns, wholes, rules.registry)
    trial.result = {
        "missed": _missed(looked, rules, numbers.proposals),
        "weights": found.told(ground, halves, numbers.proposals),
        "dropped": list(found.dropped),
        "learned": {
            **_learned(ground.take(halves.train), days, fitted),
            "wanted_days": numbers.verdict_horizon,
        },
        "variants_left_out": len(rules.model.variants),
        "told_once": [rules.registry.signals[name].title for name in looked.apart],
        **_usage(columns, wholes, looked, rules.registry, numbers.proposals),
    }
    trial.start = datetime.fromtimestamp(halves.split / 1e6, tz=now.tzinfo)
    trial.save(update_fields=["body", "result", "start"])
    return trials.run(trial, now=now, progress=progress)


def _enough_churn(train: missed.Cohort, days: int, least: int) -> None:
    """SpecError where fewer than ``least`` accounts churned: their weights would be chance."""
    churned = len(np.unique(train.account[train.churned]))
    if churned < least:
        raise SpecError(
            "proposal",
            "churn",
            f"is too little to learn from: {churned} accounts churned within {days} days on the "
            f"earlier dates, and {least} are needed",
            "keep the weights as they are, or import more history",
        )


@dataclass(frozen=True)
class _Looked:
    """The ground, parted; ``days``: the horizon that it is long enough for; ``apart``: signals that
    were not looked at, as history was told once what they rest on."""

    ground: missed.Cohort
    days: int
    halves: proposing.Parted
    columns: list[Column]
    scores: Floats
    apart: list[str]


def _look(
    rules: Rules, history: History, numbers: ValidationPolicy, progress: Progress | None
) -> _Looked:
    """All signals on all dates whose outcome is decided, and whether the model called them well."""
    names = rules.registry.of_accounts()
    apart = set_apart.signals(rules.registry, documents.load(policy.PREDICTION).told_once)
    side, tables = Side(rules), []
    for moment, signals in signals_of(rules, history.dates, names, progress):
        side.score(signals, moment)
        tables.append(signals.filter(signals["active"]).select(["account_id", *names]))
    values, scored = pa.concat_tables(tables), side.scores()
    found, _ = observe(scored, history.churned)
    days = proposing.horizon(
        found.as_of,
        micros(history.period[1]),
        numbers.verdict_horizon,
        numbers.horizons,
        numbers.proposals,
    )
    kept = decided(found, days, history.period[1])
    found, values = found.take(kept), values.filter(pa.array(kept))
    well = np.isin(found.band.astype(str), list(rules.model.green))
    ground = missed.Cohort(
        {
            n: signal_values(values, n)
            for n in names
            if n not in apart and not rules.registry.signals[n].text
        },
        churned_within(found, days),
        found.account,
        found.as_of,
        well,
    )
    halves = proposing.part(ground.as_of, days, numbers.proposals.train_share)
    columns = _columns(rules, ground, halves.train, numbers.proposals)
    scores = np.column_stack([_scores(c, values) for c in columns])
    return _Looked(ground, days, halves, columns, scores, apart)


def _scores(column: Column, values: pa.Table) -> Floats:
    found = signal_values(values, column.signal)
    if column.curve.of_text:
        return column.curve.of_texts(found)
    return np.asarray(column.curve.of_numbers(found.astype(np.float64)))


def _columns(
    rules: Rules, ground: missed.Cohort, train: npt.NDArray[np.bool_], numbers: ProposalPolicy
) -> list[Column]:
    """The model's own parts, and every other signal that it is known of whether more is better."""
    own = [Column(p.signal, p.title, p.curve, p.dimension) for p in rules.model.parts()]
    known, listed = {c.signal for c in own}, []
    curves = _published(rules.model.name)
    for name, values in ground.values.items():
        signal = rules.registry.signals[name]
        worse = DIRECTION[signal.higher_is]
        share = float((~np.isnan(values[train])).mean())
        if name in known or worse == 0 or share < numbers.least_coverage:
            continue
        curve = curves.get(name) or proposing.curve_of(values[train], worse)
        if curve is not None:
            group = _key(signal.group) or "other"
            listed.append(
                Column(name, signal.title, curve, f"added_{group}", True, name not in curves)
            )
    return [*own, *listed]


def _key(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _published(but: str) -> dict[str, Curve]:
    """Curves by signal, from the other models that there are."""
    found: dict[str, Curve] = {}
    for name in policy.model_names():
        if name != but:
            for part in policy.model(name).parts():
                found.setdefault(part.signal, part.curve)
    return found


def _clearest(
    train: missed.Cohort, columns: Sequence[Column], scores: Floats, numbers: ProposalPolicy
) -> list[int]:
    """The model's own columns, and of the others those that tell most clearly alone."""
    told = missed.tell_alone(train, [(str(i), 100 - scores[:, i]) for i in range(len(columns))])
    own = [i for i, c in enumerate(columns) if not c.added]
    others = [
        (low, i)
        for i, c in enumerate(columns)
        if c.added and (low := told[str(i)].low) is not None and low > 0.5
    ]
    best = sorted(others, reverse=True)[: numbers.most_candidates]
    return sorted([*own, *(i for _, i in best)])


def text_of(
    model: HealthModel, columns: Sequence[Column], wholes: Mapping[int, int], registry: Registry
) -> str:
    """The model's text with these weights: other dimensions and signals are left out, variants too
    (their weights were for what it was)."""
    document = tomlkit.parse(documents.text(policy.MODELS + model.name))
    document["description"] = f"{model.description} Weights proposed from churn.".strip()
    document["version"] = f"{model.version}.1"
    document.pop("variants", None)
    told = proposing.by_dimension(wholes, [c.dimension for c in columns])
    kept = {d.key: d for d in model.dimensions}
    listed = tomlkit.aot()
    for key, (weight, members) in told.items():
        table = tomlkit.table()
        dimension = kept.get(key)
        first = registry.signals[columns[next(iter(members))].signal]
        table["key"] = key
        table["title"] = dimension.title if dimension else first.group or "Further signals"
        table["weight"] = weight
        table["description"] = dimension.description if dimension else "Proposed from churn"
        table["signals"] = _signals(columns, members)
        listed.append(table)
    document["dimensions"] = listed
    return tomlkit.dumps(document)


def _signals(columns: Sequence[Column], members: Mapping[int, int]) -> Any:
    listed = tomlkit.aot()
    for index, weight in members.items():
        column, table = columns[index], tomlkit.table()
        table["signal"], table["title"], table["weight"] = column.signal, column.title, weight
        curve = tomlkit.inline_table()
        curve.update(_plain(column.curve))
        table["curve"] = curve
        listed.append(table)
    return listed


def _plain(curve: Curve) -> dict[str, Any]:
    told = curve.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {name: value for name, value in told.items() if value}


def _missed(looked: _Looked, rules: Rules, numbers: ProposalPolicy) -> list[dict[str, Any]]:
    worse = {n: DIRECTION[s.higher_is] for n, s in rules.registry.signals.items()}
    in_model = set(rules.model.signals)
    told = missed.telling(looked.ground, worse, numbers)[: numbers.shown]
    return [
        {
            **t.to_dict(),
            "title": rules.registry.signals[t.signal].title,
            "group": rules.registry.signals[t.signal].group,
            "in_model": t.signal in in_model,
        }
        for t in told
    ]


@dataclass(frozen=True)
class Weighed:
    """Columns with their scores (rows by columns), weights fitted to the earlier dates, and what
    was dropped on the way."""

    columns: Sequence[Column]
    scores: Floats
    fitted: proposing.Fitted
    dropped: tuple[dict[str, Any], ...] = ()

    def wholes(self, numbers: ProposalPolicy) -> dict[int, int]:
        """Whole per cent by column."""
        return proposing.shares(self.fitted.weights, numbers.least_share)

    def told(
        self, ground: missed.Cohort, halves: proposing.Parted, numbers: ProposalPolicy
    ) -> list[dict[str, Any]]:
        """Each signal with its weight and what it adds on the later dates."""
        test = ground.take(halves.test)
        return _weights(
            self.fitted, self.columns, self.scores[halves.test], test, self.wholes(numbers)
        )


def without_harm(
    weighed: Weighed, ground: missed.Cohort, halves: proposing.Parted, numbers: ProposalPolicy
) -> Weighed:
    """The same without signals that took away from the order on the later dates (their interval
    lies below 0), the others fitted anew to the earlier ones; as it was if nothing were left."""
    while True:
        told = weighed.told(ground, halves, numbers)
        harm = [t for t in told if t["effect"]["high"] is not None and t["effect"]["high"] < 0]
        if not harm or len(harm) == len(told):
            return weighed
        names = {t["signal"] for t in harm}
        kept = [i for i, c in enumerate(weighed.columns) if c.signal not in names]
        scores = weighed.scores[:, kept]
        fitted = proposing.fit(
            scores[halves.train], ground.churned[halves.train], weighed.fitted.penalty
        )
        dropped = (*weighed.dropped, *harm)
        weighed = Weighed([weighed.columns[i] for i in kept], scores, fitted, dropped)


def _weights(
    fitted: proposing.Fitted,
    columns: Sequence[Column],
    scores: Floats,
    test: missed.Cohort,
    wholes: Mapping[int, int],
) -> list[dict[str, Any]]:
    """Each signal with its weight, and what it adds on the later dates: the area with it less the
    area without."""
    kept = np.isin(np.arange(len(columns)), list(wholes))
    fitted = replace(fitted, weights=np.where(kept, fitted.weights, 0.0))
    whole = fitted.badness(scores)
    told = []
    for index, weight in sorted(wholes.items(), key=lambda x: -x[1]):
        without = fitted.weights.copy()
        without[index] = 0
        less = replace(fitted, weights=without).badness(scores)
        effect = auc_difference(less, whole, test.churned, test.account)
        column = columns[index]
        told.append(
            {
                "signal": column.signal,
                "title": column.title,
                "weight": weight,
                "dimension": column.dimension,
                "added": column.added,
                "learned_curve": column.learned,
                "effect": effect.to_dict(),
            }
        )
    return told


def _learned(train: missed.Cohort, days: int, fitted: proposing.Fitted) -> dict[str, Any]:
    dates = np.unique(train.as_of)
    return {
        "observations": len(train),
        "churned_accounts": len(np.unique(train.account[train.churned])),
        "dates": len(dates),
        "first": str(np.datetime64(int(dates[0]), "us").astype("datetime64[D]")),
        "last": str(np.datetime64(int(dates[-1]), "us").astype("datetime64[D]")),
        "days": days,
        "penalty": fitted.penalty,
    }


def _usage(
    columns: Sequence[Column],
    wholes: Mapping[int, int],
    looked: _Looked,
    registry: Registry,
    numbers: ProposalPolicy,
) -> dict[str, Any]:
    """Share of use among the weights; loud where outcomes are known and have none."""
    groups = {i: registry.signals[columns[i].signal].group for i in wholes}
    usage = sum(w for i, w in wholes.items() if groups[i] in numbers.usage_groups) / 100
    known = any(
        registry.signals[n].group in numbers.outcome_groups
        and (~np.isnan(v)).mean() >= numbers.least_coverage
        for n, v in looked.ground.values.items()
    )
    weighed = any(g in numbers.outcome_groups for g in groups.values())
    return {
        "usage_share": round(usage, 2),
        "usage_alone": usage > numbers.most_usage,
        "outcomes_known": known,
        "outcomes_weighed": weighed,
    }

"""From the signals of all accounts to their scores, stages and segments, as of one moment.

The order matters, and is the same live and in a backtest: segments that do not look at the score;
the score (its variants may ask for those segments and for the stage *before* this scoring); the
stage; segments that look at score or stage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tenure.accounts import segments
from tenure.analytics.health import Circumstances, HealthModel, score
from tenure.analytics.health.risk import RiskPolicy
from tenure.analytics.segments import CONTRACT, SCORE_FIELDS, Bools
from tenure.analytics.signals.compute import compute_signals
from tenure.analytics.signals.fired import fired_risk_signals
from tenure.analytics.signals.registry import Registry
from tenure.analytics.stages import StagePolicy, next_stage
from tenure.health import policy

ALSO_ASKED: list[Callable[[], Iterable[str]]] = []
"""What rooms above look at besides: functions that give the names of fields."""


@dataclass(frozen=True)
class Rules:
    """The policy a scoring follows."""

    model: HealthModel
    risk: RiskPolicy
    stages: StagePolicy
    registry: Registry

    @classmethod
    def in_force(cls, model: str | None = None) -> Rules:
        """As the workspace has it now."""
        return cls(
            policy.model(model), policy.risk_policy(), policy.stage_policy(), policy.registry()
        )

    def kept_signals(self) -> list[str]:
        """Signals whose values are kept beside each score: the model's and the warnings'."""
        warned = [s for r in self.registry.risk_signals.values() for s in r.parts()]
        return list(dict.fromkeys([*self.model.signals, *warned]))

    def needed_signals(self) -> list[str]:
        """All signals to be computed: kept ones and those that rules look at."""
        asked = {name for rule in segments.rules().values() for name in rule.fields()}
        asked |= {name for ask in ALSO_ASKED for name in ask()}
        asked |= self.stages.fields() | {CONTRACT, "currency"}
        known = set(self.registry.of_accounts())
        kept = self.kept_signals()
        return [*kept, *sorted((asked & known) - set(kept))]


@dataclass(frozen=True)
class Scored:
    """``scores``: a row per account scored, sorted by account, with stage, warnings and segments;
    ``signals``: the same accounts' signals; ``everyone``: all known accounts with signals, score
    columns and ``stage``."""

    scores: pa.Table
    signals: pa.Table
    everyone: pa.Table
    segments: Mapping[str, Bools]


def score_everyone(
    signals: pa.Table,
    rules: Rules,
    as_of: datetime,
    stage_before: Mapping[str, str],
    version: str = "",
) -> Scored:
    """Score the active accounts of ``signals``; see the module for the order of things."""
    signals = signals.sort_by("account_id")
    active = signals.filter(signals["active"])
    fired = fired_risk_signals(active, rules.registry)
    levels = {name: risk.level for name, risk in rules.registry.risk_signals.items()}
    stage = _stages(active, stage_before)
    early = {name for name, rule in segments.rules().items() if not segments.of_scores(rule)}
    about = Circumstances(fired, levels, segments.memberships(active, _early(early)), stage)
    scores = score(active, rules.model, rules.risk, as_of, about, version)
    everyone = _with_scores(signals, scores)
    stages = next_stage(_stages(signals, stage_before), everyone, rules.stages)
    everyone = everyone.append_column("stage", pa.array(stages, pa.string()))
    scored = everyone.filter(everyone["active"])
    members = segments.memberships(scored)
    scores = scores.append_column("stage", scored["stage"])
    scores = scores.append_column("risk_signals", _json([list(names) for names in fired]))
    scores = scores.append_column("segments", _json(_names(members, scores.num_rows)))
    return Scored(scores, active, everyone, members)


def compute(
    rules: Rules, as_of: datetime, dataset: object, also: Iterable[str] = (), **options: object
) -> pa.Table:
    """All signals needed, and those among ``also``, for every account known at ``as_of``."""
    needed, known = rules.needed_signals(), rules.registry.of_accounts()
    names = [*needed, *(n for n in dict.fromkeys(also) if n in known and n not in needed)]
    return compute_signals(dataset, rules.registry, as_of, names=names, **options)  # type: ignore[arg-type]


def _early(names: Collection[str]) -> set[str]:
    from tenure.accounts.models import Segment

    lists = Segment.objects.filter(packaged=False, rule="").values_list("name", flat=True)
    return {*names, *lists}


def _stages(table: pa.Table, before: Mapping[str, str]) -> npt.NDArray[np.object_]:
    ids = table["account_id"].to_pylist()
    stages = np.empty(len(ids), dtype=object)
    stages[:] = [before.get(a) or None for a in ids]
    return stages


def _with_scores(signals: pa.Table, scores: pa.Table) -> pa.Table:
    """Signals of everyone, with score columns (NULL for those who were not scored)."""
    where = pc.index_in(signals["account_id"], scores["account_id"].combine_chunks())
    for name in SCORE_FIELDS:
        signals = signals.append_column(name, scores[name].take(where))
    return signals


def _names(members: Mapping[str, Bools], number: int) -> list[list[str]]:
    listed: list[list[str]] = [[] for _ in range(number)]
    for name, rows in members.items():
        for index in np.flatnonzero(rows):
            listed[index].append(name)
    return listed


def _json(lists: list[list[str]]) -> pa.Array:
    return pa.array([msgspec.json.encode(names).decode() for names in lists], pa.string())

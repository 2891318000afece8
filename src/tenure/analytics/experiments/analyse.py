"""From a table with one row for each unit to the results of all its treatments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.errors import SpecError
from tenure.analytics.experiments.cuped import Adjusted, cuped
from tenure.analytics.experiments.guardrails import Guardrail
from tenure.analytics.experiments.policy import ExperimentPolicy, default_experiments
from tenure.analytics.experiments.result import Question, Result, result
from tenure.analytics.experiments.sample import Sample, of_values
from tenure.analytics.experiments.savings import Worth

_HERE = "experiment"


@dataclass(frozen=True)
class Analysis:
    """A result for each treatment, the share of variance CUPED took, units without a value."""

    results: tuple[Result, ...]
    variance_reduction: float | None
    without_value: int


def analyse_experiment(
    frame: Any,
    *,
    arm: str,
    metric: str,
    control: str | None = None,
    covariate: str | None = None,
    unit: str | None = None,
    weights: Mapping[str, float] | None = None,
    guardrails: Mapping[str, bool] | None = None,
    higher_is_better: bool = True,
    watched: int | None = None,
    smallest_effect: float | None = None,
    worth: Worth | None = None,
    policy: ExperimentPolicy | None = None,
) -> Analysis:
    """Judge every arm in ``frame`` (pandas, Polars or Arrow) against ``control``.

    ``arm``, ``metric``, ``covariate`` and ``unit`` name columns; ``unit`` is only checked to be
    there once for each row, since rows of the same account are not independent. ``weights`` is the
    planned split (default: even). ``guardrails`` maps columns to whether higher is better. See
    ``Question`` for the rest.

    >>> import pyarrow as pa
    >>> rows = pa.table({"arm": ["held", "play"] * 500, "stayed": [1, 1, 0, 1] * 250})
    >>> told = analyse_experiment(rows, arm="arm", metric="stayed", control="held")
    >>> [(r.treated, r.verdict, r.difference.value) for r in told.results]
    [('play', 'works', 0.5)]
    """
    table = frame if isinstance(frame, pa.Table) else pa.table(frame)
    rules = policy or default_experiments()
    names, control = _arms(table, arm, control, unit, rules.control_names)
    columns = [metric, *([covariate] if covariate else []), *(guardrails or {})]
    values = {name: _numbers(table, name) for name in columns}
    split = {name: names == name for name in dict.fromkeys([control, *sorted(set(names))])}
    here = {name: rows & ~np.isnan(values[metric]) for name, rows in split.items()}
    samples = {name: of_values(values[metric][rows]) for name, rows in here.items()}
    less = _adjusted(values, metric, covariate, here)
    asked = Question(
        metric,
        control,
        control,
        weights or dict.fromkeys(split, 1.0),
        higher_is_better,
        watched,
        smallest_effect,
        worth,
    )
    if set(asked.weights) != set(split):
        raise SpecError(
            _HERE,
            arm,
            f"holds the arms {', '.join(split)}; planned were {', '.join(asked.weights)}",
            "give the share of each arm",
        )
    results = tuple(
        result(
            _alike(samples),
            replace(asked, treated=treated),
            rules,
            guardrails=_guards(values, guardrails or {}, split, control, treated),
            adjusted=dict(less.arms) if less else None,
            assigned={name: int(rows.sum()) for name, rows in split.items()},
        )
        for treated in split
        if treated != control
    )
    return Analysis(results, less.reduction if less else None, int(np.isnan(values[metric]).sum()))


def _arms(
    table: pa.Table, arm: str, control: str | None, unit: str | None, usual: Sequence[str]
) -> tuple[Any, str]:
    """The arm of each row, and which arm is the control."""
    names = pc.cast(_column(table, arm), pa.string())
    if names.null_count:
        raise SpecError(_HERE, arm, f"is empty in {names.null_count} rows", "leave these rows out")
    found = sorted(pc.unique(names).to_pylist())
    shown = ", ".join(found[:20])
    if control is None:
        fitting = [name for name in found if name.lower() in usual]
        if len(fitting) != 1:
            problem = "does not show which arm is the control"
            raise SpecError(_HERE, arm, problem, f"name the control; choose of: {shown}")
        control = fitting[0]
    if control not in found:
        raise SpecError(_HERE, arm, f"has no arm {control!r}", f"choose of: {shown}")
    if len(found) < 2:
        raise SpecError(_HERE, arm, "has only one arm", "there is nothing to compare with")
    if unit and pc.count_distinct(_column(table, unit)).as_py() < table.num_rows:
        raise SpecError(_HERE, unit, "is there more than once", "make one row for each unit")
    return np.asarray(names.to_pylist(), dtype=object), control


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        known = ", ".join(table.column_names[:20])
        raise SpecError(_HERE, name, "is no column", f"choose of: {known}")
    return table[name]


def _numbers(table: pa.Table, name: str) -> Any:
    """A column as floats, NaN where empty."""
    try:
        told = pc.cast(_column(table, name), pa.float64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SpecError(
            _HERE, name, f"is not a number: {error}", "name a column of numbers"
        ) from None
    if np.isinf(told).any():
        raise SpecError(_HERE, name, "holds an infinite value", "correct it or leave the row out")
    return told


def _alike(samples: Mapping[str, Sample]) -> dict[str, Sample]:
    """Yes or no in every arm, or numbers in every arm: an arm may hold only 0 and 1 by chance."""
    if all(sample.hits is not None for sample in samples.values()):
        return dict(samples)
    return {name: replace(sample, hits=None) for name, sample in samples.items()}


def _adjusted(
    values: Mapping[str, Any], metric: str, covariate: str | None, here: Mapping[str, Any]
) -> Adjusted | None:
    if not covariate:
        return None
    told = values[covariate]
    mean = float(np.nanmean(told)) if not np.isnan(told).all() else 0.0
    known = np.where(np.isnan(told), mean, told)  # an unknown covariate adjusts nothing
    return cuped(
        {name: values[metric][rows] for name, rows in here.items()},
        {name: known[rows] for name, rows in here.items()},
    )


def _guards(
    values: Mapping[str, Any],
    wanted: Mapping[str, bool],
    split: Mapping[str, Any],
    control: str,
    treated: str,
) -> Sequence[Guardrail]:
    told = []
    for name, higher in wanted.items():
        both = {
            side: of_values(values[name][split[side] & ~np.isnan(values[name])])
            for side in (control, treated)
        }
        alike = _alike(both)
        told.append(Guardrail(name, alike[control], alike[treated], higher))
    return told

"""Which risk signals (and opportunities) fire, from computed signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.errors import SpecError
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.rules import Opportunity, RiskSignal
from tenure.analytics.signals.spec import Test

_COMPARE = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


def fired_risk_signals(signals: pa.Table, registry: Registry) -> list[list[str]]:
    """For each row of ``signals`` the names of the risk signals that fire, in registry order.

    ``signals`` must have the columns the risk signals look at (SpecError names what is missing).
    A test on missing data does not hold, unless it says ``or_missing``.
    """
    return _fired(signals, registry.risk_signals)


def fired_opportunities(signals: pa.Table, registry: Registry) -> list[list[str]]:
    """The same for signs of growth."""
    return _fired(signals, registry.opportunities)


def holds(test: Test, signals: pa.Table) -> np.ndarray:
    """Whether the test holds, for each row."""
    left = _column(signals, test.signal)
    if test.op in ("is_set", "is_not_set"):
        found = pc.is_valid(left) if test.op == "is_set" else pc.is_null(left)
    elif isinstance(test.value, list):
        found = pc.is_in(left, pa.array(test.value, left.type))
        found = pc.if_else(pc.is_valid(left), found, None)
    else:
        found = _COMPARE[test.op](left, _right(test, signals, left.type))
    return np.asarray(pc.fill_null(found, test.or_missing).to_numpy(zero_copy_only=False), bool)


def _right(test: Test, signals: pa.Table, kind: pa.DataType) -> pa.Scalar | pa.ChunkedArray:
    if test.of is not None:
        return pc.multiply(_column(signals, test.of), test.times)
    return (
        pa.scalar(test.value, kind)
        if pa.types.is_string(kind)
        else pa.scalar(
            float(test.value)  # type: ignore[arg-type]
        )
    )


def _column(signals: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in signals.column_names:
        raise SpecError("signals", name, "was not computed", "compute it, or leave out `names`")
    return signals.column(name)


def _fired(
    signals: pa.Table, declared: Mapping[str, RiskSignal] | Mapping[str, Opportunity]
) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(signals.num_rows)]
    for name, one in declared.items():
        for row in np.flatnonzero(_fires(one.when, one.when_any, signals)):
            found[row].append(name)
    return found


def _fires(every: Sequence[Test], some: Sequence[Test], signals: pa.Table) -> np.ndarray:
    result = np.ones(signals.num_rows, bool)
    for test in every:
        result &= holds(test, signals)
    if some:
        result &= np.any([holds(test, signals) for test in some], axis=0)
    return result

"""Who knows the contract and no more: opponents that see one signal, and pairs alike in contract.

Whoever pays by the month can leave every month, whoever signed for a year cannot. To tell those two
apart is no foresight, and no campaign changes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tenure.analytics.prediction.contest import WARM_UP, Contest
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.judging import Seen, area
from tenure.analytics.prediction.panel import Floats, Ints, Panel
from tenure.analytics.prediction.policy import Opponents
from tenure.analytics.validation.intervals import NOTHING
from tenure.analytics.validation.roc import auc, auc_difference, auc_interval

Report = dict[str, Any]


def columns(features: Sequence[Feature], policy: Opponents) -> dict[str, int]:
    """The column of each opponent that is known here: the first of its signals."""
    places = {f.name: i for i, f in enumerate(features)}
    found = {}
    for name, signals in policy.alone.items():
        known = [places[s] for s in signals if s in places]
        if known:
            found[name] = known[0]
    return found


def ways(held: Contest, seen: Seen) -> list[Report]:
    """How each way of learning orders the accounts of the dates that are reported."""
    told = {name: auc(held.of_way(name), seen.churned, seen.as_of) for name in held.chances}
    return [
        {"way": name, "auc": None if value is None else round(value, 4)}
        for name, value in told.items()
    ]


def beaten(held: Contest, seen: Seen, policy: Opponents) -> list[Report]:
    """Each opponent's area, and by how much the learned model is above it; without figures where
    its signal is not known here."""
    found: list[Report] = []
    for name in policy.alone:
        if name not in held.alone:
            nothing = NOTHING.to_dict()
            found.append({"alone": name, "auc": nothing, "difference": nothing})
            continue
        risk = held.of_way(name)
        above = auc_difference(risk, seen.chance, seen.churned, seen.account, seen.as_of)
        found.append(
            {"alone": name, "auc": area(risk, seen).to_dict(), "difference": above.to_dict()}
        )
    return found


def contract(panel: Panel, held: Contest, seen: Seen, days: int, policy: Opponents) -> Report:
    """How accounts are ordered among those of one plan whose term ends about as soon (``alike``),
    and among those whose term can end within the horizon (``can_end``); None where nothing is
    known of plans and terms."""
    at = held.row[held.block != WARM_UP]
    plan, term = (_column(panel, name, at) for name in (policy.plan, policy.term))
    found: Report = {"alike": None, "can_end": None}
    if plan is not None or term is not None:
        found["alike"] = _areas(seen, _strata(seen.as_of, plan, term, policy.term_days))
    if term is not None and (ends := term <= days).any():
        some = seen.take(ends)
        found["can_end"] = {
            **_areas(some, some.as_of),
            "observations": len(some.churned),
            "churned_accounts": len(np.unique(some.account[some.churned])),
        }
    return found


def _areas(seen: Seen, within: Ints) -> Report:
    both = ~np.isnan(seen.rules)
    known, within = seen.take(both), within[both]
    return {
        side: auc_interval(risk, known.churned, known.account, within).to_dict()
        for side, risk in (("learned", known.chance), ("rules", known.rules))
    }


def _column(panel: Panel, name: str, at: Ints) -> Floats | None:
    for index, feature in enumerate(panel.features):
        if feature.name == name:
            return panel.rows[at, index].astype(np.float64)
    return None


def _strata(
    as_of: Ints, plan: Floats | None, term: Floats | None, term_days: Sequence[int]
) -> Ints:
    """A number for each date, plan and span of days to the end of the term."""
    parts = [as_of]
    if plan is not None:
        parts.append(np.nan_to_num(plan, nan=-1).astype(np.int64))
    if term is not None:
        spans = np.searchsorted(np.array(term_days), np.nan_to_num(term, nan=-1), side="left")
        parts.append(np.where(np.isnan(term), -1, spans))
    return np.unique(np.column_stack(parts), axis=0, return_inverse=True)[1].reshape(-1)

"""What a changed document would do to the accounts as they are now, before it is saved."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np

from tenure.analytics.health.score import Circumstances, score
from tenure.analytics.health.spec import HealthModel
from tenure.analytics.segments import SegmentSpec, evaluate
from tenure.core import policy
from tenure.health import policy as scoring
from tenure.health.models import AccountHealth
from tenure.web.policy import accounts_now, own_model
from tenure.web.policy.catalogue import MODELS

SHOWN = 12


def possible(name: str) -> bool:
    """Whether the effect of this document can be shown."""
    return name.startswith(MODELS) or name == scoring.SEGMENTS


def of(name: str, body: str) -> dict[str, Any] | None:
    """The effect of the sound text ``body``; None where none can be shown."""
    if name.startswith(MODELS):
        return model_effect(name, policy.parsed(name, body))
    if name == scoring.SEGMENTS:
        return segments_effect(policy.parsed(name, body))
    return None


def model_effect(name: str, model: HealthModel) -> dict[str, Any]:
    """Which accounts would stand in another band; both texts are tried on the same signals.

    A new model is compared with the default one.
    """
    base = name.removeprefix(MODELS) if own_model.exists(name) else scoring.settings().default_model
    table, rows = accounts_now.latest(base)
    if not rows:
        return {"kind": "model", "total": 0}
    before = scoring.model(base)
    old, new = (_scores(m, table, rows) for m in (before, model))
    moved = [i for i in range(len(rows)) if old[i][1] != new[i][1]]
    moved.sort(key=lambda i: -abs((new[i][0] or 0) - (old[i][0] or 0)))
    return {
        "kind": "model",
        "base": before.title,
        "same_model": before.name == model.name,
        "total": len(rows),
        "capped": len(rows) == accounts_now.MOST,
        "moved": len(moved),
        "bands": _counts(before, model, old, new),
        "accounts": [_account(rows[i], old[i], new[i], before, model) for i in moved[:SHOWN]],
        "mean_before": _mean(old),
        "mean_after": _mean(new),
    }


Score = tuple[float | None, str | None]


def _scores(model: HealthModel, table: Any, rows: list[AccountHealth]) -> list[Score]:
    members = {n: np.array(v, dtype=bool) for n, v in accounts_now.memberships(rows).items()}
    stage = np.array([r.account.stage or None for r in rows], dtype=object)
    registry = scoring.registry()
    about = Circumstances(
        fired=[[n for n in r.risk_signals if n in registry.risk_signals] for r in rows],
        levels={n: s.level for n, s in registry.risk_signals.items()},
        segments=members,
        stage=stage,
    )
    as_of: datetime = max(r.as_of for r in rows)
    result = score(table, model, scoring.risk_policy(), as_of, about)
    return list(zip(result["health"].to_pylist(), result["band"].to_pylist(), strict=True))


def _mean(scores: list[Score]) -> float | None:
    known = [s[0] for s in scores if s[0] is not None]
    return sum(known) / len(known) if known else None


def _counts(
    before: HealthModel, after: HealthModel, old: list[Score], new: list[Score]
) -> list[dict[str, Any]]:
    was, will = Counter(s[1] for s in old), Counter(s[1] for s in new)
    bands = {b.name: b for b in (*before.bands, *after.bands)}
    falling = sorted(bands.values(), key=lambda b: -b.min)
    return [{"band": b, "before": was[b.name], "after": will[b.name]} for b in falling]


def _account(
    row: AccountHealth, old: Score, new: Score, before: HealthModel, after: HealthModel
) -> dict[str, Any]:
    return {
        "account": row.account,
        "before": old[0],
        "before_band": before.band(old[1]) if old[1] else None,
        "after": new[0],
        "after_band": after.band(new[1]) if new[1] else None,
    }


def segments_effect(specs: dict[str, SegmentSpec]) -> dict[str, Any]:
    """How many accounts each segment would hold, and holds by the rules in force."""
    table, rows = accounts_now.latest(scoring.settings().default_model)
    current = scoring.segment_specs()
    names = dict.fromkeys((*specs, *current))
    return {
        "kind": "segments",
        "total": len(rows),
        "capped": len(rows) == accounts_now.MOST,
        "segments": [
            {
                "title": (specs.get(n) or current[n]).title,
                "before": int(evaluate(current[n].rule, table).sum()) if n in current else None,
                "after": int(evaluate(specs[n].rule, table).sum()) if n in specs else None,
            }
            for n in names
        ],
    }

"""The model card: what a learned model stands on, how it did, what it must not be used for.

After Mitchell and others, "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.analytics.prediction.features import CHANGE, COUNT, EVENT, SINCE
from tenure.analytics.prediction.habits import HABIT
from tenure.analytics.signals.registry import Registry
from tenure.health import policy
from tenure.health.learned import models_kept
from tenure.health.models import LearnedModel

_PARTS = {
    COUNT: "“{name}”, {days} days",
    CHANGE: "“{name}” against the {days} days before",
    SINCE: "Days since “{name}”",
}

_HABITS = {
    "week": "Actions of the last week",
    "span": "Actions of the last weeks",
    "before": "Actions of the weeks before",
    "days": "Days of use in the last weeks",
    "days_before": "Days of use in the weeks before",
    "share_of_own": "The last week against its own usual week",
    "recency": "Days since the last use",
    "missed": "Days missed on which it usually comes",
    "people": "People active in the last weeks",
    "people_before": "People active in the weeks before",
    "people_lost": "People active before and no longer",
}

WAYS = {
    "boosting": "trees on all signals",
    "few": "trees on the few signals that tell most",
    "scorecard": "a scorecard",
    "blend": "a blend of trees and a scorecard",
    "shorter": "the blend for the shortest horizon",
}
"""What the ways of learning are called."""
ALONE = {"plan": "The plan", "recency": "When it was last used", "tenure": "Days as a customer"}
"""What the packaged opponents are called; one of your own by its name."""

_TITLED = ("horizons", "importance", "left_out", "suspects")
"""Parts of the report whose signals are told by their titles."""


def title_of(source: str, part: str, registry: Registry, days: int) -> str:
    """What a feature is called: the signal's title, or words about the event."""
    if part:
        words = _HABITS if source == HABIT else _PARTS
        return words[part].format(name=source.removeprefix(EVENT), days=days)
    signal = registry.signals.get(source)
    return signal.title if signal else source


def titles(row: LearnedModel) -> dict[str, str]:
    """Titles of its features by name."""
    registry, days = policy.registry(), _days(row)
    return {
        f.name: title_of(f.source, f.part, registry, days) for f in models_kept.read(row).features
    }


def _days(row: LearnedModel) -> int:
    return int(row.report["policy"]["events"]["days"])


def card(row: LearnedModel) -> dict[str, Any]:
    """Everything there is to know about a learned model, for people and as JSON."""
    report, named = row.report, titles(row)
    registry = policy.registry()

    suspects = report.get("suspects", {})  # models learned before there were any have none
    heavy = suspects.get("heavy")

    def title(name: str) -> str:
        source, _, part = name.rpartition(":") if ":" in name else (name, "", "")
        return named.get(name) or title_of(source, part, registry, _days(row))

    def titled(listed: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**entry, "title": title(entry["feature"])} for entry in listed]

    return {
        "version": row.version,
        "state": row.state,
        "trained_at": row.trained_at.isoformat(),
        "trained_by": row.trained_by,
        **{k: v for k, v in report.items() if k not in (*_TITLED, "ground")},
        "horizons": [_worded(h) for h in report["horizons"]],
        "importance": titled(report["importance"]),
        "left_out": {
            "leaks": titled(report["left_out"]["leaks"]),
            "unknown": [title(name) for name in report["left_out"]["unknown"]],
            "told_once": [title(name) for name in report["left_out"].get("told_once", [])],
        },
        "suspects": {
            "values": titled(suspects.get("values", [])),
            "heavy": next(iter(titled([heavy])), None) if heavy else None,
        },
        "needs": needs(row),
        "drift": titled(row.drift),
        "watch": row.watch,
    }


def _worded(told: Mapping[str, Any]) -> dict[str, Any]:
    """A horizon, with ways and opponents by their words; models learned before there were any have
    none."""
    way = told.get("way")
    return {
        **told,
        "way_words": WAYS.get(way, way) if way else None,
        "opponents": [
            {
                **o,
                "title": ALONE.get(o["alone"], o["alone"]),
                "known": o["auc"]["value"] is not None,
            }
            for o in told.get("opponents", [])
        ],
        "contract": told.get("contract") or {"alike": None, "can_end": None},
    }


def needs(row: LearnedModel) -> list[dict[str, Any]]:
    """What the model needs from the facts (its data contract): each signal with its group, where
    it is declared, and how many of the accounts it was known of."""
    registry = policy.registry()
    found = []
    for feature in models_kept.read(row).features:
        known = 1 - float(row.report["ground"][feature.name]["shares"][-1])
        signal = registry.signals.get(feature.source)
        found.append(
            {
                "feature": feature.name,
                "title": title_of(feature.source, feature.part, registry, _days(row)),
                "group": signal.group if signal else "Product events",
                "known": round(known, 4),
                "direction": feature.direction,
                "there": bool(feature.part) or signal is not None,
            }
        )
    return found

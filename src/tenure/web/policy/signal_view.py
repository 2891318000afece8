"""Signals and warnings laid out for reading."""

from __future__ import annotations

from typing import Any

from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.words import describe
from tenure.health.pages import sentences
from tenure.health.pages.sentences import Naming

JUDGED = {"better": "more is better", "worse": "less is better", "neutral": ""}


def signal_rows(own: Registry, whole: Registry) -> list[dict[str, Any]]:
    """One row a signal: its title, what it counts as a sentence, how it is judged."""
    return [
        {
            "name": name,
            "signal": signal,
            "group": signal.group or "Other",
            "sentence": describe(name, signal, whole),
            "judged": JUDGED[signal.higher_is],
        }
        for name, signal in own.signals.items()
    ]


def warning_rows(own: Registry, naming: Naming) -> list[dict[str, Any]]:
    """Risk signals and signs of growth: when they fire, how bad, how long before."""
    risks = [(n, s, s.level, s.lead_time) for n, s in own.risk_signals.items()]
    growth = [(n, s, "", "") for n, s in own.opportunities.items()]
    return [
        {"name": n, "warning": s, "level": level, "lead": lead, "when": _when(s, naming)}
        for n, s, level, lead in (*risks, *growth)
    ]


def _when(warning: Any, naming: Naming) -> str:
    every = " and ".join(sentences.of_test(t, naming) for t in warning.when)
    some = " or ".join(sentences.of_test(t, naming) for t in warning.when_any)
    return f"{every} and ({some})" if every and some else every or some

"""The signals in force: for naming them, and for showing what one document declares."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from tenure.analytics.signals.registry import Registry
from tenure.health import policy
from tenure.health.pages import signal_words
from tenure.health.pages.sentences import Naming, plain

T = TypeVar("T")


def current() -> Registry:
    """All signals of the workspace."""
    return signal_words.registry()


def declared(body: str) -> Registry:
    """Of the signals in force, those that the document ``body`` declares."""
    registry, document = current(), tomllib.loads(body)
    return replace(
        registry,
        signals=_only(registry.signals, document.get("signals")),
        risk_signals=_only(registry.risk_signals, document.get("risk")),
        opportunities=_only(registry.opportunities, document.get("opportunity")),
        roles=_only(registry.roles, document.get("roles")),
    )


def _only(known: Mapping[str, T], named: Any) -> dict[str, T]:
    return {n: known[n] for n in named or {} if n in known}


def naming() -> Naming:
    """From a field's name to its title and unit, as the signals in force declare them."""
    signals = current().signals

    def name(field: str) -> tuple[str, str]:
        found = signals.get(field)
        if found is None:
            return plain(field)
        return found.title, "change" if getattr(found, "kind", "") == "change" else found.unit

    return name


def default_model() -> str:
    """Name of the model that lists and pages show unless another is chosen."""
    return policy.settings().default_model

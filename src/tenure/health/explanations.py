"""Explanations of stored scores, by the model version that made them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from tenure.analytics.health import HealthModel, explain, parse_model
from tenure.health import policy
from tenure.health.models import AccountHealth, ModelVersion


def remember(model: HealthModel, version: str, body: str, now: datetime) -> None:
    """Keep the text of a model version before it makes its first score."""
    ModelVersion.objects.get_or_create(
        name=model.name, version=version, defaults={"body": body, "first_used_at": now}
    )


def model_at(name: str, version: str) -> HealthModel:
    """The model as it was in ``version``; the one in force if that was never kept."""
    return _kept(name, version) or policy.model(name)


@lru_cache(maxsize=64)
def _kept(name: str, version: str) -> HealthModel | None:
    row = ModelVersion.objects.filter(name=name, version=version).first()
    return parse_model(f"health/models/{name}.toml", row.body) if row else None


def of_row(row: AccountHealth) -> dict[str, Any]:
    """The explanation of the latest score of an account."""
    return of_values(row.model, row.model_version, row.signals, row.previous_signals, row.variant)


def of_values(
    name: str,
    version: str,
    signals: Mapping[str, Any],
    previous: Mapping[str, Any] | None,
    variant: str = "",
) -> dict[str, Any]:
    """The explanation of the score that a model version gives these signal values."""
    return explain(signals, model_at(name, version), previous, variant)

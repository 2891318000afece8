"""The rollup of the workspace: kept up to date before a scoring, where it pays."""

from __future__ import annotations

from tenure.analytics.dataset import Dataset
from tenure.analytics.rollup import Rollup
from tenure.analytics.signals.registry import Registry
from tenure.core import workspace
from tenure.facts import lake
from tenure.facts.reading import engine
from tenure.health import policy


def ready(dataset: Dataset, registry: Registry) -> Rollup | None:
    """The rollup, brought up to date; None where there are too few events for it to pay."""
    if lake.current().rows("events") < policy.settings().rollup_from_events:
        return None
    rollup = Rollup(workspace.current().rollups)
    rollup.update(dataset, registry, engine=engine())
    return rollup

"""Which health models pages show."""

from __future__ import annotations

from tenure.health import policy
from tenure.kit.pages import in_force


def default() -> str:
    """Name of the workspace's default model."""
    return in_force.loaded(policy.settings).default_model


def titles() -> dict[str, str]:
    """Name and title of every model, the default first."""
    return in_force.loaded(_titles)


def _titles() -> dict[str, str]:
    names = sorted(policy.model_names(), key=lambda n: (n != policy.settings().default_model, n))
    return {name: policy.model(name).title for name in names}

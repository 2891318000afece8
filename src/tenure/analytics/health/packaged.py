"""The health models shipped with Tenure, one file each in ``models/``."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from tenure.analytics.health.spec import HealthModel, parse_model

PACKAGED = ("six_dimensions", "four_components", "five_measures", "formula", "signal_matrix")


@lru_cache
def packaged_model(name: str = "six_dimensions") -> HealthModel:
    """The packaged model called ``name``; KeyError if there is none.

    >>> {d.title: d.weight for d in packaged_model("formula").dimensions}
    {'Usage': 40.0, 'Engagement': 30.0, 'Satisfaction': 20.0, 'Payment': 10.0}
    """
    if name not in PACKAGED:
        raise KeyError(f"no packaged model {name}; there are {', '.join(PACKAGED)}")
    text = (files("tenure.analytics.health") / "models" / f"{name}.toml").read_text()
    return parse_model(f"health/models/{name}.toml", text)

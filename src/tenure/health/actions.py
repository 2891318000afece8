"""Everything that changes health, under one name."""

from tenure.health.overrides import end as end_override
from tenure.health.overrides import override, restore_expired
from tenure.health.scoring import backtest, run_scoring
from tenure.health.validations import validate_model

__all__ = [
    "backtest",
    "end_override",
    "override",
    "restore_expired",
    "run_scoring",
    "validate_model",
]

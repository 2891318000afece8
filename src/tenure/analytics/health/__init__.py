"""Health: 0 to 100 from weighted signals, churn risk beside it, and the reasons for both.

>>> import datetime, pyarrow as pa
>>> from tenure.analytics.health.risk import default_risk
>>> signals = pa.table({"account_id": ["a"], "active_days_28d": [12.0], "payment_state": ["late"]})
>>> now = datetime.datetime(2024, 3, 1, tzinfo=datetime.UTC)
>>> table = score(signals, packaged_model("formula"), default_risk(), now)
>>> table.select(["health", "band", "coverage"]).to_pylist()
[{'health': 64.0, 'band': 'neutral', 'coverage': 0.3}]
"""

from tenure.analytics.health.explain import explain
from tenure.analytics.health.packaged import PACKAGED, packaged_model
from tenure.analytics.health.score import Circumstances, score
from tenure.analytics.health.spec import HealthModel, parse_model

__all__ = [
    "PACKAGED",
    "Circumstances",
    "HealthModel",
    "explain",
    "packaged_model",
    "parse_model",
    "score",
]

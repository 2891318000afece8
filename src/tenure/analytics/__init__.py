"""Customer analytics as a library: DataFrames in, DataFrames out, no server needed.

>>> import tenure.analytics as ta
>>> "dau_mau" in ta.default_registry().signals
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenure.analytics.asof import as_of
    from tenure.analytics.churn import churn_dates
    from tenure.analytics.dataset import Dataset
    from tenure.analytics.engine import DuckDBEngine, Engine, SparkEngine
    from tenure.analytics.errors import SpecError
    from tenure.analytics.experiments.analyse import analyse_experiment
    from tenure.analytics.experiments.policy import default_experiments, parse_experiments
    from tenure.analytics.experiments.savings import Worth
    from tenure.analytics.health import packaged_model, parse_model
    from tenure.analytics.health.explain import explain
    from tenure.analytics.health.risk import default_risk
    from tenure.analytics.health.score import score
    from tenure.analytics.rollup import Rollup
    from tenure.analytics.signals.compute import compute_person_signals, compute_signals
    from tenure.analytics.signals.explain import explain_signal, signal_facts
    from tenure.analytics.signals.fired import fired_opportunities, fired_risk_signals
    from tenure.analytics.signals.registry import Registry, default_registry, load_registry
    from tenure.analytics.validation.report import Subject, validate

_WHERE = {
    "analyse_experiment": "experiments.analyse",
    "default_experiments": "experiments.policy",
    "parse_experiments": "experiments.policy",
    "Worth": "experiments.savings",
    "as_of": "asof",
    "churn_dates": "churn",
    "explain": "health",
    "packaged_model": "health",
    "parse_model": "health",
    "score": "health",
    "default_risk": "health.risk",
    "Subject": "validation.report",
    "validate": "validation.report",
    "Dataset": "dataset",
    "DuckDBEngine": "engine",
    "Engine": "engine",
    "SparkEngine": "engine",
    "SpecError": "errors",
    "Rollup": "rollup",
    "compute_person_signals": "signals.compute",
    "compute_signals": "signals.compute",
    "explain_signal": "signals.explain",
    "signal_facts": "signals.explain",
    "fired_opportunities": "signals.fired",
    "fired_risk_signals": "signals.fired",
    "Registry": "signals.registry",
    "default_registry": "signals.registry",
    "load_registry": "signals.registry",
}

__all__ = [
    "Dataset",
    "DuckDBEngine",
    "Engine",
    "Registry",
    "Rollup",
    "SparkEngine",
    "SpecError",
    "Subject",
    "Worth",
    "analyse_experiment",
    "as_of",
    "churn_dates",
    "compute_person_signals",
    "compute_signals",
    "default_experiments",
    "default_registry",
    "default_risk",
    "explain",
    "explain_signal",
    "fired_opportunities",
    "fired_risk_signals",
    "load_registry",
    "packaged_model",
    "parse_experiments",
    "parse_model",
    "score",
    "signal_facts",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that importing the library stays quick."""
    if name not in _WHERE:
        raise AttributeError(f"module 'tenure.analytics' has no attribute {name!r}")
    return getattr(import_module(f"tenure.analytics.{_WHERE[name]}"), name)

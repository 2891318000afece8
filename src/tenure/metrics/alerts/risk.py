"""Risk signals of accounts as alerts: after every live scoring, those that fire and no others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa

from tenure.analytics.signals.fired import fired_risk_signals
from tenure.health import policy
from tenure.metrics.alerts import actions, documents
from tenure.metrics.alerts.actions import Condition

KIND = "risk"


def after_scoring(everyone: pa.Table, _as_of: datetime, now: datetime) -> None:
    """A live scoring by the default model is done: open and close alerts by what fires now."""
    actions.sync(KIND, list(conditions(everyone)), now=now)


def conditions(everyone: pa.Table) -> Iterator[Condition]:
    """A sign for every risk signal of a level that policy names, of every active account."""
    registry, levels = policy.registry(), documents.current().risk.levels
    active = everyone.filter(everyone["active"])
    accounts = active["account_id"].to_pylist()
    for account, fired in zip(accounts, fired_risk_signals(active, registry), strict=True):
        for name in fired:
            risk = registry.risk_signals[name]
            if risk.level in levels:
                said = f"{risk.description} " if risk.description else ""
                yield Condition(
                    key=f"{KIND}:{name}:{account}",
                    signal=name,
                    severity=risk.level,
                    title=risk.title,
                    says=f"{said}Usual time to churn: {risk.lead_time}.",
                    account_id=account,
                )

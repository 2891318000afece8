"""First value: the first use of a core feature after an account began, as facts tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure.analytics.moments import micros
from tenure.analytics.signals.inputs import PRODUCT
from tenure.facts import lake
from tenure.health.lake_reading import as_known

TABLES = ("accounts", "events", "features")


@dataclass(frozen=True)
class First:
    """When an account began and reached first value (microseconds; None: not yet), and how many
    different things its people had done by then (0 where that was not asked)."""

    account_id: str
    begun: int
    reached: int | None
    actions: int


def known() -> bool:
    """Whether there are accounts, events, and features of which some are core."""
    here = lake.current()
    return all(here.exists(t) and here.rows(t) > 0 for t in TABLES)


def firsts(since: datetime, now: datetime, *, actions: bool = False) -> Sequence[First]:
    """Every account that began from ``since`` on, as known at ``now``; ``actions`` are counted only
    if asked for, as that reads the events once more."""
    rows = as_known(
        _ACTIONS if actions else "SELECT *, 0 AS actions FROM begun",
        now, *TABLES, parts={"begun": _BEGUN.format(since=micros(since))}, since=since.date(),
    )  # fmt: skip
    return [First(r["account_id"], r["begun"], r["reached"], r["actions"]) for r in rows]


_ACTIONS = f"""
SELECT a.account_id, a.begun, a.reached, COUNT(DISTINCT e.event) AS actions
FROM begun AS a LEFT JOIN events AS e ON e.account_id = a.account_id
 AND e.timestamp >= a.begun AND e.timestamp <= a.reached AND {PRODUCT}
GROUP BY ALL
"""
_BEGUN = """
SELECT a.account_id, a.created_at AS begun, MIN(e.timestamp) AS reached FROM accounts AS a
LEFT JOIN events AS e ON e.account_id = a.account_id AND e.timestamp >= a.created_at
 AND e.event IN (SELECT event FROM features WHERE core)
WHERE a.created_at >= {since} GROUP BY a.account_id, a.created_at
"""

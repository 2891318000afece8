"""From events to a row per account, person and day: the bottom of queries and of the rollup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tenure.analytics.moments import DAY_US
from tenure.analytics.signals.inputs import PRODUCT, Input
from tenure.analytics.signals.sql import literals

Arrival = Literal["needed", "always"]


def scan_sql(
    inputs: Sequence[Input], bounds: str, person: bool = True, arrival: Arrival = "needed"
) -> str:
    """Rows ``account_id [, person_id], day, one column per input`` of the events within ``bounds``.

    ``arrival``: facts that arrived on different days are kept apart where an input needs it; with
    ``always`` they are in any case, and the day of arrival is returned as ``arrived``.
    """
    own = sorted({e for i in inputs if i.own for e in i.events or ()})
    flags = {i.matches(product=not own): f"f{n}" for n, i in enumerate(inputs)}
    by_arrival = arrival == "always" or any(i.per_arrival for i in inputs)
    keys = ["account_id", *(["person_id"] if person or by_arrival else []), "day"]
    source = _source(inputs, flags, by_arrival, bounds, own)
    if arrival == "always":
        keys.append("arrived")
    groups = [*keys, *(["arrived"] if by_arrival and "arrived" not in keys else [])]
    columns = [f"{i.sql(flags[i.matches(product=not own)])} AS {i.name}" for i in inputs]
    return (
        f"SELECT {', '.join([*keys, *columns])} FROM ({source}) AS s GROUP BY {', '.join(groups)}"
    )


def _source(
    inputs: Sequence[Input], flags: dict[str, str], by_arrival: bool, bounds: str, own: list[str]
) -> str:
    wanted = ["account_id", "person_id", f"CAST(timestamp // {DAY_US} AS INT) AS day"]
    wanted += [f"{match} AS {flag}" for match, flag in flags.items()]
    wanted += sorted({c for i in inputs for c in _columns(i)})
    if by_arrival:
        wanted.append(f"CAST(received_at // {DAY_US} AS INT) AS arrived")
    kept = f"({PRODUCT} OR event IN {literals(own)})" if own else PRODUCT
    return (
        f"SELECT {', '.join(wanted)} FROM raw_events"
        f" WHERE account_id IS NOT NULL AND {kept} AND {bounds}"
    )


def _columns(i: Input) -> list[str]:
    """Columns of an event the input reads beside its flag."""
    return {
        "sum": ["properties"],
        "known": ["properties"],
        "sessions": ["session_id"],
        "minutes": ["timestamp"],
        "mask": ["event"],
    }.get(i.kind, [])

"""Who churned, when, and how, as it was known at a moment.

An account is a customer while one of its subscriptions is in force (``analytics.subscriptions``).
It *churns* on the day its last subscription ends if none begins within the days of grace;
subscriptions that follow one another within them (monthly periods, a change of plan) are one stay.
Who comes back later is *reactivated* and may churn again. An ending less than the grace before the
moment of knowing is undecided, and so is not yet a churn. Who only tried and never paid was won by
nobody, and so does not churn.

The kind is what the subscription says (``end_reason``); if it says nothing, *involuntary* when the
last payment attempt shortly before the end failed, else *unknown*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.dataset import Dataset
from tenure.analytics.subscriptions import FOREVER, SPAN_COLUMNS, spans_sql

STAMP = pa.timestamp("us", tz="UTC")
OPEN = np.iinfo(np.int64).max
"""The end of what has not ended."""
_MOMENTS = ("started_at", "updated_at", "ended_at", "received_at")

Micros = npt.NDArray[np.int64]


class ChurnPolicy(BaseModel):
    """The numbers of the rule (``churn.toml``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grace_days: int = Field(ge=0)
    involuntary_days: int = Field(ge=0)
    ended_statuses: tuple[str, ...] | None = Field(
        None, description="no longer used: see docs/rules/subscriptions.md"
    )


def parse_churn(source: str, text: str) -> ChurnPolicy:
    """The churn policy in the TOML ``text``; SpecError if it is not sound."""
    return toml.parse(ChurnPolicy, source, toml.read(source, text))


@lru_cache
def default_churn() -> ChurnPolicy:
    """The packaged churn policy."""
    return parse_churn("churn", (files("tenure.analytics") / "churn.toml").read_text())


@dataclass(frozen=True)
class Stays:
    """Unbroken times as a customer, sorted by account and start; one row each.

    ``end`` is OPEN while the stay lasts; ``reason`` is the end reason told, if any; ``paid`` says
    whether anything was ever paid for in it.
    """

    account: npt.NDArray[np.object_]
    start: Micros
    end: Micros
    reason: npt.NDArray[np.object_]
    paid: npt.NDArray[np.bool_]

    def only(self, wanted: npt.NDArray[np.bool_]) -> Stays:
        """Those of them."""
        return Stays(
            self.account[wanted],
            self.start[wanted],
            self.end[wanted],
            self.reason[wanted],
            self.paid[wanted],
        )


def stays(
    subscriptions: pa.Table, as_known_at: datetime, policy: ChurnPolicy | None = None
) -> Stays:
    """The stays that the subscription facts known at ``as_known_at`` tell of.

    ``subscriptions`` has the columns of the table of that name; an end in the future is not known
    yet.
    """
    from tenure.analytics.engine import DuckDBEngine

    query = (
        "SELECT account_id, begins, until, ended_why, paid FROM"
        f" ({spans_sql(_stamp(as_known_at))}) WHERE alive AND until >= begins"
        " ORDER BY account_id, begins, until, subscription_id"
    )
    found = DuckDBEngine(threads=2).query(
        query, Dataset({"subscriptions": _stamped(subscriptions)})
    )
    ends = found["until"].to_numpy()
    return _merge(
        _texts(found["account_id"]),
        found["begins"].to_numpy(),
        np.where(ends == FOREVER, OPEN, ends),
        _texts(found["ended_why"]),
        np.asarray(found["paid"].to_numpy(), dtype=bool),
        policy or default_churn(),
    )


def churn_dates(
    subscriptions: pa.Table,
    as_known_at: datetime,
    grace_days: int | None = None,
    *,
    payments: pa.Table | None = None,
    policy: ChurnPolicy | None = None,
) -> pa.Table:
    """Every churn known at ``as_known_at``: account_id, churned_at, kind, reactivated_at.

    An account that came back and left again has a row for each time; ``reactivated_at`` is NULL
    where it stayed away.
    """
    policy = policy or default_churn()
    if grace_days is not None:
        policy = policy.model_copy(update={"grace_days": grace_days})
    found = stays(subscriptions, as_known_at, policy)
    found = found.only(found.paid)
    grace = _span(policy.grace_days)
    over = (found.end != OPEN) & (found.end <= _stamp(as_known_at) - grace)
    later = np.r_[found.account[1:] == found.account[:-1], False] if len(found.start) else over
    back = np.where(later, np.r_[found.start[1:], 0], 0) if len(found.start) else found.start
    over |= later  # somebody who came back after the grace had left
    kinds = [reason or "unknown" for reason in found.reason[over]]
    ended = found.end[over]
    table = pa.table(
        {
            "account_id": pa.array(found.account[over], pa.string()),
            "churned_at": pa.array(ended).cast(STAMP),
            "kind": pa.array(kinds, pa.string()),
            "reactivated_at": pa.array(back[over], mask=~later[over]).cast(STAMP),
        }
    )
    return table if payments is None else _infer_kinds(table, payments, as_known_at, policy)


def active_at(
    subscriptions: pa.Table, at: datetime, policy: ChurnPolicy | None = None
) -> npt.NDArray[np.object_]:
    """Accounts with a subscription in force at ``at``, as known then; sorted."""
    found = stays(subscriptions, at, policy)
    now = _stamp(at)
    return np.unique(found.account[(found.start < now) & (found.end >= now)].astype(str))


def _stamped(subscriptions: pa.Table) -> pa.Table:
    """What is asked of them, with moments as moments whatever the frame had; the engine adds what
    is missing."""
    subscriptions = subscriptions.select(
        [c for c in subscriptions.column_names if c in SPAN_COLUMNS]
    )
    for place, name in enumerate(subscriptions.column_names):
        if name in _MOMENTS:
            moments = subscriptions[name].cast(STAMP)
            subscriptions = subscriptions.set_column(place, name, moments)
    if "received_at" in subscriptions.column_names:
        return subscriptions
    told = [
        subscriptions[n] for n in ("updated_at", "started_at") if n in subscriptions.column_names
    ]
    return subscriptions.append_column("received_at", pc.coalesce(*told))


def _merge(
    account: npt.NDArray[np.object_],
    start: Micros,
    end: Micros,
    reason: npt.NDArray[np.object_],
    paid: npt.NDArray[np.bool_],
    policy: ChurnPolicy,
) -> Stays:
    """Spans that touch, overlap or follow within the grace become one stay."""
    if not len(account):
        return Stays(account, start, end, reason, paid)
    new = np.r_[True, account[1:] != account[:-1]]
    numbers = np.cumsum(new) - 1
    reach = _running_max(end, numbers)
    before = np.r_[0, reach[:-1]]
    grace = _span(policy.grace_days)
    gap = (before != OPEN) & (start > np.where(before == OPEN, 0, before) + grace)
    first = new | gap
    starts = np.flatnonzero(first)
    lasts = np.r_[starts[1:] - 1, len(account) - 1]
    finish = reach[lasts]
    ever = np.logical_or.reduceat(paid, starts)
    reasons = _reasons(starts, end, reason, finish)
    return Stays(account[starts], start[starts], finish, reasons, ever)


def _running_max(end: Micros, numbers: Micros) -> Micros:
    """Latest end so far within each account (accounts are numbered in order)."""
    _, ranks = np.unique(end, return_inverse=True)
    span = int(ranks.max()) + 1
    running = np.maximum.accumulate(numbers * span + ranks)
    return np.asarray(np.unique(end)[running - numbers * span])


def _reasons(
    starts: Micros, end: Micros, reason: npt.NDArray[np.object_], finish: Micros
) -> npt.NDArray[np.object_]:
    """The reason told by the subscription that ended last in each stay."""
    stay = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(end)]))
    told = np.full(len(starts), None, dtype=object)
    last = (end == finish[stay]) & (reason != None) & (end != OPEN)  # noqa: E711  elementwise
    told[stay[last]] = reason[last]
    return told


def _infer_kinds(
    churned: pa.Table, payments: pa.Table, at: datetime, policy: ChurnPolicy
) -> pa.Table:
    moment, span = _stamp(at), _span(policy.involuntary_days)
    tried = _micros(payments["attempted_at"])
    order = np.argsort(tried, kind="stable")
    last: dict[str, list[tuple[int, bool]]] = {}
    wanted = set(churned["account_id"].to_pylist())
    accounts, status = _texts(payments["account_id"]), _texts(payments["status"])
    for row in order[tried[order] < moment]:
        if accounts[row] in wanted:
            last.setdefault(accounts[row], []).append((int(tried[row]), status[row] == "failed"))
    kinds = []
    ends = _micros(churned["churned_at"]).tolist()
    for account, end, kind in zip(
        churned["account_id"].to_pylist(), ends, churned["kind"].to_pylist(), strict=True
    ):
        failed = _failed_before(last.get(account, ()), end, span)
        kinds.append("involuntary" if kind == "unknown" and failed else kind)
    return churned.set_column(2, "kind", pa.array(kinds, pa.string()))


def _failed_before(attempts: Sequence[tuple[int, bool]], end: int, span: int) -> bool:
    near = [failed for tried, failed in attempts if end - span <= tried <= end]
    return bool(near) and near[-1]


def _micros(column: pa.ChunkedArray | pa.Array, missing: int = 0) -> Micros:
    return np.asarray(pc.fill_null(column.cast(STAMP).cast(pa.int64()), missing).to_numpy())


def _texts(column: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.object_]:
    return np.asarray(
        column.to_numpy(zero_copy_only=False)
        if isinstance(column, pa.Array)
        else column.to_numpy(),
        dtype=object,
    )


def _stamp(moment: datetime) -> int:
    return int(pa.scalar(moment, STAMP).value)


def _span(days: int) -> int:
    return int(timedelta(days=days).total_seconds() * 1_000_000)

"""What a subscription is at a moment: the one rule that every reader asks.

A subscription is told by facts that follow on each other (``Table.key``); what it is at a moment
follows from all of those known then, not from the last one alone:

=========  ==============================================  ========  ====
state      when                                            in force  pays
=========  ==============================================  ========  ====
scheduled  its first day is to come                        no        no
trialing   on trial, and has never paid                    yes       no
active     no other word; also *on trial* after it paid    yes       yes
past_due   a charge failed (``unpaid`` is the same)        yes       yes
paused     on pause, by whomever, after it paid            yes       no
ended      its end has come, and it had paid               no        no
lapsed     it ended, or was paused, and had never paid     no        no
=========  ==============================================  ========  ====

*In force* makes a customer; *pays* makes MRR. Further details:

* ``cancelled`` without an end ended when that was told. With an end, it goes on until then as it
  was before: what was paused stays paused.
* It *has paid* if its history does not begin with a trial, or if after the trial it was active for
  longer than the first charge takes to fail. A trial that became past due at once has not.
* A free month of a payer is told as ``trialing`` by billing systems: its MRR stands.
* A word that nobody knows (contracts keep them out) is in force and pays nothing.

SQL here is in DuckDB's dialect over relations like ``raw_subscriptions``; moments are microseconds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

SCHEDULED, TRIALING, ACTIVE, PAST_DUE, PAUSED = (
    "scheduled",
    "trialing",
    "active",
    "past_due",
    "paused",
)
ENDED, LAPSED, CANCELLED = "ended", "lapsed", "cancelled"
OVER = (ENDED, LAPSED)
FOREVER = 2**62
"""The end of what has not ended, in microseconds."""


@cache
def _settings() -> dict[str, Any]:
    return tomllib.loads((files("tenure.analytics") / "subscriptions.toml").read_text("utf-8"))


def first_charge() -> timedelta:
    """How long the first charge after a trial takes to fail."""
    return timedelta(hours=_settings()["first_charge_hours"])


def word(status: str | None) -> str:
    """A status in our words.

    >>> word(None), word("Unpaid"), word("canceled")
    ('active', 'past_due', 'cancelled')
    """
    plain = (status or ACTIVE).lower()
    return str(_settings()["words"].get(plain, plain))


@dataclass(frozen=True)
class Fact:
    """What one fact tells of a subscription; ``since`` is when it became so."""

    since: datetime
    started_at: datetime
    status: str | None = None
    ended_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, also if that is to come."""
        return self.ended_at or (self.since if word(self.status) == CANCELLED else None)


@dataclass(frozen=True)
class State:
    """What a subscription is at a moment."""

    name: str
    in_force: bool
    pays: bool


def state_at(facts: Sequence[Fact], at: datetime) -> State:
    """The state at ``at`` of a subscription with these facts (one at least), oldest first.

    >>> from datetime import UTC
    >>> day = lambda n: datetime(2026, 1, n, tzinfo=UTC)
    >>> trial, paid = Fact(day(1), day(1), "trialing"), Fact(day(8), day(1), "active")
    >>> state_at([trial], day(5))
    State(name='trialing', in_force=True, pays=False)
    >>> state_at([trial, paid, Fact(day(15), day(1), "trialing")], day(20))
    State(name='active', in_force=True, pays=True)
    >>> state_at([trial, Fact(day(8), day(1), "cancelled")], day(20)).name
    'lapsed'
    """
    last, paid = facts[-1], has_paid(facts)
    ends = last.ends_at
    if ends is not None and ends <= at:
        return State(ENDED if paid and ends >= last.started_at else LAPSED, False, False)
    if last.started_at > at:
        return State(SCHEDULED, False, False)
    name = next((w for f in reversed(facts) if (w := word(f.status)) != CANCELLED), ACTIVE)
    if name == TRIALING and paid:
        name = ACTIVE
    if name == PAUSED and not paid:
        return State(LAPSED, False, False)
    return State(name, True, paid and name in (ACTIVE, PAST_DUE))


def has_paid(facts: Sequence[Fact]) -> bool:
    """Whether the facts (oldest first) show that it was ever paid for."""
    proven, tried, converted, stands = False, False, None, ACTIVE
    for this, following in zip(facts, [*facts[1:], None], strict=True):
        said = word(this.status)
        stands = said if said != CANCELLED else stands
        if said == TRIALING:
            tried, converted = True, following.since if following else None
        lasts = (
            following is None or converted is None or following.since > converted + first_charge()
        )
        proven |= not tried or (stands == ACTIVE and lasts)
    return proven


def history_sql(facts: str) -> str:
    """The facts of the query ``facts`` with what the history up to each says.

    Added columns: ``since``; ``begins`` and ``until`` (from when to when it was so); ``ends`` (when
    it ends, as this fact tells, also if that is to come); ``stands`` (what it is while it lasts:
    trialing, active, past_due, paused, lapsed); ``paid`` (it has paid by then); ``ended_why``
    (``end_reason``, where it ended with this span).
    """
    so_far = "(PARTITION BY subscription_id ORDER BY since, received_at, message_id"
    before = f"OVER {so_far} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    over = f"OVER {so_far})"
    charge = first_charge() // timedelta(microseconds=1)
    words = " ".join(f"WHEN '{k}' THEN '{v}'" for k, v in _settings()["words"].items())
    said = f"LOWER(COALESCE(status, '{ACTIVE}'))"
    live = f"CASE WHEN word <> '{CANCELLED}' THEN word END"
    return f"""
        SELECT *,
            CASE WHEN stood = '{TRIALING}' AND proven = 1 THEN '{ACTIVE}'
                 WHEN stood = '{PAUSED}' AND proven = 0 THEN '{LAPSED}'
                 ELSE stood END AS stands,
            proven = 1 AND COALESCE(ends, {FOREVER}) >= started_at AS paid,
            LEAST(COALESCE(LEAD(begins) {over}, {FOREVER}), COALESCE(ends, {FOREVER}),
                  CASE WHEN later_end < next_since THEN later_end ELSE {FOREVER} END) AS until,
            CASE WHEN ends IS NOT NULL THEN end_reason
                 WHEN later_end <= next_since THEN later_why END AS ended_why
        FROM (
            SELECT *, MAX(CASE WHEN tried = 0 OR stood = '{ACTIVE}' AND COALESCE(
                    next_since, {FOREVER}) > COALESCE(converted, 0) + {charge}
                THEN 1 ELSE 0 END) {before} AS proven,
                LEAD(ends) {over} AS later_end, LEAD(end_reason) {over} AS later_why
            FROM (
                SELECT *, MAX(CASE WHEN word = '{TRIALING}' THEN next_since END) {before}
                    AS converted
                FROM (
                    SELECT *, LEAD(since) {over} AS next_since,
                        COALESCE(LAST_VALUE({live} IGNORE NULLS) {before}, '{ACTIVE}') AS stood,
                        MAX(CASE WHEN word = '{TRIALING}' THEN 1 ELSE 0 END) {before} AS tried,
                        CASE WHEN LAG(since) {over} IS NULL THEN started_at
                             ELSE GREATEST(since, started_at) END AS begins,
                        COALESCE(ended_at, CASE WHEN word = '{CANCELLED}' THEN since END) AS ends
                    FROM (
                        SELECT *, COALESCE(updated_at, started_at) AS since,
                            CASE {said} {words} ELSE {said} END AS word
                        FROM ({facts}) AS told
                    ) AS worded
                ) AS stretched
            ) AS tried_first
        ) AS judged"""


def state_sql(cut: str) -> dict[str, str]:
    """Expressions for ``state``, ``in_force`` and ``pays`` just before the moment ``cut``, over a
    relation ``x`` with columns of ``history_sql`` and ``finished_at``."""
    there = f"x.finished_at IS NULL AND x.started_at < {cut} AND x.stands <> '{LAPSED}'"
    return {
        "state": f"CASE WHEN x.finished_at IS NOT NULL AND x.paid THEN '{ENDED}'"
        f" WHEN x.finished_at IS NOT NULL THEN '{LAPSED}'"
        f" WHEN NOT x.started_at < {cut} THEN '{SCHEDULED}' ELSE x.stands END",
        "in_force": there,
        "pays": f"{there} AND x.paid AND x.stands IN ('{ACTIVE}', '{PAST_DUE}')",
    }


def spans_sql(known: int) -> str:
    """What every subscription was from when to when, from the facts known at ``known``.

    Columns of ``raw_subscriptions`` (identity, money and times) and of ``history_sql``, with
    ``alive`` (in force), ``pays``, and ``until`` FOREVER while it goes on. The first fact holds
    from ``started_at`` on.
    """
    return f"""
        SELECT * REPLACE (CASE WHEN until < {known} THEN until ELSE {FOREVER} END AS until),
            stands <> '{LAPSED}' AS alive,
            paid AND stands IN ('{ACTIVE}', '{PAST_DUE}') AS pays
        FROM ({history_sql(_known_facts(known))}) AS told"""


SPAN_COLUMNS = (
    "subscription_id",
    "account_id",
    "status",
    "mrr_minor",
    "currency",
    "started_at",
    "updated_at",
    "ended_at",
    "end_reason",
    "received_at",
    "message_id",
)


def _known_facts(known: int) -> str:
    columns = ", ".join(f"r.{name}" for name in SPAN_COLUMNS)
    return (
        f"SELECT {columns} FROM raw_subscriptions AS r"
        f" WHERE COALESCE(r.updated_at, r.started_at) < {known} AND r.received_at < {known}"
    )

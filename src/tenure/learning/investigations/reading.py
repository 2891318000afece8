"""What the workspace knows of accounts that left, read for many at a time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from tenure.accounts.models import Membership
from tenure.facts import lake
from tenure.facts.queries import rows_of_many
from tenure.facts.reading import text
from tenure.health import policy as health
from tenure.health import runs
from tenure.health.lake_scores import run_rows
from tenure.learning.investigations.judging import Contact, Look
from tenure.learning.investigations.settings import Settings
from tenure.plays.models import HELD_OUT, Enrolment
from tenure.programs.cancel import finding as cancelling
from tenure.work.tasks.models import DONE, Task

STAMP = pa.timestamp("us", tz="UTC")
TABLES = ("subscriptions", "tickets", "interactions", "responses")
Row = dict[str, Any]


class Context:
    """The lake as it was at the ends of many losses, and as it is at ``now``; read at once."""

    def __init__(
        self,
        ends: Sequence[tuple[str, datetime]],
        since: datetime,
        numbers: Settings,
        now: datetime,
    ) -> None:
        self.numbers = numbers
        self._known = {name: rows_of_many(name, ends) for name in TABLES}
        later = rows_of_many("subscriptions", [(account, now) for account, _ in ends])
        self._known["subscriptions"] |= later
        self.contacts_kept = lake.current().dataset(["interactions"]).has("interactions")
        self._scores = _scores([account for account, _ in ends], since)

    def scores(self, account: str, start: datetime, end: datetime) -> list[Row]:
        """Scores of the default model as of moments from ``start`` to ``end``, oldest first."""
        return [r for r in self._scores.get(account, ()) if start <= r["as_of"] <= end]

    def known(self, table: str, account: str, at: datetime) -> list[Row]:
        """The account's things in a table as they were known at ``at`` (one of the moments this was
        made for), latest first."""
        return self._known[table].get((account, at), [])


def _scores(accounts: Sequence[str], since: datetime) -> dict[str, list[Row]]:
    model = health.settings().default_model
    chosen = list(runs.finished(model).filter(as_of__gte=since))
    wanted = ", ".join(text(a) for a in accounts)
    columns = "account_id, as_of, health, band, risk_level, risk_signals, segments, purpose"
    found: dict[str, list[Row]] = defaultdict(list)
    if not accounts:
        return found
    rows = run_rows(chosen, columns, f"account_id IN ({wanted})").sort_by("as_of").to_pylist()
    for row in rows:
        found[row["account_id"]].append(row)
    return found


def looks(scores: Sequence[Row]) -> list[Look]:
    """The warnings at each score."""
    return [
        Look(row["as_of"], tuple(json.loads(row["risk_signals"] or "[]")), row["purpose"] == "live")
        for row in scores
    ]


def contacts(
    ground: Context, account: str, start: datetime, end: datetime
) -> tuple[list[Row], list[Contact]]:
    """Interactions and tasks done from ``start`` to before ``end``, latest first: to be kept, and
    as contacts."""
    mine = ground.numbers.warnings.own_doing
    met = [
        {
            "at": row["happened_at"],
            "what": row["kind"].lower(),
            "by": row["by"] or "",
            "outcome": row["outcome"] or "",
        }
        for row in ground.known("interactions", account, end)
        if row["happened_at"] >= start and row["kind"].lower() not in mine
    ]
    done = Task.objects.filter(
        account_id=account, state=DONE, closed_at__gte=start, closed_at__lt=end
    )
    met += [
        {"at": t.closed_at, "what": f"task: {t.title}", "by": t.closed_by, "outcome": t.outcome}
        for t in done
    ]
    met.sort(key=lambda c: c["at"], reverse=True)
    return [_iso(c) for c in met], [Contact(c["at"], c["what"]) for c in met]


def plays(account: str, start: datetime, end: datetime) -> tuple[list[Row], list[Contact]]:
    """Plays the account was in, latest first; a hold-out got nothing and is told as such."""
    rows = Enrolment.objects.filter(
        account_id=account, entered_at__gte=start, entered_at__lt=end
    ).order_by("-entered_at")
    listed, acted = [], []
    for row in rows:
        held = row.state == HELD_OUT or row.held_out
        came = "held out" if held else "goal reached" if row.goal_at and row.goal_at < end else ""
        listed.append({"at": row.entered_at.isoformat(), "play": row.play, "came": came})
        if not held:
            acted.append(Contact(row.entered_at, f"play {row.play}"))
    return listed, acted


def visit(account: str, end: datetime) -> tuple[str, list[Row]]:
    """The reason told in the last cancel flow before the end was known, and what was offered."""
    found = cancelling.last_reason(account, end)
    if found is None:
        return "", []
    offers = found.offers.order_by("place").values("name", "kind", "shown_at", "answer")
    return found.reason, [
        {
            "at": o["shown_at"].isoformat(),
            "offer": o["name"],
            "kind": o["kind"],
            "answer": o["answer"] or "not answered",
        }
        for o in offers
    ]


def lost(ground: Context, account: str, end: datetime, now: datetime) -> Row:
    """What ended at ``end``: monthly revenue, currency, plan, first day of what was in force.

    The value is what the subscription said before its end: many senders set it to 0 with it.
    """
    before = {r["subscription_id"]: r for r in ground.known("subscriptions", account, end)}
    after = ground.known("subscriptions", account, now)
    near = timedelta(days=1)
    ended = [r for r in after if abs((r["ended_at"] or r["updated_at"]) - end) <= near] or after[:1]
    worth = [before.get(r["subscription_id"], r) for r in ended]
    value = [r["mrr_minor"] or 0 for r in worth]
    dearest = max(worth, key=lambda r: r["mrr_minor"] or 0, default=None)
    if dearest is None:
        return {"mrr_minor": 0, "currency": "", "plan_id": "", "since": None}
    same = dearest["currency"]
    total = sum(v for v, r in zip(value, worth, strict=True) if r["currency"] == same)
    return {
        "mrr_minor": total,
        "currency": same or "",
        "plan_id": dearest["plan_id"] or "",
        "since": min(r["started_at"] for r in after),
    }


def champion_left(account: str, start: datetime, end: datetime) -> str:
    """When the account's champion left, if in the time looked at and nobody followed."""
    rows = list(Membership.objects.filter(account_id=account, role="champion"))
    if any(m.left_at is None or m.left_at >= end for m in rows):
        return ""
    gone = [m.left_at for m in rows if m.left_at and start <= m.left_at < end]
    return max(gone).isoformat() if gone else ""


def _iso(row: Mapping[str, Any]) -> Row:
    return {**row, "at": row["at"].isoformat()}

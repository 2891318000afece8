"""The monthly review: what there was to see, what was decided, and what followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.db import transaction

from tenure.analytics.churn import OPEN as LASTS
from tenure.analytics.churn import STAMP, stays
from tenure.analytics.errors import SpecError
from tenure.analytics.moments import micros
from tenure.core import audit
from tenure.facts import lake
from tenure.facts.inbox import OwnFact, record_own
from tenure.facts.reading import engine
from tenure.health import policy as health
from tenure.learning.investigations import documents, months, patterns
from tenure.learning.investigations.models import CONFIRMED, VOID, Change, Investigation, Review
from tenure.learning.investigations.patterns import Followed, Loss

TARGET = "churn_review"
KINDS = ("product", "process")
ENDS = ("open", "done", "dropped")


def losses(since: date, until: date) -> list[Loss]:
    """The losses of the months from ``since`` to ``until``, both included."""
    rows = Investigation.objects.exclude(state=VOID).filter(
        churned_at__gte=months.bounds(since)[0], churned_at__lt=months.bounds(until)[1]
    )
    return [
        Loss(
            months.of(r.churned_at),
            r.account_id,
            r.cause,
            r.kind,
            r.verdict,
            r.mrr_minor,
            r.currency,
            r.plan_id,
            tuple(r.segments),
            r.state == CONFIRMED,
        )
        for r in rows.defer("dossier", "evidence")
    ]


def report(month: date) -> dict[str, Any]:
    """The pattern of a month as things stand."""
    found = losses(months.step(month, -2), month)
    return patterns.report(found, month, documents.current().review)


def month_review(month: date) -> dict[str, Any]:
    """The review of a month, kept or not, as JSON."""
    kept = Review.objects.filter(month=month).first()
    closed = kept is not None and kept.closed_at is not None
    columns = ("id", "cause", "kind", "title", "owner", "due_on", "experiment", "state", "ended_on")
    return {
        "month": f"{month:%Y-%m}",
        "closed_at": kept.closed_at if kept else None,
        "note": kept.note if kept else "",
        "report": kept.report if kept and closed else report(month),
        "changes": list(kept.changes.order_by("pk").values(*columns)) if kept else [],
    }


def last_whole(now: datetime) -> date:
    """The last month whose losses are all known."""
    wait = timedelta(days=documents.current().review.wait_days)
    return months.step(months.of(now - wait), -1)


@transaction.atomic
def keep(month: date, by: object, *, now: datetime) -> Review:
    """Keep the review of a month, or renew one that is not closed.

    SpecError before the month has ended, or if it is closed.
    """
    if months.bounds(month)[1] > now:
        raise SpecError("churn review", f"{month:%Y-%m}", "has not ended", "wait for its end")
    kept = Review.objects.select_for_update().filter(month=month).first()
    if kept is not None and kept.closed_at is not None:
        raise SpecError("churn review", f"{month:%Y-%m}", "is closed", "it stays as it was decided")
    made, new = Review.objects.update_or_create(
        month=month, defaults={"report": report(month), "made_at": now}
    )
    if new:
        told = {"month": f"{month:%Y-%m}", "losses": made.report["losses"]}
        audit.record(by, "churn.review_kept", TARGET, told["month"], None, told, now=now)
        _emit("churn_review_kept", now, **told)
    return made


def keep_due(now: datetime) -> bool:
    """Keep the last whole month if nobody has, and anybody left ever; gives whether it was done."""
    month = last_whole(now)
    known = Investigation.objects.exclude(state=VOID)
    if Review.objects.filter(month=month).exists() or not known.exists():
        return False
    keep(month, audit.SYSTEM, now=now)
    return True


@transaction.atomic
def close(month: date, note: str, by: object, *, now: datetime) -> Review:
    """Close the review with what was talked about; from then on it stays as it is."""
    if not note.strip():
        raise SpecError("churn review", "note", "is empty", "say what was seen and decided")
    row = keep(month, by, now=now)
    row.note, row.closed_at, row.closed_by = note.strip(), now, audit.actor_name(by)[:254]
    row.save()
    told = {"month": f"{month:%Y-%m}", "changes": row.changes.count()}
    audit.record(by, "churn.review_closed", TARGET, told["month"], None, told, now=now)
    _emit("churn_review_closed", now, **told)
    return row


@transaction.atomic
def decide_change(
    month: date,
    by: object,
    *,
    cause: str,
    kind: str,
    title: str,
    owner: str,
    due_on: date | None,
    experiment: str = "",
    now: datetime,
) -> Change:
    """Decide a change against a cause. SpecError names what is missing."""
    causes = documents.current().causes
    for key, wrong, remedy in (
        ("cause", cause not in causes, f"give one of {', '.join(causes)}"),
        ("kind", kind not in KINDS, "give product or process"),
        ("title", not title.strip(), "say what is changed"),
        ("owner", not owner.strip(), "say who sees to it"),
        ("due_on", due_on is None, "give a day: 2026-06-30"),
    ):
        if wrong:
            raise SpecError("change", key, "is missing or not known", remedy)
    assert due_on is not None  # told above
    review = Review.objects.filter(month=month).first() or keep(month, by, now=now)
    made = Change.objects.create(
        review=review,
        cause=cause,
        kind=kind,
        title=title.strip()[:300],
        owner=owner.strip()[:254],
        due_on=due_on,
        experiment=experiment.strip()[:80],
        made_at=now,
    )
    told = {"cause": cause, "kind": kind, "title": made.title, "due_on": str(due_on)}
    audit.record(by, "churn.change_decided", TARGET, f"{month:%Y-%m}", None, told, now=now)
    _emit("churn_change_decided", now, change=made.pk, **told)
    return made


@transaction.atomic
def end_change(pk: int, state: str, by: object, *, now: datetime) -> Change:
    """Say that a change is done, dropped, or open again."""
    row = Change.objects.select_for_update().filter(pk=pk).first()
    if row is None or state not in ENDS:
        raise SpecError("change", str(pk), "cannot be put so", f"give {', '.join(ENDS)}")
    before = {"state": row.state}
    row.state = state
    row.ended_on = now.astimezone(UTC).date() if state == "done" else None
    row.save(update_fields=["state", "ended_on"])
    after = {"state": state, "title": row.title}
    audit.record(
        by, "churn.change_ended", TARGET, f"{row.review.month:%Y-%m}", before, after, now=now
    )
    _emit("churn_change_ended", now, change=pk, cause=row.cause, **after)
    return row


@dataclass(frozen=True)
class ChangeEffect:
    """A change with what followed it; None while no whole month has passed since it was done."""

    change: Change
    cause: str
    overdue: bool
    followed: Followed | None


def changes(now: datetime) -> list[ChangeEffect]:
    """Every change, open ones first, with what followed those that are done."""
    numbers, last = documents.current(), last_whole(now)
    rows = list(Change.objects.select_related("review").order_by("due_on", "pk"))
    done = [r.ended_on for r in rows if r.state == "done" and r.ended_on]
    span = numbers.review.compare_months
    found, customers = [], {}
    if done and months.of_day(min(done)) < last:
        first = months.step(months.of_day(min(done)), -span)
        found, customers = losses(first, last), customers_at(first, last, now)
    told = [
        ChangeEffect(
            row,
            numbers.title(row.cause),
            row.state == "open" and row.due_on < now.astimezone(UTC).date(),
            patterns.followed(found, customers, row.cause, row.ended_on, last, numbers.review)
            if row.state == "done" and row.ended_on
            else None,
        )
        for row in rows
    ]
    return sorted(told, key=lambda t: ENDS.index(t.change.state))


def customers_at(first: date, last: date, now: datetime) -> dict[date, int]:
    """Customers at the start of each month, as known now."""
    here = lake.current()
    if not here.exists("subscriptions"):
        return {}
    columns = (
        "subscription_id",
        "account_id",
        "started_at",
        "ended_at",
        "updated_at",
        "received_at",
        "end_reason",
        "status",
    )
    rows = engine().query(
        f"SELECT {', '.join(columns)} FROM raw_subscriptions", here.dataset(["subscriptions"])
    )
    for name in ("started_at", "ended_at", "updated_at", "received_at"):
        at = rows.schema.get_field_index(name)
        stamped = rows[name].cast(pa.int64()).cast(STAMP)
        rows = rows.set_column(at, name, stamped)
    found = stays(rows, now, health.churn_policy())
    counts, month = {}, first
    while month <= last:
        at = micros(months.bounds(month)[0])
        there = (found.start < at) & ((found.end >= at) | (found.end == LASTS))
        counts[month] = len(set(found.account[there]))
        month = months.step(month, 1)
    return counts


def _emit(event: str, now: datetime, **told: Any) -> None:
    record_own([OwnFact(event, None, now, properties=told)], now=now)

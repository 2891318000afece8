"""What pages, commands and digests ask of alerts. Everything here only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from tenure.analytics.validation.intervals import wilson
from tenure.metrics.alerts.models import CLOSED, FALSE_ALARM, OPEN, USEFUL, Alert
from tenure.metrics.alerts.policy import SEVERITIES

STATES = ("current", "snoozed", "false_alarm", "closed", "all")
"""Views of the list: to be looked at; put away; open but a false alarm; over; everything."""


@dataclass(frozen=True)
class AlertFilter:
    """A filter of the list; empty parts ask for nothing."""

    state: str = "current"
    kind: str = ""
    severity: str = ""
    signal: str = ""
    segment: str = ""
    account: str = ""
    owner_id: int | None = None


def listing(asked: AlertFilter, now: datetime) -> QuerySet[Alert]:
    """Alerts that match, gravest first, the newest of equals first."""
    rows = Alert.objects.filter(_of_state(asked.state, now)).select_related("owner")
    exact = {
        "kind": asked.kind,
        "severity": asked.severity,
        "signal": asked.signal,
        "account_id": asked.account,
    }
    rows = rows.filter(**{k: v for k, v in exact.items() if v})
    if asked.owner_id is not None:
        rows = rows.filter(owner_id=asked.owner_id)
    if asked.segment:
        from tenure.accounts.models import SegmentMember

        inside = SegmentMember.objects.filter(segment_id=asked.segment).values("account_id")
        rows = rows.filter(Q(segment=asked.segment) | Q(account_id__in=inside))
    order = [When(severity=s, then=Value(n)) for n, s in enumerate(SEVERITIES)]
    rank = Case(*order, default=Value(9), output_field=IntegerField())
    return rows.annotate(rank=rank).order_by("rank", "-opened_at", "-pk")


def _of_state(state: str, now: datetime) -> Q:
    away = Q(snoozed_until__gt=now)
    return {
        "current": Q(state=OPEN) & ~away & ~Q(mark=FALSE_ALARM),
        "snoozed": Q(state=OPEN) & away,
        "false_alarm": Q(state=OPEN, mark=FALSE_ALARM),
        "closed": Q(state=CLOSED),
        "all": Q(),
    }[state]


def open_alerts() -> QuerySet[Alert]:
    """All that are open, put away or not."""
    return Alert.objects.filter(state=OPEN)


def of_account(account_id: str) -> QuerySet[Alert]:
    """Open alerts of an account."""
    return open_alerts().filter(account_id=account_id).order_by("-opened_at", "-pk")


def marks(kind: str, signal: str) -> list[str]:
    """The marks given on a signal's alerts, oldest first."""
    rows = Alert.objects.filter(kind=kind, signal=signal).exclude(mark="")
    return list(rows.order_by("marked_at", "pk").values_list("mark", flat=True))


@dataclass(frozen=True)
class Precision:
    """How often a signal was right, of its alerts that somebody marked (95 % interval)."""

    kind: str
    signal: str
    opened: int
    open_now: int
    useful: int
    false_alarms: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def marked(self) -> int:
        """How many alerts it is judged on."""
        return self.useful + self.false_alarms

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {**self.__dict__, "marked": self.marked}


def precision() -> list[Precision]:
    """Every signal that ever gave an alert, the most marked first."""
    rows = (
        Alert.objects.values("kind", "signal")
        .annotate(
            opened=Count("pk"),
            open_now=Count("pk", filter=Q(state=OPEN)),
            useful=Count("pk", filter=Q(mark=USEFUL)),
            false_alarms=Count("pk", filter=Q(mark=FALSE_ALARM)),
        )
        .order_by()
    )
    found = []
    for row in rows:
        share = wilson(row["useful"], row["useful"] + row["false_alarms"])
        found.append(Precision(**row, value=share.value, low=share.low, high=share.high))
    return sorted(found, key=lambda p: (-p.marked, -p.opened, p.kind, p.signal))


def opened_between(start: datetime, end: datetime) -> QuerySet[Alert]:
    """Alerts opened in a span of time."""
    return Alert.objects.filter(opened_at__gte=start, opened_at__lt=end)


def closed_between(start: datetime, end: datetime) -> QuerySet[Alert]:
    """Alerts that were over in a span of time."""
    return Alert.objects.filter(state=CLOSED, closed_at__gte=start, closed_at__lt=end)

"""Everything that changes alerts. Each change is a fact; what a person does is audited, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tenure.accounts.models import Account, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.core import audit
from tenure.core.models import User
from tenure.facts.inbox import OwnFact, record_own
from tenure.metrics.alerts import documents, notifying
from tenure.metrics.alerts.models import CLOSED, FALSE_ALARM, OPEN, USEFUL, Alert
from tenure.metrics.alerts.policy import About, route

MARKS = (USEFUL, FALSE_ALARM)
_PAGE = 500


@dataclass(frozen=True)
class Condition:
    """A sign that is there now."""

    key: str
    signal: str
    severity: str
    title: str
    says: str
    account_id: str = ""
    segment: str = ""
    periods: int = 0


@dataclass(frozen=True)
class Synced:
    """What bringing the alerts in line did."""

    opened: int
    closed: int


@transaction.atomic
def sync(kind: str, conditions: Iterable[Condition], *, now: datetime) -> Synced:
    """Bring the alerts of a kind in line with all signs that are there: new ones are opened, routed
    and told of, known ones brought up to date, those whose sign is gone are closed."""
    wanted = {c.key: c for c in conditions}
    there = {a.key: a for a in Alert.objects.select_for_update().filter(kind=kind, state=OPEN)}
    gone = [a for key, a in there.items() if key not in wanted]
    new = _opened(kind, [c for key, c in wanted.items() if key not in there], now)
    _refresh([(a, wanted[key]) for key, a in there.items() if key in wanted], now)
    _close(gone, now)
    notifying.notify([a for a in new if a.snoozed_until is None], now=now)
    return Synced(len(new), len(gone))


def _opened(kind: str, conditions: Sequence[Condition], now: datetime) -> list[Alert]:
    if not conditions:
        return []
    accounts = _accounts({c.account_id for c in conditions} - {""})
    belongs = _segments({c.account_id for c in conditions} - {""})
    snoozed = _still_snoozed({c.key for c in conditions}, now)
    routes, leads = documents.current().routes, _first_of_role()
    new = []
    for c in conditions:
        account = accounts.get(c.account_id)
        about = About(
            kind,
            c.severity,
            c.signal,
            {c.segment} - {""} if kind == "indicator" else belongs.get(c.account_id, set()),
            bool(account and account.owner_id),
        )
        chosen = route(about, routes)
        new.append(
            Alert(
                kind=kind,
                key=c.key,
                signal=c.signal,
                severity=c.severity,
                title=c.title[:200],
                says=c.says,
                account_id=c.account_id,
                segment=c.segment,
                periods=c.periods,
                owner_id=account.owner_id if about.owned and account else _lead(chosen, leads),
                route=chosen.name if chosen else "",
                opened_at=now,
                seen_at=now,
                snoozed_until=snoozed.get(c.key),
            )
        )
    Alert.objects.bulk_create(new, batch_size=_PAGE)
    _emit("alert_opened", new, now)
    return new


def _accounts(ids: set[str]) -> dict[str, Account]:
    listed, found = sorted(ids), {}
    for start in range(0, len(listed), _PAGE):
        some = Account.objects.only("pk", "name", "owner_id")
        found.update(some.in_bulk(listed[start : start + _PAGE]))
    return found


def _segments(ids: set[str]) -> dict[str, set[str]]:
    belongs: dict[str, set[str]] = {}
    listed = sorted(ids)
    for start in range(0, len(listed), _PAGE):
        rows = SegmentMember.objects.filter(account_id__in=listed[start : start + _PAGE])
        for account, segment in rows.values_list("account_id", "segment_id"):
            belongs.setdefault(account, set()).add(segment)
    return belongs


def _still_snoozed(keys: set[str], now: datetime) -> dict[str, datetime]:
    """A sign that was put away stays away until then, even if it was gone in between."""
    rows = Alert.objects.filter(state=CLOSED, snoozed_until__gt=now)
    return {a.key: a.snoozed_until for a in rows if a.key in keys and a.snoozed_until}


def _first_of_role() -> dict[str, int]:
    found: dict[str, int] = {}
    for pk, role in User.objects.filter(is_active=True).order_by("pk").values_list("pk", "role"):
        found.setdefault(role, pk)
    return found


def _lead(chosen: Any, leads: dict[str, int]) -> int | None:
    named = [to[5:] for to in (chosen.to if chosen else ()) if to.startswith("role:")]
    return next((leads[role] for role in named if role in leads), None)


def _refresh(pairs: Sequence[tuple[Alert, Condition]], now: datetime) -> None:
    changed = []
    for alert, c in pairs:
        told = (c.says, c.severity, c.title[:200], c.periods)
        if told != (alert.says, alert.severity, alert.title, alert.periods):
            alert.says, alert.severity, alert.title, alert.periods = told
            changed.append(alert)
    Alert.objects.bulk_update(changed, ["says", "severity", "title", "periods"], batch_size=_PAGE)
    _update([a.pk for a, _ in pairs], seen_at=now)


def _close(gone: Sequence[Alert], now: datetime) -> None:
    _update([a.pk for a in gone], state=CLOSED, closed_at=now)
    _emit("alert_closed", gone, now)


def _update(ids: Sequence[int], **changes: Any) -> None:
    for start in range(0, len(ids), _PAGE):
        Alert.objects.filter(pk__in=ids[start : start + _PAGE]).update(**changes)


@transaction.atomic
def snooze(alert: Alert, until: datetime, by: object, *, now: datetime) -> None:
    """Put an open alert away until a later moment; then it is told of anew. SpecError if it cannot
    be."""
    if until <= now:
        raise SpecError("alert", "until", "lies in the past", "give a later moment")
    if until > now + timedelta(days=366):
        raise SpecError("alert", "until", "is more than a year away", "give an earlier moment")
    kept = Alert.objects.select_for_update().get(pk=alert.pk)
    if kept.state != OPEN:
        raise SpecError("alert", "state", "is closed", "only an open alert can be put away")
    Alert.objects.filter(pk=kept.pk).update(snoozed_until=until)
    after = {"until": until.isoformat()}
    audit.record(by, "alert.snoozed", "alert", kept.pk, None, after, now=now)
    _emit("alert_snoozed", [kept], now, by=audit.actor_name(by), **after)


@transaction.atomic
def mark(alert: Alert, word: str, by: object, *, now: datetime) -> None:
    """Say that an alert was useful or a false alarm; an empty word takes that back."""
    if word not in (*MARKS, ""):
        raise SpecError(
            "alert", "mark", f"is {word!r}", f"use one of: {', '.join(MARKS)}, or nothing"
        )
    kept = Alert.objects.select_for_update().get(pk=alert.pk)
    if kept.mark == word:
        return
    who = audit.actor_name(by)[:254]
    Alert.objects.filter(pk=kept.pk).update(
        mark=word, marked_by=who if word else "", marked_at=now if word else None
    )
    audit.record(by, "alert.marked", "alert", kept.pk, {"mark": kept.mark}, {"mark": word}, now=now)
    _emit("alert_marked", [kept], now, mark=word, by=who)


@transaction.atomic
def wake(now: datetime) -> int:
    """Snoozed alerts whose time has come are listed and told of again; gives how many."""
    due = list(Alert.objects.select_for_update().filter(state=OPEN, snoozed_until__lte=now))
    _update([a.pk for a in due], snoozed_until=None)
    notifying.notify(due, now=now)
    return len(due)


def forget(now: datetime) -> int:
    """Closed alerts older than policy keeps them go; gives how many."""
    before = now - timedelta(days=documents.current().telling.keep_days)
    return Alert.objects.filter(state=CLOSED, closed_at__lt=before).delete()[0]


def _emit(event: str, alerts: Sequence[Alert], now: datetime, **more: str) -> None:
    record_own(
        (
            OwnFact(
                event,
                a.account_id or None,
                now,
                None,
                {
                    "alert": a.pk,
                    "kind": a.kind,
                    "signal": a.signal,
                    "severity": a.severity,
                    "title": a.title,
                    "segment": a.segment,
                    **more,
                },
            )
            for a in alerts
        ),
        now=now,
    )

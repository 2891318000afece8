"""From notices in the inbox to rows of our tables: in one transaction, whatever dies.

A notice is kept raw in the inbox when it is acknowledged. Here a batch of them is read; the rows
they say go back into the inbox as rows (see ``connectors.posted``), and the notices leave it,
together.
Rows carry ids made of the notice's id, so a notice that comes twice says nothing new.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction

from tenure.connectors.models import (
    StripeDay,
    StripeLink,
    StripeParked,
    StripePart,
    StripeSeen,
    StripeTrouble,
)
from tenure.connectors.posted.accepting import PREFIX, Posted
from tenure.connectors.stripe import client, objects, policy, pricing
from tenure.connectors.stripe.objects import Known, Row, Translation
from tenure.facts import ingest_policy
from tenure.facts.inbox import RawRequest, store
from tenure.facts.models import InboxRow

HELD = "held:stripe"
"""The endpoint under which notices wait in the inbox."""
SOURCE = "stripe"
CHUNK = 200
KEPT = ("invoice", "subscription")
"""Kinds of objects of which the newest word is remembered."""
_RANKS = {"draft": 0, "open": 1, "uncollectible": 2, "void": 3, "paid": 4}
log = logging.getLogger("tenure.stripe")


@dataclass
class _Batch:
    """What a batch of notices comes to."""

    letters: list[RawRequest] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    counts: Counter[tuple[date, str, bool]] = field(default_factory=Counter)
    latest: dict[tuple[date, str, bool], datetime] = field(default_factory=dict)


def land(now: datetime) -> int:
    """Read everything that waits; gives how many notices were read."""
    done = 0
    while some := _land_some(now):
        done += some
    while _release_late(now):
        continue
    return done


@transaction.atomic
def _land_some(now: datetime) -> int:
    # Without skip_locked: a second worker waits here, so that notices are read one after the other.
    waiting = InboxRow.objects.select_for_update().filter(endpoint=HELD)
    rows = list(waiting.order_by("pk")[:CHUNK])
    read = [(bytes(row.body), row.received_at) for row in rows]
    take(read, now)
    InboxRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def take(
    notices: Iterable[tuple[bytes, datetime]],
    now: datetime,
    *,
    patient: bool = True,
    counted: bool = True,
) -> None:
    """Write down what notices (raw body, when received) say, in the current transaction.
    ``counted``: they arrived; others were fetched, perhaps for the second time."""
    batch = _Batch()
    for body, received in notices:
        _read(body, received, batch, patient=patient)
    if not counted:
        batch.counts.clear()
    _keep(batch, now)


def _read(body: bytes, received: datetime, batch: _Batch, *, patient: bool) -> None:
    event: dict[str, Any] = {}
    try:
        event = json.loads(body)
        with transaction.atomic():  # what fails here is undone alone
            told = _told(event, batch, patient=patient)
    except Exception as error:  # one notice must not hold up the others
        log.exception("a notice of Stripe cannot be read")
        _trouble(event if isinstance(event, dict) else {}, body, received, error)
        return
    if told is not None and told.needs:
        parked = {"needs": told.needs, "received_at": received, "body": body}
        StripeParked.objects.update_or_create(event_id=event["id"], defaults=parked)
        return
    key = (received.astimezone(UTC).date(), str(event.get("type"))[:120], told is not None)
    batch.counts[key] += 1
    batch.latest[key] = max(received, batch.latest.get(key, received))
    if told is not None:
        batch.links |= told.links
        batch.parts |= told.parts
        rows = [
            (table, {**row, "message_id": f"stripe:{event['id']}:{n}"})
            for n, (table, row) in enumerate(told.rows)
        ]
        batch.letters += letters(rows, received, backfill=False)


def _told(event: Mapping[str, Any], batch: _Batch, *, patient: bool) -> Translation | None:
    thing = event["data"]["object"]
    at = objects.at_of(int(event["created"]))
    told = objects.translated(thing, at, known(thing, batch.links, batch.parts, patient=patient))
    if told is not None and str(event.get("type")).endswith("discount.deleted"):
        gone: dict[str, Mapping[str, Any]] = {
            name: {**part, "end": event["created"]} for name, part in told.parts.items()
        }
        told = Translation(parts=gone)
    if told is None or told.needs or thing.get("object") not in KEPT:
        return told
    fresh = hear(thing, at)
    # Facts about a subscription are told apart by time, so an old one is history, not news.
    history = thing["object"] == "subscription"
    return told if fresh or history else Translation(links=told.links, parts=told.parts)


def known(
    thing: Mapping[str, Any], links: Mapping[str, str], parts: Mapping[str, Any], *, patient: bool
) -> Known:
    """What is known of the things that an object names; ``links`` and ``parts`` are those learned
    beside it."""
    names = {
        f"cus:{objects.id_of(thing.get('customer'))}",
        f"pi:{objects.id_of(thing.get('payment_intent'))}",
        f"pm:{objects.id_of(thing)}",
        f"in:{objects.id_of(thing.get('invoice'))}",
    }
    among = StripeLink.objects.filter(pk__in=names - links.keys())
    kept = list(among.values_list("pk", "target"))
    intent = f"pi:{objects.id_of(thing.get('payment_intent'))}"
    paid_for = links.get(intent) or dict(kept).get(intent)
    if paid_for and f"in:{paid_for}" not in links:
        reasons = StripeLink.objects.filter(pk=f"in:{paid_for}").values_list("pk", "target")
        kept = [*kept, *reasons]
    named = pricing.names_in(thing) if thing.get("object") == "subscription" else set()
    held = _parts(named - parts.keys()) | dict(parts)
    for part in [held[name] for name in named & held.keys()]:
        held |= _parts(pricing.coupons_of(part) - held.keys())
    account = policy.current().account_metadata
    return Known({**dict(kept), **links}, account, patient, held, client.configured())


def _parts(names: set[str]) -> dict[str, Any]:
    rows = StripePart.objects.filter(pk__in=names) if names else StripePart.objects.none()
    return dict(rows.values_list("pk", "body"))


def seen_before(thing: Mapping[str, Any]) -> bool:
    """Whether anything was heard of the object before."""
    return StripeSeen.objects.filter(pk=_name(thing)).exists()


def hear(thing: Mapping[str, Any], at: datetime) -> bool:
    """Remember the newest word on the object; True if this is it."""
    rank = _RANKS.get(str(thing.get("status")), 0)
    row, new = StripeSeen.objects.get_or_create(pk=_name(thing), defaults={"at": at, "rank": rank})
    if new:
        return True
    row = StripeSeen.objects.select_for_update().get(pk=row.pk)
    # The state first: a paid invoice is never unpaid again, whatever the clocks say.
    if (row.rank, row.at) > (rank, at):
        return False
    row.at, row.rank = at, rank
    row.save(update_fields=["at", "rank"])
    return True


def _name(thing: Mapping[str, Any]) -> str:
    return f"{thing['object']}:{thing['id']}"


def letters(
    rows: Iterable[tuple[str, Row]], received: datetime, *, backfill: bool
) -> list[RawRequest]:
    """Rows of our tables as requests for the inbox."""
    by_table: dict[str, list[Row]] = defaultdict(list)
    for table, row in rows:
        by_table[table].append({k: _plain(v) for k, v in row.items() if v is not None})
    return [
        RawRequest(
            received, SOURCE, f"{PREFIX}{table}", msgspec.json.encode(Posted(some, backfill))
        )
        for table, some in by_table.items()
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _keep(batch: _Batch, now: datetime) -> None:
    store(batch.letters)
    learn(batch.links, now, batch.parts)
    for (day, kind, used), number in batch.counts.items():
        at = batch.latest[day, kind, used]
        row, _ = StripeDay.objects.get_or_create(
            day=day, kind=kind, used=used, defaults={"last_at": at}
        )
        row.count, row.last_at = row.count + number, max(row.last_at, at)
        row.save(update_fields=["count", "last_at"])


def learn(
    links: Mapping[str, str], now: datetime, parts: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Remember what belongs together and what objects name, and read what waited for it."""
    for name, target in links.items():
        if target:
            StripeLink.objects.update_or_create(name=name, defaults={"target": target})
    for name, part in (parts or {}).items():
        _keep_part(name, part)
    waited = list(StripeParked.objects.filter(needs__in=[*links, *(parts or ())]))
    if waited:
        StripeParked.objects.filter(pk__in=[w.pk for w in waited]).delete()
        take([(bytes(w.body), w.received_at) for w in waited], now)


def _keep_part(name: str, part: Mapping[str, Any]) -> None:
    ends = objects.at_of(part.get("end"))
    of = objects.id_of(part.get("subscription"))
    StripePart.objects.update_or_create(
        name=name,
        defaults={
            "body": dict(part),
            "subscription_id": of,
            "ends_at": ends,
            "due": bool(of and ends and not part.get("gone")),
        },
    )


@transaction.atomic
def _release_late(now: datetime) -> int:
    """What has waited for too long is read without the link."""
    since = now - timedelta(hours=policy.current().park_hours)
    late = list(StripeParked.objects.filter(received_at__lt=since).order_by("received_at")[:CHUNK])
    StripeParked.objects.filter(pk__in=[w.pk for w in late]).delete()
    take([(bytes(w.body), w.received_at) for w in late], now, patient=False)
    return len(late)


def _trouble(event: Mapping[str, Any], body: bytes, received: datetime, error: Exception) -> None:
    from hashlib import sha256

    name = str(event.get("id") or sha256(body).hexdigest())[:255]
    StripeTrouble.objects.update_or_create(
        event_id=name,
        defaults={
            "kind": str(event.get("type") or "")[:120],
            "received_at": received,
            "error": f"{type(error).__name__}: {error}"[:2000],
            "body": body,
        },
    )


@transaction.atomic
def read_again(event_id: str, now: datetime) -> bool:
    """Read a notice in trouble once more; True if it could be read."""
    row = StripeTrouble.objects.select_for_update().filter(pk=event_id).first()
    if row is None:
        return False
    row.delete()
    take([(bytes(row.body), row.received_at)], now)
    return not StripeTrouble.objects.filter(pk=event_id).exists()


def every_seconds() -> float:
    """How often a worker looks for more: as often as into the inbox of SDKs."""
    return ingest_policy.every_seconds()

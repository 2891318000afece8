"""Fetching what Stripe's objects only name: discounts, the products of coupons, tiers of prices;
and subscriptions whose discount has ended, which Stripe need not tell. Never in a transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q

from tenure.connectors.billing.contract import Rejected, Unavailable
from tenure.connectors.models import StripeParked, StripePart, StripeSeen
from tenure.connectors.stripe import client, ingest, objects, pricing
from tenure.connectors.stripe.objects import Object
from tenure.facts.inbox import store

KINDS = ("di:", "coupon:", "price:")
AT_ONCE = 50
_REST_SECONDS = 60.0
_rests = {"until": 0.0}


def land(now: datetime) -> int:
    """Read everything that waits, and what it lacks; gives how many notices were read."""
    done = ingest.land(now)
    what_is_missing(now)
    return done


def what_is_missing(now: datetime) -> int:
    """Fetch what notices wait for, and read them; then look at subscriptions whose discount has
    ended. Gives how many objects were fetched; nothing while Stripe cannot be asked."""
    if not client.configured() or monotonic() < _rests["until"]:
        return 0
    done = 0
    try:
        while some := _waited_for(now):
            done += some
        while some := _ended(now):
            done += some
    except Unavailable:
        _rests["until"] = monotonic() + _REST_SECONDS
    return done


def _waited_for(now: datetime) -> int:
    wanted = Q()
    for kind in KINDS:
        wanted |= Q(needs__startswith=kind)
    rows = list(StripeParked.objects.filter(wanted).order_by("received_at")[:AT_ONCE])
    found: dict[str, Object] = {}
    for row in rows:
        if row.needs not in found:
            found |= part(row.needs, _subscription_in(bytes(row.body)))
    with transaction.atomic():
        ingest.learn({}, now, found)
    return len(found)


def _subscription_in(body: bytes) -> str:
    thing = json.loads(body)["data"]["object"]
    return objects.id_of(thing)


def part(name: str, subscription: str) -> dict[str, Object]:
    """A part by its name, with those that came along. What Stripe does not have any more is told as
    ``gone``, so that nobody waits for it."""
    kind, _, id_ = name.partition(":")
    try:
        with client.asking():
            if kind == "coupon":
                asked: Any = {"expand": ["applies_to"]}
                return {name: _plain(client.client().v1.coupons.retrieve(id_, asked))}
            if kind == "price":
                asked = {"expand": ["tiers"]}
                return {name: _plain(client.client().v1.prices.retrieve(id_, asked))}
            opened = pricing.parts_in(_subscription(subscription))
    except Rejected:
        opened = {}
    return {**opened, name: opened.get(name) or {"id": id_, "gone": True}}


def _subscription(name: str) -> Object:
    asked: Any = {"expand": ["discounts", "items.data.discounts"]}
    return _plain(client.client().v1.subscriptions.retrieve(name, asked))


def _plain(answer: Any) -> Object:
    found: Mapping[str, Any] = answer.to_dict()
    return found


def of_page(page: Iterable[Object]) -> dict[str, Object]:
    """The parts that the subscriptions of a page name and nobody has learned yet."""
    found: dict[str, Object] = {}
    for thing in page:
        if thing.get("object") != "subscription":
            continue
        found |= pricing.parts_in(thing)
        for _ in range(2):  # discounts, then their coupons
            found |= _missing(thing, found)
    return found


def _missing(thing: Object, found: Mapping[str, Object]) -> dict[str, Object]:
    names = pricing.names_in(thing)
    for name in [n for n in names if n in found]:
        names |= pricing.coupons_of(found[name])
    kept = dict(StripePart.objects.filter(pk__in=names - found.keys()).values_list("pk", "body"))
    more: dict[str, Object] = {**kept}
    for name in sorted(names - found.keys() - kept.keys()):
        if name not in more:
            more |= part(name, objects.id_of(thing))
    return more


def _ended(now: datetime) -> int:
    """Subscriptions whose discount is over: how they stand now is a fact of the day it ended, or of
    now where something was heard of them since."""
    rows = list(StripePart.objects.filter(due=True, ends_at__lte=now).order_by("ends_at")[:AT_ONCE])
    for row in rows:
        try:
            with client.asking():
                thing = _subscription(row.subscription_id)
        except Rejected:
            thing = {}
        more = of_page([thing])
        with transaction.atomic():
            ingest.learn({}, now, more)
            if thing:
                _told(row, thing, now)
            StripePart.objects.filter(pk=row.pk).update(due=False)
    return len(rows)


def _told(row: StripePart, thing: Object, now: datetime) -> None:
    name = f"subscription:{row.subscription_id}"
    newer = StripeSeen.objects.filter(pk=name, at__gt=row.ends_at).exists()
    at = now if newer or row.ends_at is None else row.ends_at
    told = objects.translated(thing, at, ingest.known(thing, {}, {}, patient=False))
    rows = [
        (table, {**facts, "message_id": f"stripe:{row.name}:ended:{table}"})
        for table, facts in (told.rows if told else [])
    ]
    store(ingest.letters(rows, now, backfill=False))

"""Stripe's history: fetched page by page, kept in the inbox, gone on with after a crash.

A page's rows and how far we are are committed together, and rows carry ids made of what they say:
a page that is fetched twice changes nothing.

Stripe does not tell what a subscription was before: it is told as it is today, since it began (a
trial before that, and its end). Changes before the first notice are therefore not known.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction

from tenure.connectors.billing.contract import Unavailable
from tenure.connectors.stripe import client, fetching, ingest, objects, policy, pricing
from tenure.connectors.stripe.objects import Known, Object, Row, Translation
from tenure.core import jobs
from tenure.facts.inbox import store

KIND = "stripe.backfill"
STAGES = ("prices", "customers", "subscriptions", "invoices", "invoice_payments", "charges")
_PARAMS: dict[str, dict[str, Any]] = {
    "prices": {"expand": ["data.product", "data.tiers"]},
    "subscriptions": {"status": "all", "expand": ["data.discounts"]},
}
Wait = Callable[[float], None]
Found = TypeVar("Found")


def start(now: datetime) -> None:
    """Have the history fetched. One at a time; a second call joins the first."""
    client.client()  # SpecError if there is no key
    jobs.enqueue(KIND, now=now)


def run(job: jobs.Running, now: datetime, wait: Wait = time.sleep) -> None:
    """Fetch everything from where the job stands."""
    place = dict(job.checkpoint) or {"stage": STAGES[0], "after": "", "done": 0}
    while place["stage"]:
        page = _page(place["stage"], place["after"], wait)
        parts = _patiently(lambda some=page: fetching.of_page(some), wait)  # type: ignore[misc]
        paid = {t["id"]: _patiently(lambda one=t: _paid(one), wait) for t in page if _unsure(t)}  # type: ignore[misc]
        last = page[-1]["id"] if page else ""
        full = len(page) >= policy.current().page
        stage = STAGES.index(place["stage"])
        following = place["stage"] if full else (*STAGES, "")[stage + 1]
        place = {
            "stage": following,
            "after": last if full else "",
            "done": place["done"] + len(page),
        }
        with transaction.atomic():
            read = _read(page, now, parts, paid)
            store(ingest.letters(read.past, now, backfill=True))
            store(ingest.letters(read.present, now, backfill=False))
            ingest.learn(read.links, now, {**parts, **read.parts})
            job.save(place, done=place["done"])


def _page(what: str, after: str, wait: Wait, **more: Any) -> list[dict[str, Any]]:
    params = {"limit": policy.current().page, **_PARAMS.get(what, {}), **more}
    if after:
        params["starting_after"] = after

    def ask() -> list[dict[str, Any]]:
        with client.asking():
            listed = getattr(client.client().v1, what).list(params)
        return [one.to_dict() for one in listed.data]

    return _patiently(ask, wait)


def _patiently(ask: Callable[[], Found], wait: Wait) -> Found:
    """The answer, however often Stripe is away meanwhile; Unavailable if it stays so."""
    for seconds in policy.current().waits_seconds:
        try:
            return ask()
        except Unavailable:
            wait(seconds)
    return ask()


def _unsure(thing: Object) -> bool:
    """Whether a subscription had a trial and does not say itself that it was ever paid for."""
    tried = thing.get("object") == "subscription" and thing.get("trial_end")
    return bool(tried) and thing.get("status") not in ("active", "trialing")


def _paid(thing: Object) -> bool:
    asked: Any = {"subscription": thing["id"], "status": "paid", "limit": policy.current().page}
    with client.asking():
        listed = client.client().v1.invoices.list(asked)
    return any(one.to_dict().get("amount_paid") for one in listed.data)


@dataclass
class _Read:
    """What a page says: rows of the past as history, rows of what was heard of before as of now."""

    past: list[tuple[str, Row]] = field(default_factory=list)
    present: list[tuple[str, Row]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Object] = field(default_factory=dict)


def _read(
    page: Iterable[Mapping[str, Any]],
    now: datetime,
    parts: Mapping[str, Object],
    paid: Mapping[str, bool],
) -> _Read:
    """Read a page, in the current transaction.

    What notices (or an earlier run) have told of stays as it was told; how such a thing stands now
    is a new fact, received now. History, which counts as received when it happened, would lose
    against an older notice.
    """
    found = _Read()
    for thing in page:
        known = ingest.known(thing, found.links, parts, patient=False)
        kept = thing.get("object") in ingest.KEPT
        heard = kept and ingest.seen_before(thing)
        told = _told(thing, now, known, heard=heard, paid=paid.get(thing["id"], True))
        into = found.present if heard else found.past
        into += [(table, {**row, "message_id": _id(table, row)}) for table, row in told.rows]
        found.links |= told.links
        found.parts |= told.parts
        if kept:
            ingest.hear(thing, now)
    return found


def _told(thing: Object, now: datetime, known: Known, *, heard: bool, paid: bool) -> Translation:
    if thing.get("object") == "subscription" and not heard:
        return Translation([("subscriptions", row) for row in history(thing, now, known, paid)])
    is_state = thing.get("object") == "subscription"
    since = now if is_state else objects.at_of(thing.get("created")) or now
    return objects.translated(thing, since, known) or Translation()


def history(thing: Object, now: datetime, known: Known, paid: bool = True) -> list[Row]:
    """What a subscription says of its past: its trial, its life, the discounts that began and ended
    in it, its end; then how it stands now, if that is something else. Who was never ``paid`` for
    had no life after the trial."""
    status = objects.STATES.get(str(thing.get("status")))
    begun = objects.at_of(thing.get("start_date") or thing.get("created"))
    if status is None or begun is None:
        return []
    rows: list[Row] = []
    plain = {**thing, "pause_collection": None}

    def tell(at: datetime, word: str, of: Object = plain) -> None:
        rows.append(objects.subscription_row(of, at, word, known))

    trial = _trial_end(thing, begun)
    ended = objects.at_of(thing.get("ended_at"))
    if trial is not None and trial <= now:
        tell(begun, "trialing")
        begun = trial
    usual = "trialing" if status == "trialing" else "active" if paid else "past_due"
    if thing.get("status") == "paused":  # a trial that ended with nothing to pay with
        usual = "paused"
    if not (rows and ended and ended <= begun):
        tell(begun, usual)
        for at in map(objects.at_of, pricing.changes_of(thing, known.parts)):
            if begun < at < (ended or now):
                tell(at, usual)
    if status == "cancelled":
        tell(ended or rows[-1]["ended_at"] or now, status, thing)
    elif objects.subscription_row(thing, now, status, known)["status"] != usual:
        tell(now, status, thing)
    return rows


def _trial_end(thing: Object, begun: datetime) -> datetime | None:
    """When the trial that it began with ended; a free time given to a payer later is none."""
    began, ends = objects.at_of(thing.get("trial_start")), objects.at_of(thing.get("trial_end"))
    if ends is None or ends <= begun or (began is not None and began > begun + _FIRST):
        return None
    return ends


_FIRST = timedelta(days=1)
"""A trial that begins so soon after the subscription is the one that it began with."""


def _id(table: str, row: Row) -> str:
    text = json.dumps(row, default=str, sort_keys=True)
    return f"stripe:{table}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


# -- what was missed ------------------------------------------------------------------------------

MISSED = "stripe.reconcile"


def reconcile(job: jobs.Running, now: datetime, wait: Wait = time.sleep) -> None:
    """Read the notices of the last hours once more: those that came say nothing new, those that
    never arrived say it now."""
    if not client.configured():
        return
    since = now - timedelta(hours=policy.current().reconcile_hours)
    after, done = str(job.checkpoint.get("after") or ""), int(job.checkpoint.get("done") or 0)
    while True:
        page = _page("events", after, wait, created={"gte": int(since.timestamp())})
        notices = [(json.dumps(one).encode(), now) for one in page]
        with transaction.atomic():
            ingest.take(notices, now, counted=False)
            after, done = (page[-1]["id"] if page else ""), done + len(page)
            job.save({"after": after, "done": done}, done=done)
        if len(page) < policy.current().page:
            return

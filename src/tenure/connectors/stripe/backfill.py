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
from typing import Any

from django.db import transaction

from tenure.connectors.billing.contract import Unavailable
from tenure.connectors.stripe import client, landing, objects, policy
from tenure.connectors.stripe.objects import Known, Object, Row, Told
from tenure.core import jobs
from tenure.facts.inbox import store

KIND = "stripe.backfill"
STAGES = ("prices", "customers", "subscriptions", "invoices", "invoice_payments", "charges")
_PARAMS: dict[str, dict[str, Any]] = {
    "prices": {"expand": ["data.product"]},
    "subscriptions": {"status": "all", "expand": ["data.discounts"]},
}
Wait = Callable[[float], None]


def start(now: datetime) -> None:
    """Have the history fetched. One at a time; a second call joins the first."""
    client.client()  # SpecError if there is no key
    jobs.enqueue(KIND, now=now)


def run(job: jobs.Running, now: datetime, wait: Wait = time.sleep) -> None:
    """Fetch everything from where the job stands."""
    place = dict(job.checkpoint) or {"stage": STAGES[0], "after": "", "done": 0}
    while place["stage"]:
        page = _page(place["stage"], place["after"], wait)
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
            read = _read(page, now)
            store(landing.letters(read.past, now, backfill=True))
            store(landing.letters(read.present, now, backfill=False))
            landing.learn(read.links, now)
            job.save(place, done=place["done"])


def _page(what: str, after: str, wait: Wait, **more: Any) -> list[dict[str, Any]]:
    params = {"limit": policy.current().page, **_PARAMS.get(what, {}), **more}
    if after:
        params["starting_after"] = after
    for seconds in (*policy.current().waits_seconds, None):
        try:
            with client.asking():
                listed = getattr(client.client().v1, what).list(params)
            return [one.to_dict() for one in listed.data]
        except Unavailable:
            if seconds is None:
                raise
            wait(seconds)
    raise AssertionError("unreachable")


@dataclass
class _Read:
    """What a page says: rows of the past as history, rows of what was heard of before as of now."""

    past: list[tuple[str, Row]] = field(default_factory=list)
    present: list[tuple[str, Row]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)


def _read(page: Iterable[Mapping[str, Any]], now: datetime) -> _Read:
    """Read a page, in the current transaction.

    What notices (or an earlier run) have told of stays as it was told; how such a thing stands now
    is a new fact, received now. History, which counts as received when it happened, would lose
    against an older notice.
    """
    found = _Read()
    for thing in page:
        known = landing.known(thing, found.links, patient=False)
        kept = thing.get("object") in landing.KEPT
        heard = kept and landing.seen_before(thing)
        told = _told(thing, now, known, heard=heard)
        into = found.present if heard else found.past
        into += [(table, {**row, "message_id": _id(table, row)}) for table, row in told.rows]
        found.links |= told.links
        if kept:
            landing.hear(thing, now)
    return found


def _told(thing: Object, now: datetime, known: Known, *, heard: bool) -> Told:
    if thing.get("object") == "subscription" and not heard:
        return Told([("subscriptions", row) for row in history(thing, now, known)])
    is_state = thing.get("object") == "subscription"
    since = now if is_state else objects.at_of(thing.get("created")) or now
    return objects.told(thing, since, known) or Told()


def history(thing: Object, now: datetime, known: Known) -> list[Row]:
    """What a subscription says of its past: its trial, its life, its end; then how it stands now,
    if that is something else."""
    status = objects.STATES.get(str(thing.get("status")))
    begun = objects.at_of(thing.get("start_date") or thing.get("created"))
    if status is None or begun is None:
        return []
    trial = objects.at_of(thing.get("trial_end"))
    rows = []
    if trial is not None and begun < trial <= now:
        rows.append(
            objects.subscription_row({**thing, "status": "trialing"}, begun, "trialing", known)
        )
        begun = trial
    usual = "trialing" if status == "trialing" else "active"
    plain = {**thing, "pause_collection": None}
    rows.append(objects.subscription_row(plain, begun, usual, known))
    ended = rows[-1]["ended_at"]
    if status == "cancelled":
        rows.append(objects.subscription_row(thing, ended or now, status, known))
    elif objects.subscription_row(thing, now, status, known)["status"] != usual:
        rows.append(objects.subscription_row(thing, now, status, known))
    return rows


def _id(table: str, row: Row) -> str:
    text = json.dumps(row, default=str, sort_keys=True)
    return f"stripe:{table}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


# -- what was missed ------------------------------------------------------------------------------

MISSED = "stripe.reconcile"
NIGHTLY, AT = timedelta(days=1), timedelta(hours=3)


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
            landing.take(notices, now, counted=False)
            after, done = (page[-1]["id"] if page else ""), done + len(page)
            job.save({"after": after, "done": done}, done=done)
        if len(page) < policy.current().page:
            return


def register() -> None:
    """Name the jobs and their rhythm."""
    from tenure.core import schedule

    jobs.register(KIND, run)
    jobs.register(MISSED, reconcile)
    schedule.every(MISSED, NIGHTLY, AT)

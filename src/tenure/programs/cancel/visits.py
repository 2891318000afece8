"""Visits: begun, answered, and ended once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from django.db import IntegrityError, transaction

from tenure.connectors.billing import outbox
from tenure.core import audit, policy
from tenure.programs.cancel import acceptance, customers, documents, ledger, workflow
from tenure.programs.cancel.facts import emit
from tenure.programs.cancel.models import Offered, Visit
from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.settings import DOCUMENT, Settings
from tenure.programs.cancel.workflow import Answer, Customer, Screen, State

CUSTOMER = "customer"
"""How the audit trail names whoever went through the flow: the visit knows who it was."""
RETURNS = ("yes", "maybe", "unlikely", "no")
_MOST_TEXT = 4000


class Closed(Exception):  # noqa: N818 - says what is so
    """Nobody is let in now."""


class NothingRuns(Exception):  # noqa: N818
    """The account has no such running subscription."""


class Several(Exception):  # noqa: N818
    """More than one subscription runs, and it was not said which is meant."""

    def __init__(self, running: list[ledger.Subscription]) -> None:
        super().__init__("say which subscription: " + ", ".join(s.subscription_id for s in running))
        self.running = running


def start(
    account_id: str,
    person_id: str = "",
    subscription_id: str = "",
    *,
    language: str = "",
    origin: str = "page",
    now: datetime,
) -> Visit:
    """The visit of a customer: the open one, or a new one. Somebody whose subscription is cancelled
    already sees the end of the visit in which they did so."""
    found = _meant(account_id, subscription_id, now)
    if isinstance(found, Visit):
        Visit.objects.filter(pk=found.pk, outcome="").update(seen_at=now)
        return found
    return _begin(account_id, person_id, found, language, origin, documents.current(), now)


def look(account_id: str, subscription_id: str = "", *, language: str = "", now: datetime) -> Visit:
    """The visit that ``start`` would give, with nothing written down: programs that scan links open
    them, too. One that has not begun stands at its first question, and is not saved."""
    found = _meant(account_id, subscription_id, now)
    if isinstance(found, Visit):
        return found
    day = f"{account_id}:{found.subscription_id}:{now:%Y-%m-%d}"
    spoken = documents.current().language(language)
    return Visit(code=sha256(day.encode()).hexdigest(), account_id=account_id, language=spoken)


def _meant(account_id: str, subscription_id: str, now: datetime) -> Visit | ledger.Subscription:
    """The visit there is, or the subscription that a new one would be about."""
    if not documents.current().running.on:
        raise Closed("the cancel flow is switched off: [running] on, in the policy “cancel”")
    known = ledger.subscriptions([account_id], now)
    gone = _gone(account_id, known)
    found = _cancelled(account_id, subscription_id, known, gone)
    if found is not None:
        return found
    running = _running(account_id, subscription_id, known, gone)
    return _open(account_id, running.subscription_id) or running


def _running(
    account_id: str, subscription_id: str, known: Sequence[ledger.Subscription], gone: set[str]
) -> ledger.Subscription:
    found = [
        s
        for s in known
        if s.runs() and s.subscription_id not in gone and subscription_id in ("", s.subscription_id)
    ]
    if not found:
        raise NothingRuns(f"{account_id} has no running subscription {subscription_id}".strip())
    if len(found) > 1:
        raise Several(found)
    return found[0]


def _gone(account_id: str, known: Sequence[ledger.Subscription]) -> set[str]:
    """Subscriptions whose cancellation was asked for here, and stands: they were not told to run
    on since it was carried out."""
    acts = outbox.find(
        program=acceptance.PROGRAM,
        account_id=account_id,
        what="cancel",
        undoes=None,
        state__in=["waiting", "done"],
    )
    told = {s.subscription_id: s for s in known}
    return {
        a.subscription_id
        for a in acts
        if a.done_at is None
        or (now := told.get(a.subscription_id)) is None
        or not (now.runs() and now.changed_at > a.done_at)
    }


def _cancelled(
    account_id: str, subscription_id: str, known: Sequence[ledger.Subscription], gone: set[str]
) -> Visit | None:
    """The visit that cancelled the subscription meant, if nothing else of the account runs."""
    if subscription_id:
        gone = gone & {subscription_id}
    elif any(s.runs() and s.subscription_id not in gone for s in known):
        return None
    rows = Visit.objects.filter(account_id=account_id, outcome="cancelled")
    return rows.filter(subscription_id__in=gone).order_by("-ended_at").first()


def _open(account_id: str, subscription_id: str) -> Visit | None:
    rows = Visit.objects.filter(account_id=account_id, subscription_id=subscription_id)
    return rows.filter(outcome="").first()


def _begin(
    account_id: str,
    person_id: str,
    running: ledger.Subscription,
    language: str,
    origin: str,
    numbers: Settings,
    now: datetime,
) -> Visit:
    who = customers.of(account_id, running, numbers, now)
    new = Visit(
        code=secrets.token_urlsafe(32),
        account_id=account_id,
        person_id=person_id,
        subscription_id=running.subscription_id,
        language=numbers.language(language),
        origin=origin[:12],
        policy=policy.label(DOCUMENT),
        split=numbers.split.name,
        arm=who.arm,
        plan_id=running.plan_id,
        mrr_minor=running.mrr_minor,
        currency=running.currency,
        segments=sorted(who.segments),
        started_at=now,
        seen_at=now,
        tenure_days=customers.tenure_days(account_id, running, now),
    )
    try:
        with transaction.atomic():
            new.save(force_insert=True)
            emit(new, "started", now, f"cancel:{new.code[:16]}:started")
    except IntegrityError:  # another tab was quicker
        here = _open(account_id, running.subscription_id)
        return here or start(
            account_id,
            person_id,
            running.subscription_id,
            language=language,
            origin=origin,
            now=now,
        )
    return new


def state_of(visit: Visit) -> State:
    """Where a visit stands, for the pure course."""
    screen = cast(Screen, visit.screen)
    return State(screen, visit.reason, tuple(visit.shown), visit.accepted)


def subscription_of(visit: Visit, now: datetime) -> ledger.Subscription:
    """The visit's subscription as known now; as it was then, if the ledger has lost it."""
    found = ledger.subscriptions([visit.account_id], now)
    mine = next((s for s in found if s.subscription_id == visit.subscription_id), None)
    return mine or ledger.Subscription(
        visit.subscription_id,
        visit.account_id,
        visit.plan_id,
        "active",
        visit.mrr_minor,
        visit.currency,
        visit.started_at,
        None,
        None,
        visit.started_at,
    )


def answer(code: str, given: Answer, *, now: datetime, more: str = "", months: int = 0) -> Visit:
    """Take an answer; gives the visit as it stands after it. What does not fit changes nothing, and
    an ended visit stays as it ended: a second click or tab sees the same. Visit.DoesNotExist if
    there is none."""
    visit = Visit.objects.get(code=code)
    if visit.outcome:
        return visit
    numbers, running = documents.current(), subscription_of(visit, now)
    # The lake is read before the transaction begins: it would hold up every other writer.
    who = customers.of(visit.account_id, running, numbers, now, but=visit)
    with transaction.atomic():
        visit = Visit.objects.select_for_update().get(code=code)
        if visit.outcome:
            return visit
        before = state_of(visit)
        after = workflow.step(before, given, who, numbers, now)
        visit.seen_at = now
        visit.more = more.strip()[:_MOST_TEXT] or visit.more
        visit.screen, visit.reason = after.screen, after.reason
        visit.shown, visit.accepted = list(after.shown), after.accepted
        if after.reason != before.reason:
            emit(visit, "reason_given", now)
        _offers(visit, before, after, who, numbers, now)
        if after.outcome:
            _end(visit, after, running, numbers, months, now)
        visit.save()
    return visit


def _offers(
    visit: Visit, before: State, after: State, who: Customer, numbers: Settings, now: datetime
) -> None:
    """Write down what is shown newly, and what became of what was shown before."""
    if after.on_offer != before.on_offer or after.outcome:
        yes = bool(after.accepted)
        left = visit.offers.filter(answer="", name=before.on_offer)
        if after.outcome != "abandoned":
            left.update(answer="accepted" if yes else "declined", answered_at=now)
            if before.on_offer:
                emit(
                    visit, f"offer_{'accepted' if yes else 'declined'}", now, offer=before.on_offer
                )
    for place, name in enumerate(after.shown, 1):
        offer = numbers.offer(name) if name not in before.shown else None
        if offer is None:
            continue
        terms = registry.kind_of(offer).terms(offer, who)
        shown = {"name": name, "kind": offer.kind, "shown_at": now, **asdict(terms)}
        Offered.objects.get_or_create(visit=visit, place=place, defaults=shown)
        emit(visit, "offer_shown", now, offer=name, kind=offer.kind)


def _end(
    visit: Visit,
    after: State,
    running: ledger.Subscription,
    numbers: Settings,
    months: int,
    now: datetime,
) -> None:
    visit.outcome, visit.ended_at = after.outcome, now
    if after.outcome == "saved":
        acceptance.take(visit, visit.offers.get(name=after.accepted), months, numbers, now)
    elif after.outcome == "cancelled":
        acceptance.cancel(visit, running, numbers, now)
    told = {"offer": after.accepted} if after.accepted else {}
    emit(visit, after.outcome, now, f"cancel:{visit.code[:16]}:end", **told)
    if after.outcome != "abandoned":
        audit.record(
            CUSTOMER,
            f"cancel.{after.outcome}",
            "cancel visit",
            visit.pk,
            None,
            {"subscription": visit.subscription_id, "reason": visit.reason, **told},
            now=now,
        )


def abandon(now: datetime) -> int:
    """End the visits in which nothing was heard for too long; gives how many."""
    before = now - timedelta(hours=documents.current().running.open_hours)
    left = Visit.objects.filter(outcome="", seen_at__lte=before).order_by("seen_at")
    count = 0
    for code in list(left.values_list("code", flat=True)[:500]):
        ended = answer(code, workflow.Left(), now=now) if _still(code, before) else None
        count += ended is not None
    return count


def look_back(now: datetime) -> int:
    """Find the first signal of visits that began lately: a customer does not wait for it. Gives how
    many were looked at."""
    rows = Visit.objects.filter(looked_back=False, started_at__lte=now).order_by("pk")
    found = list(rows.values_list("pk", "account_id", "started_at")[:200])
    for pk, account_id, began in found:
        since = customers.first_signal(account_id, began)
        Visit.objects.filter(pk=pk).update(first_signal_at=since, looked_back=True)
    return len(found)


def _still(code: str, before: datetime) -> bool:
    return Visit.objects.filter(code=code, outcome="", seen_at__lte=before).exists()


@transaction.atomic
def feedback(code: str, improve: str, would_return: str, *, now: datetime) -> Visit:
    """What a customer says after the end; said again, the latest holds."""
    visit = Visit.objects.select_for_update().get(code=code)
    visit.improve = improve.strip()[:_MOST_TEXT] or visit.improve
    if would_return in RETURNS:
        visit.would_return = would_return
    visit.save(update_fields=["improve", "would_return"])
    emit(visit, "feedback", now, would_return=visit.would_return)
    return visit


def again(visit: Visit, now: datetime) -> Visit:
    """They want to cancel after all: a new visit of the same customer, at the way out already. They
    said why before, and are not asked or offered anything again."""
    if not visit.outcome or visit.outcome == "cancelled":
        return visit
    new = start(
        visit.account_id,
        visit.person_id,
        visit.subscription_id,
        language=visit.language,
        origin=visit.origin,
        now=now,
    )
    if new.screen != "survey":
        return new
    Visit.objects.filter(pk=new.pk, reason="").update(reason=visit.reason)
    return answer(new.code, workflow.ReasonGiven(""), now=now)

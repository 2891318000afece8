"""Carrying out in billing what was asked for. One act, one key, however often it is tried.

An act is claimed in one transaction, done outside of any, and its result written in another. A
process killed in between leaves a lease that runs out; the act is then done again under the same
key, which the billing system knows. While billing cannot be reached, acts wait.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tenure.analytics.errors import SpecError
from tenure.connectors.billing.contract import (
    Billing,
    Outcome,
    Refused,
    Subscription,
    Unavailable,
    billing,
)
from tenure.core import audit
from tenure.programs.cancel import documents, taking
from tenure.programs.cancel.facts import tell
from tenure.programs.cancel.models import DONE, DROPPED, REFUSED, UNDONE, WAITING, Act, Visit

log = logging.getLogger("tenure.cancel")
LEASE = timedelta(minutes=3)
"""Longer than any call of a billing system takes."""
CHUNK = 200
PLANNED = Q(what="resume", tries=0)
"""Acts that are due on a day to come: others do not wait for them."""


def retry_after(tries: int) -> timedelta:
    """How long to wait after so many tries in vain.

    >>> [int(retry_after(n).total_seconds() / 60) for n in (1, 2, 3, 4, 20)]
    [1, 2, 4, 8, 60]
    """
    return timedelta(minutes=min(60, 2 ** min(tries - 1, 10)))


def due(now: datetime) -> list[int]:
    """Acts to be done now. Those of a subscription are done one after the other, as asked for."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    rows = Act.objects.filter(free, state=WAITING, due_at__lte=now).order_by("pk")
    found: dict[tuple[str, str], int] = {}
    for pk, account, subscription in rows.values_list("pk", "account_id", "subscription_id"):
        found.setdefault((account, subscription), pk)
        if len(found) >= CHUNK:
            break
    return list(found.values())


def carry_out(now: datetime) -> int:
    """Do what is due; gives how many acts came to an end."""
    return sum(run(pk, now) for pk in due(now))


def run_for(visit: Visit, now: datetime) -> None:
    """Do what a visit asked for at once, so that the customer sees the result; what cannot be done
    now waits."""
    rows = visit.acts.filter(state=WAITING, due_at__lte=now).order_by("pk")
    for pk in rows.values_list("pk", flat=True):
        run(pk, now)


def run(pk: int, now: datetime) -> bool:
    """Try one act; True if it came to an end."""
    act = _claimed(pk, now)
    if act is None:
        return False
    system = billing(documents.current().running.provider)
    try:
        outcome = _do(system, act, now)
    except Refused as no:
        return _settle(act, REFUSED, str(no), now)
    except SpecError as no:
        return _settle(act, REFUSED, f"{no.key}: {no.problem}", now)
    except Unavailable as gone:
        return _wait(act, str(gone) or "billing cannot be reached", now)
    except Exception as fault:
        log.exception("act %s could not be carried out; trying again", act.key)
        return _wait(act, f"{type(fault).__name__}: {fault}", now)
    return _settle(act, DONE, outcome.detail or outcome.what, now)


@transaction.atomic
def _claimed(pk: int, now: datetime) -> Act | None:
    act = Act.objects.select_for_update().filter(pk=pk, state=WAITING).first()
    if act is None or (act.lease_until is not None and act.lease_until >= now):
        return None
    same = Act.objects.filter(account_id=act.account_id, subscription_id=act.subscription_id)
    if same.filter(state=WAITING, pk__lt=act.pk).exclude(PLANNED).exists():
        return None
    act.lease_until, act.tries = now + LEASE, act.tries + 1
    act.save(update_fields=["lease_until", "tries"])
    return act


def _do(system: Billing, act: Act, now: datetime) -> Outcome:
    which = Subscription(act.subscription_id, act.account_id)
    if act.undoes_id or act.what == "resume":
        return _undo(system, which, act, now)
    terms = act.terms
    if act.what == "coupon":
        return system.apply_coupon(
            which, percent=terms["percent"], months=terms["months"], key=act.key, now=now
        )
    if act.what == "pause":
        until = datetime.fromisoformat(terms["until"])
        return system.pause(which, until=until, key=act.key, now=now)
    if act.what == "plan":
        return system.change_plan(which, plan_id=terms["plan_id"], key=act.key, now=now)
    return system.cancel(
        which, at_period_end=terms["at_period_end"], reason="voluntary", key=act.key, now=now
    )


def _undo(system: Billing, which: Subscription, act: Act, now: datetime) -> Outcome:
    if act.what == "coupon":
        return system.remove_coupon(which, key=act.key, now=now)
    if act.what in ("pause", "resume"):
        return system.resume(which, key=act.key, now=now)
    if act.what == "plan":
        return system.change_plan(which, plan_id=act.terms["from_plan"], key=act.key, now=now)
    return system.keep(which, key=act.key, now=now)


@transaction.atomic
def _settle(act: Act, state: str, detail: str, now: datetime) -> bool:
    mine = Act.objects.filter(pk=act.pk, state=WAITING)
    if not mine.update(state=state, detail=detail, done_at=now, lease_until=None):
        return False
    if act.undoes_id and state == DONE:
        Act.objects.filter(pk=act.undoes_id).update(state=UNDONE)
    visit = Visit.objects.get(pk=act.visit_id)
    if state == REFUSED:
        taking.tell_refused(visit, act, detail, now)
    what = "carried_out" if state == DONE else "refused"
    tell(visit, what, now, f"{act.key}:{what}:{act.tries}", act=act.what, detail=detail[:300])
    audit.record(
        audit.SYSTEM, f"cancel.{what}", "cancel visit", visit.pk, None,
        {"act": act.what, "terms": act.terms, "key": act.key, "detail": detail[:300]}, now=now,
    )  # fmt: skip
    return True


@transaction.atomic
def _wait(act: Act, why: str, now: datetime) -> bool:
    mine = Act.objects.filter(pk=act.pk, state=WAITING)
    mine.update(detail=why[:2000], due_at=now + retry_after(act.tries), lease_until=None)
    if act.tries == 1:
        tell(Visit.objects.get(pk=act.visit_id), "waits_for_billing", now, act=act.what)
    return False


@transaction.atomic
def try_again(pk: int, by: object, *, now: datetime) -> Act:
    """Have an act that billing refused tried again, after somebody has seen to it. It gets a key of
    its own: the old one has its answer. SpecError if it was not refused."""
    act = Act.objects.select_for_update().filter(pk=pk).first()
    if act is None or act.state != REFUSED:
        raise SpecError("cancel", f"act {pk}", "was not refused", "only those can be tried again")
    before = {"state": act.state, "key": act.key, "detail": act.detail}
    base, _, number = act.key.partition("#")
    act.key = f"{base}#{int(number or 1) + 1}"
    act.state, act.due_at, act.done_at, act.tries = WAITING, now, None, 0
    act.save()
    audit.record(by, "cancel.tried_again", "cancel visit", act.visit_id, before,
                 {"state": act.state, "key": act.key}, now=now)  # fmt: skip
    return act


@transaction.atomic
def take_back(pk: int, why: str, by: object, *, now: datetime) -> Act:
    """Have an act taken back, for a reason: one that waits is dropped, one that was done is undone
    in billing. Gives the act itself, or the one that undoes it. SpecError if neither can be."""
    act = Act.objects.select_for_update().filter(pk=pk, undoes=None).first()
    if act is None or act.state not in (WAITING, DONE) or Act.objects.filter(undoes=act).exists():
        raise SpecError("cancel", f"act {pk}", "cannot be taken back",
                        "only what waits or was done can, once")  # fmt: skip
    if not why.strip():
        raise SpecError("cancel", "reason", "is empty", "say why it is taken back")
    audit.record(by, "cancel.taken_back", "cancel visit", act.visit_id, {"state": act.state},
                 {"act": act.what, "key": act.key}, why.strip(), now=now)  # fmt: skip
    tell(Visit.objects.get(pk=act.visit_id), "taken_back", now, act=act.what)
    visit_acts = Act.objects.filter(visit_id=act.visit_id)
    if act.what == "pause":
        visit_acts.filter(what="resume", state=WAITING).update(state=DROPPED)
    if act.state == WAITING:
        if act.lease_until is not None and act.lease_until >= now:
            raise SpecError("cancel", f"act {pk}", "is being carried out", "try again in a minute")
        Act.objects.filter(pk=act.pk).update(state=DROPPED, detail=why.strip(), done_at=now)
        act.refresh_from_db()
        return act
    return Act.objects.create(
        key=f"{act.key}:undo", visit_id=act.visit_id, undoes=act, account_id=act.account_id,
        subscription_id=act.subscription_id, what=act.what, terms=act.terms, asked_at=now,
        due_at=now, by=audit.actor_name(by)[:254],
    )  # fmt: skip

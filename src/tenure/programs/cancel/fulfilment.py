"""What the cancel flow hands to billing, and what follows from what became of it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.connectors.billing import outbox
from tenure.connectors.billing.acts import Act
from tenure.connectors.billing.contract import Outcome
from tenure.core import audit
from tenure.programs.cancel import acceptance, documents
from tenure.programs.cancel.acceptance import PROGRAM
from tenure.programs.cancel.facts import emit
from tenure.programs.cancel.models import Visit


class Hears:
    """The cancel flow, as the outbox knows it."""

    def provider(self) -> str:
        """The billing system of the policy in force."""
        return documents.current().running.provider

    def outdated(self, act: Act, now: datetime) -> str:  # noqa: ARG002
        """A customer's wish stays one; what replaces it drops it."""
        return ""

    def done(self, act: Act, outcome: Outcome, now: datetime) -> None:  # noqa: ARG002
        """A fact, and an entry in the audit trail."""
        self._tell(act, "carried_out", now)

    def refused(self, act: Act, why: str, now: datetime) -> None:
        """The same, and a mail to the owner: a customer was promised it."""
        acceptance.tell_refused(visit_of(act), act, why, now)
        self._tell(act, "refused", now)

    def waits(self, act: Act, why: str, now: datetime) -> None:  # noqa: ARG002
        """Told the first time."""
        if act.tries == 1:
            emit(visit_of(act), "waits_for_billing", now, act=act.what)

    def _tell(self, act: Act, what: str, now: datetime) -> None:
        visit = visit_of(act)
        emit(
            visit, what, now, f"{act.key}:{what}:{act.tries}", act=act.what, detail=act.detail[:300]
        )
        audit.record(
            audit.SYSTEM,
            f"cancel.{what}",
            "cancel visit",
            visit.pk,
            None,
            {"act": act.what, "terms": act.terms, "key": act.key, "detail": act.detail[:300]},
            now=now,
        )


def visit_of(act: Act) -> Visit:
    """The visit in which an act was asked for."""
    return Visit.objects.get(pk=int(act.subject))


def run_for(visit: Visit, now: datetime) -> None:
    """Do what a visit asked for at once, so that the customer sees the result; what cannot be done
    now waits."""
    outbox.run_for(PROGRAM, str(visit.pk), now)


def mine(number: int) -> Act | None:
    """An act of the cancel flow; None if there is none."""
    found = outbox.get(number)
    return found if found is not None and found.program == PROGRAM else None


def try_again(number: int, by: object, *, now: datetime) -> Act:
    """Try an act that billing refused again, after somebody has seen to it; gives it as it stands
    then. It gets a key of its own: the old one has its answer. SpecError if it was not refused."""
    return _at_once(_try_again(number, by, now), now)


def take_back(number: int, why: str, by: object, *, now: datetime) -> Act:
    """Take an act back, for a reason: one that waits is dropped, one that was done is undone in
    billing. Gives the act itself, or the one that undoes it, as it stands then. SpecError if
    neither can be."""
    act = _take_back(number, why, by, now)
    return act if act.undoes is None else _at_once(act, now)


def _at_once(act: Act, now: datetime) -> Act:
    outbox.run(act.id, now)
    return outbox.get(act.id) or act


@transaction.atomic
def _try_again(number: int, by: object, now: datetime) -> Act:
    if mine(number) is None:
        raise SpecError("cancel", f"act {number}", "is not there", "see: tenure cancel waiting")
    before, after = outbox.try_again(number, now)
    audit.record(
        by,
        "cancel.tried_again",
        "cancel visit",
        before.subject,
        {"state": before.state, "key": before.key, "detail": before.detail},
        {"state": after.state, "key": after.key},
        now=now,
    )
    return after


@transaction.atomic
def _take_back(number: int, why: str, by: object, now: datetime) -> Act:
    act = mine(number)
    if act is None:
        raise SpecError("cancel", f"act {number}", "cannot be taken back", "there is no such act")
    if not why.strip():
        raise SpecError("cancel", "reason", "is empty", "say why it is taken back")
    after = outbox.take_back(number, why.strip(), audit.actor_name(by), now)
    audit.record(
        by,
        "cancel.taken_back",
        "cancel visit",
        act.subject,
        {"state": act.state},
        {"act": act.what, "key": act.key},
        why.strip(),
        now=now,
    )
    emit(visit_of(act), "taken_back", now, act=act.what)
    # What was planned to end it has nothing to end.
    outbox.drop(why, now, program=PROGRAM, subject=act.subject, planned=True)
    return after

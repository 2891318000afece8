"""Exit interviews: asked for once by mail, answered on a page without signing in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tenure.accounts.models import Person
from tenure.analytics.errors import SpecError
from tenure.channels.drafts import Draft, submit
from tenure.core import audit
from tenure.facts.inbox import OwnFact, record_own
from tenure.learning.investigations import actions, documents, links
from tenure.learning.investigations.models import VOID, ExitInterview, Investigation
from tenure.learning.investigations.settings import RETURNS
from tenure.programs.dunning.mails import addressee

PURPOSE = "survey"
"""A wish of ours, not a service of theirs: consent, caps and quiet hours apply to it."""
CHUNK = 200


def source(investigation: int) -> str:
    """Under which name the mail stands in the outbox."""
    return f"exit-interview:{investigation}"


@transaction.atomic
def ask(pk: int, by: object, *, now: datetime) -> ExitInterview:
    """Ask somebody of the account, once. SpecError if nobody can be written to, or was already."""
    one = Investigation.objects.select_for_update().filter(pk=pk).exclude(state=VOID).first()
    if one is None:
        raise SpecError("churn", str(pk), "is no investigation", "see: tenure churned list")
    if ExitInterview.objects.filter(investigation=one).exists():
        raise SpecError("exit interview", str(pk), "was asked for already", "nobody is asked twice")
    who = addressee(one.account_id)
    if who is None:
        raise SpecError(
            "exit interview",
            one.account_id,
            "has nobody with a mail address",
            "import people with their address, or talk to them and note it",
        )
    made = ExitInterview.objects.create(
        investigation=one,
        person_id=who.pk,
        address=who.email,
        asked_at=now,
        asked_by=audit.actor_name(by)[:254],
    )
    submit([_draft(made, one, who, now)], now=now)
    audit.record(
        by, "churn.interview_asked", actions.TARGET, str(pk), None, {"person": who.pk}, now=now
    )
    _emit(made, "exit_interview_asked", now)
    return made


def _draft(made: ExitInterview, one: Investigation, who: Person, now: datetime) -> Draft:
    words = documents.current().interview
    text = words.text.format(name=who.name or words.nobody, link=links.url(made.pk)).strip()
    return Draft(
        f"exit-interview:{one.pk}",
        "mail",
        PURPOSE,
        who.email,
        {"subject": words.subject, "text": text},
        due_at=now,
        source=source(one.pk),
        person_id=who.pk,
        account_id=one.account_id,
    )


def ask_due(now: datetime) -> int:
    """Ask those whose churn is fresh, if policy is on; gives how many were asked."""
    words = documents.current().interview
    if not words.on:
        return 0
    fresh = now - timedelta(days=words.first_seen_days)
    due = Investigation.objects.exclude(state=VOID).filter(
        interview=None,
        reactivated_at=None,
        churned_at__gte=fresh,
        opened_at__lte=now - timedelta(days=words.delay_days),
    )
    asked = 0
    for pk, account in due.order_by("churned_at").values_list("pk", "account_id")[:CHUNK]:
        if addressee(account) is not None:
            ask(pk, audit.SYSTEM, now=now)
            asked += 1
    return asked


def read(token: str) -> ExitInterview | None:
    """The interview a link is for; None if it is not ours, too old or no longer wanted."""
    pk = links.read(token, documents.current().interview.link_days)
    found = ExitInterview.objects.select_related("investigation").filter(pk=pk)
    return found.exclude(investigation__state=VOID).first()


@transaction.atomic
def answer(
    pk: int, *, reason: str = "", words: str = "", would_return: str = "", now: datetime
) -> ExitInterview:
    """Keep what was said; said again, it replaces what was. Unknown choices count as left out."""
    numbers = documents.current()
    made = ExitInterview.objects.select_for_update().select_related("investigation").get(pk=pk)
    made.reason = reason if reason in numbers.reasons else ""
    made.words = words.replace("\x00", "").strip()[: numbers.interview.most_text]
    made.would_return = would_return if would_return in RETURNS else ""
    made.answered_at = now
    made.save()
    _emit(made, "exit_interview_answered", now)
    one = Investigation.objects.select_for_update().get(pk=made.investigation_id)
    actions.propose_anew(one, now)
    return made


def _emit(made: ExitInterview, event: str, now: datetime) -> None:
    """A fact; the words themselves stay in the interview."""
    told = {"reason": made.reason, "would_return": made.would_return, "words": bool(made.words)}
    account = made.investigation.account_id
    record_own([OwnFact(event, account, now, made.person_id or None, told)], now=now)

"""What the messages know of a person, and how they forget."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from tenure.channels import mailboxes
from tenure.channels.models import (
    MailNotice,
    Message,
    PushSubscription,
    Reception,
    Refusal,
    SaidNo,
    Suppression,
)
from tenure.facts.erasure import Part
from tenure.facts.mentions import GONE
from tenure.facts.persons import Subject


def _messages(subject: Subject) -> Any:
    mine = Q(person_id__in=subject.ids) | Q(recipient__in=[*subject.ids, *subject.mails])
    for mail in subject.mails:
        mine |= Q(address__iexact=mail)
    return Message.objects.filter(mine)


def _names(subject: Subject) -> list[str]:
    return [*subject.ids, *subject.mails]


def export(subject: Subject) -> Any:
    """Messages to the person, and what they said they do not want."""
    columns = ("channel", "purpose", "address", "content", "state", "reason", "created_at")
    refused = Refusal.objects.filter(recipient__in=_names(subject))
    return {
        "messages": list(_messages(subject).values(*columns)),
        "in_the_product": list(
            Reception.objects.filter(person_id__in=subject.ids).values(
                "slot", "placed_at", "seen_at", "clicked_at", "dismissed_at", "done"
            )
        ),
        "push_devices": list(
            PushSubscription.objects.filter(person_id__in=subject.ids).values(
                "endpoint", "created_at"
            )
        ),
        "refusals": list(refused.values("channel", "purpose", "at", "by")),
        "about_mails": list(
            MailNotice.objects.filter(address__in=subject.mails).values("kind", "said", "at")
        ),
        "suppressed": list(
            Suppression.objects.filter(address__in=subject.mails).values("channel", "reason", "at")
        ),
    }


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:
    """Messages lose their words and their addressee; what still waited is not sent."""
    found = _messages(subject)
    found.filter(state__in=["queued", "ready"]).update(
        state="cancelled", reason=GONE, settled_at=now
    )
    Reception.objects.filter(person_id__in=subject.ids).delete()
    PushSubscription.objects.filter(person_id__in=subject.ids).delete()
    count = 0
    for row in found.only("pk"):
        Message.objects.filter(pk=row.pk).update(
            key=f"erased:{pseudonym}:{row.pk}",
            recipient=pseudonym,
            person_id="",
            address="",
            content={},
            error="",
            receipt="",
            outcome_text="",
        )
        count += 1
    _remember_by_mark(subject)
    MailNotice.objects.filter(address__in=subject.mails).delete()
    return {"messages": count}


def _remember_by_mark(subject: Subject) -> None:
    """A mailbox that said no stays known, without its address: whoever writes it into a list again
    does not undo that."""
    names, marks = _names(subject), [mailboxes.mark(mail) for mail in subject.mails]
    refused = Refusal.objects.filter(recipient__in=names)
    said = SaidNo.objects.filter(recipient__in=names)
    barred = Suppression.objects.filter(address__in=subject.mails)
    for mark in marks:
        wide = [r for r in refused if r.channel in mailboxes.WIDE]
        Refusal.objects.bulk_create(
            [
                Refusal(recipient=mark, channel=r.channel, purpose=r.purpose, at=r.at, by=r.by)
                for r in wide
            ],
            ignore_conflicts=True,
        )
        for no in said:
            SaidNo.objects.get_or_create(recipient=mark, defaults={"at": no.at})
    for row in barred:
        kept = {"reason": subject.without(row.reason), "at": row.at}
        mark = mailboxes.mark(row.address)
        Suppression.objects.get_or_create(channel=row.channel, address=mark, defaults=kept)
    for rows in (refused, said, barred):
        rows.delete()


PART = Part("messages", export, erase)

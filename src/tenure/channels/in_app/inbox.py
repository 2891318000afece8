"""What a person finds in the product, and what they do with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from tenure.channels import actions, mailboxes, reception
from tenure.channels.in_app.settings import SLOTS, InApp
from tenure.channels.in_app.tokens import Holder
from tenure.channels.models import Reception
from tenure.channels.settings import ANY, Numbers
from tenure.core import policy as policies

CHANNEL = "in_app"
_LOOKED_AT = 50  # messages of one person that are considered


@dataclass(frozen=True)
class InAppMessage:
    """A message as the script gets it."""

    id: str
    slot: str
    title: str
    text: str
    link: str
    link_text: str
    items: list[dict[str, Any]]
    can_refuse: bool


def find(holder: Holder, slot: str, now: datetime) -> list[InAppMessage]:
    """What the person is to see now, in every slot (or in ``slot``), the oldest first and no more
    at once than policy says."""
    numbers: Numbers = policies.load("channels")
    unwanted = _unwanted(holder)
    counts = dict.fromkeys(SLOTS, 0)
    found = []
    for row in _lying(holder, numbers.in_app, now)[:_LOOKED_AT]:
        if (slot and row.slot != slot) or row.slot not in counts:
            continue
        purpose = numbers.purposes.get(row.message.purpose)
        free = purpose is None or purpose.category == "transactional"
        if not free and unwanted & {row.message.purpose, ANY}:
            continue  # they said so after it was laid in
        if counts[row.slot] < numbers.in_app.at_once:
            counts[row.slot] += 1
            found.append(_shown(row, not free))
    return found


def _unwanted(holder: Holder) -> set[str]:
    said = mailboxes.refusals(holder.person_id).filter(channel__in=[CHANNEL, ANY])
    return set(said.values_list("purpose", flat=True))


def _mine(holder: Holder) -> QuerySet[Reception]:
    return Reception.objects.filter(
        message__channel=CHANNEL,
        person_id=holder.person_id,
        account_id__in=[holder.account_id, ""],
    ).select_related("message")


def _lying(holder: Holder, numbers: InApp, now: datetime) -> QuerySet[Reception]:
    done = Q(clicked_at__isnull=False) & ~Q(slot="checklist")
    shown = Q(seen_at__isnull=False) & Q(slot__in=numbers.once)
    rows = _mine(holder).filter(expires_at__gt=now, withdrawn_at=None, dismissed_at=None)
    return rows.exclude(done).exclude(shown).order_by("-message__urgent", "placed_at", "pk")


def _shown(row: Reception, can_refuse: bool) -> InAppMessage:
    said = row.message.content
    items = [
        {"text": str(item["text"]), "link": str(item.get("link") or ""), "done": n in row.done}
        for n, item in enumerate(said.get("items") or ())
    ]
    return InAppMessage(
        row.code,
        row.slot,
        str(said.get("title", "")),
        str(said.get("text", "")),
        str(said.get("link") or ""),
        str(said.get("link_text") or said.get("link") or ""),
        items,
        can_refuse,
    )


def one(holder: Holder, code: str) -> Reception | None:
    """A message of this person in this account, by its code; nobody else's."""
    return _mine(holder).filter(code=code).first()


@transaction.atomic
def tick(row: Reception, item: int, done: bool, now: datetime) -> bool:
    """Tick an item of a checklist, or take the tick back; False if there is no such item. Only the
    first tick of an item is a fact: ticking to and fro tells nothing more."""
    if not 0 <= item < len(row.message.content.get("items") or ()):
        return False
    kept = Reception.objects.select_for_update().get(pk=row.pk)
    ticked = set(kept.done)
    kept.done = sorted(ticked | {item} if done else ticked - {item})
    kept.save(update_fields=["done"])
    if done and item not in kept.told:
        kept.told = [*kept.told, item]
        kept.save(update_fields=["told"])
        reception.emit(row, "ticked", now, {"item": item}, f":{item}")
    return True


@transaction.atomic
def refuse(row: Reception, now: datetime) -> bool:
    """The person wants no more like this in the product; False for what they cannot refuse."""
    numbers: Numbers = policies.load("channels")
    purpose = numbers.purposes.get(row.message.purpose)
    if purpose is None or purpose.category == "transactional":
        return False
    reception.record(row, "dismissed", now)
    actions.refuse(
        row.person_id,
        CHANNEL,
        row.message.purpose,
        "in the product",
        now=now,
        account_id=row.account_id,
    )
    if purpose.selling:
        actions.said_no(row.person_id, f"{purpose.title}, in the product", now=now)
    return True

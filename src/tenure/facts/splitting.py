"""Taking a wrong merge apart: two ids that were taken for one person are two again.

Facts are never changed, and a fact keeps only the person it was counted for: what came while the
two were one stays where it is. From the split on each id stands for itself again, and no call joins
the two another time, neither way round, unless a person takes the split back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from tenure.analytics.errors import SpecError
from tenure.core import audit
from tenure.facts import batches
from tenure.facts.identity import FLUSH
from tenure.facts.models import IdentityLink, IdentitySplit


@dataclass(frozen=True)
class Joined:
    """An id that counts as another person's, since when (as we learned it)."""

    alias: str
    person_id: str
    linked_at: datetime


def joined(person: str) -> list[Joined]:
    """The ids that are one with ``person``, however many joins lie between."""
    found: dict[str, Joined] = {}
    known, fresh = {person}, {person}
    while fresh:
        links = IdentityLink.objects.filter(Q(alias__in=fresh) | Q(person_id__in=fresh))
        rows = [Joined(x.alias, x.person_id, x.linked_at) for x in links if x.alias != x.person_id]
        found |= {row.alias: row for row in rows}
        fresh = {i for row in rows for i in (row.alias, row.person_id)} - known
        known |= fresh
    return sorted(found.values(), key=lambda row: (row.linked_at, row.alias))


def splits(person: str) -> list[IdentitySplit]:
    """What was taken apart from ``person``, newest first."""
    found = IdentitySplit.objects.filter(Q(alias=person) | Q(person_id=person))
    return list(found.order_by("-split_at"))


@transaction.atomic
def split(alias: str, actor: object, now: datetime) -> Joined:
    """Have ``alias`` stand for itself again; gives the join that was taken apart. Audited.

    SpecError if the id is joined to nobody.
    """
    link = IdentityLink.objects.select_for_update().filter(pk=alias).first()
    if link is None or link.person_id == alias:
        remedy = "name the id that was joined, not the person it was joined to"
        raise SpecError("split", alias, "is joined to nobody", remedy)
    was = Joined(alias, link.person_id, link.linked_at)
    link.delete()
    by = audit.actor_name(actor)[:254]
    IdentitySplit.objects.update_or_create(
        alias=alias, person_id=was.person_id, defaults={"split_at": now, "split_by": by}
    )
    batches.changed_elsewhere(FLUSH)
    before, after = {"person": was.person_id}, {"person": alias}
    audit.record(actor, "person.split", "person", alias, before, after, now=now)
    return was


@transaction.atomic
def allow(alias: str, person: str, actor: object, now: datetime) -> None:
    """Take a split back: calls may join the two again. Audited; SpecError if there is none."""
    found = IdentitySplit.objects.filter(alias=alias, person_id=person)
    if not found.delete()[0]:
        raise SpecError("split", alias, f"was not split from {person}", "name both ids as listed")
    batches.changed_elsewhere(FLUSH)
    audit.record(actor, "person.unsplit", "person", alias, {"apart_from": person}, None, now=now)

"""What the state of accounts knows of a person, and how it forgets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.forms.models import model_to_dict

from tenure.accounts.models import Membership, Person
from tenure.facts.erasure import Part
from tenure.facts.persons import Subject


def _people(subject: Subject) -> list[Person]:
    by_id = Person.objects.filter(pk__in=subject.ids)
    by_mail = Person.objects.filter(email__in=subject.mails)
    return list((by_id | by_mail).distinct())


def export(subject: Subject) -> list[dict[str, Any]]:
    """The person's row, and their parts in accounts."""
    return [
        {
            **model_to_dict(person),
            "id": person.pk,
            "first_seen_at": person.first_seen_at,
            "last_seen_at": person.last_seen_at,
            "memberships": [
                {k: v for k, v in model_to_dict(m).items() if k not in ("id", "person")}
                for m in person.memberships.all()
            ],
        }
        for person in _people(subject)
    ]


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """A nameless person stands where the person stood."""
    people = _people(subject)
    for person in people:
        nobody, _ = Person.objects.get_or_create(
            pk=pseudonym,
            defaults={"first_seen_at": person.first_seen_at, "last_seen_at": person.last_seen_at},
        )
        taken = set(nobody.memberships.values_list("account_id", flat=True))
        parts = Membership.objects.filter(person=person).exclude(account_id__in=taken)
        parts.update(person=nobody, title="")
        person.delete()
    return {"people_state": len(people)}


PART = Part("state", export, erase)

"""What customers wrote before they left, word for word and by name.

Read whenever it is looked at, as it was known at the end. Nothing is copied, so that what is erased
of a person is gone here, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure.accounts.models import Membership, Person
from tenure.facts.queries import rows_of_many
from tenure.learning.investigations.models import Investigation
from tenure.learning.investigations.settings import Settings


@dataclass(frozen=True)
class Quote:
    """Words of a ticket or an answer; ``who`` is the person's name, ``role`` what they were."""

    at: datetime
    what: str
    who: str
    role: str
    text: str


def of(row: Investigation, numbers: Settings) -> list[Quote]:
    """The latest first, as many of each kind as policy lists."""
    end = row.churned_at
    start = end - timedelta(days=numbers.running.look_back_days)
    pair = (row.account_id, end)
    tickets = rows_of_many("tickets", [pair]).get(pair, [])
    answers = rows_of_many("responses", [pair]).get(pair, [])
    found: list[tuple[datetime, str, str | None, tuple[str | None, ...]]] = [
        (t["opened_at"], _ticket(t["category"]), t["person_id"], (t["subject"], t["body"]))
        for t in tickets[: numbers.running.contacts_listed]
    ]
    found += [
        (a["responded_at"], _answer(a["survey"], a["score"]), a["person_id"], (a["comment"],))
        for a in answers[: numbers.running.contacts_listed]
    ]
    written = [one for one in found if one[0] >= start and any(one[3])]
    names, roles = _people(row.account_id, {who for _, _, who, _ in written if who})
    return [
        Quote(at, what, names.get(who or "", ""), roles.get(who or "", ""), _joined(parts))
        for at, what, who, parts in sorted(written, key=lambda one: one[0], reverse=True)
    ]


def _joined(parts: tuple[str | None, ...]) -> str:
    return "\n".join(filter(None, parts))


def _ticket(category: str | None) -> str:
    return f"Ticket: {category}" if category else "Ticket"


def _answer(survey: str, score: float | None) -> str:
    return survey.upper() if score is None else f"{survey.upper()} {score:g}"


def _people(account: str, ids: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    names = dict(Person.objects.filter(pk__in=ids).values_list("pk", "name"))
    roles = Membership.objects.filter(account_id=account, person_id__in=ids)
    told = {who: role.replace("_", " ") for who, role in roles.values_list("person_id", "role")}
    return names, told

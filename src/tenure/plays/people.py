"""Whom a play writes to at an account, and what its texts are filled with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from tenure.accounts.models import Account, Membership, Person
from tenure.channels import registry
from tenure.core import policy as policies
from tenure.health import queries as health
from tenure.health.models import AccountHealth
from tenure.kit.pages import formats
from tenure.plays import snapshot


@dataclass(frozen=True)
class Contact:
    """A person who can be reached; ``email`` is empty for who has none and needs none."""

    id: str
    email: str
    name: str
    locale: str = ""


def reachable(ways: Iterable[str], prefix: str = "") -> Q:
    """Which people can be reached on one of some channels. ``prefix`` leads to the person."""
    found = Q(pk__in=[])
    for way in ways:
        reached = registry.channel(way).reachable(prefix)
        if reached is None:
            return Q()
        found |= reached
    return found


def contacts(
    accounts: Collection[str], roles: Sequence[str], way: str = "mail"
) -> dict[str, Contact]:
    """Whom to write to at each account: the first of ``roles`` somebody has who can be reached on
    ``way``; among equals whoever was seen last. Accounts without such a person are left out."""
    rows = (
        Membership.objects.filter(account_id__in=accounts, left_at=None, role__in=roles)
        .filter(reachable([way], "person__"))
        .select_related("person")
    )
    found: dict[str, list[Membership]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)
    return {account: _best(listed, roles) for account, listed in found.items()}


def _best(listed: Sequence[Membership], roles: Sequence[str]) -> Contact:
    def rank(row: Membership) -> tuple[int, float, str]:
        seen = row.person.last_seen_at
        return roles.index(row.role), -(seen.timestamp() if seen else 0.0), row.person_id

    person = min(listed, key=rank).person
    return _contact(person)


def by_id(people: Collection[str], way: str = "mail") -> dict[str, Contact]:
    """People who can be reached on ``way``, by id."""
    rows = Person.objects.filter(reachable([way]), pk__in=people)
    return {person.pk: _contact(person) for person in rows}


def _contact(person: Person) -> Contact:
    told = person.traits.get("locale") or person.traits.get("language") or ""
    return Contact(person.pk, person.email, person.name, str(told))


def account_words(
    accounts: Collection[str], signals: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """What texts about each account are filled with (see ``plays.words``); ``signals`` are those
    that they ask for, as the last scoring saw them."""
    scored = {
        row.account_id: row
        for row in AccountHealth.objects.filter(
            model=health.default_model(), account_id__in=accounts
        ).only("account_id", "shown_health", "risk", "signals")
    }
    company = str(policies.load("workspace").name) or "us"
    rows = Account.objects.filter(pk__in=accounts).select_related("owner")
    seen = snapshot.read(set(signals), accounts).to_pylist() if signals else []
    told = {row.pop("account_id"): row for row in seen}
    return {
        row.pk: {
            **_of_account(row, scored.get(row.pk), company),
            **{f"signal.{k}": _number(v) for k, v in told.get(row.pk, {}).items()},
        }
        for row in rows
    }


def _of_account(row: Account, scored: AccountHealth | None, company: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "account.id": row.pk,
        "account.name": row.name or row.pk,
        "account.plan": row.plan_id,
        "account.renews_on": f"{row.renews_at:%-d %B %Y}" if row.renews_at else "",
        "owner.name": str(row.owner) if row.owner else f"The team at {company}",
        "company": company,
    }
    if scored is not None:
        found |= {"health": _whole(scored.shown_health), "risk": _whole(scored.risk)}
        found |= {f"signal.{k}": _number(v) for k, v in scored.signals.items()}
    return found


def _whole(points: float | None) -> str:
    return "" if points is None else formats.whole(points)


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def person_words(contact: Contact | None) -> Mapping[str, str]:
    """What texts to a person are filled with besides."""
    if contact is None or not contact.name.strip():
        return {}
    return {"person.name": contact.name, "person.first_name": contact.name.split()[0]}

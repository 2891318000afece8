"""Saying it: who has which cards and plans now, and the mails that go out, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tenure.accounts.models import Account, Person
from tenure.analytics.moments import micros
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message
from tenure.facts import reading
from tenure.facts.reading import text
from tenure.programs.dunning import documents, links, mails, pre_dunning
from tenure.programs.dunning.pre_dunning import Card, Month, Paying, Said
from tenure.programs.dunning.settings import Settings

MONTHS = 12


def cards(now: datetime, account_id: str = "", known_at: datetime | None = None) -> list[Card]:
    """The cards on file as the latest facts tell, or as they were known at ``known_at``; those of
    one account if it is named."""
    one = f" AND account_id = {text(account_id)}" if account_id else ""
    query = (
        "SELECT *, properties ->> '$.fingerprint' AS fingerprint FROM cards"
        f" WHERE COALESCE(status, 'active') = 'active'{one} ORDER BY card_id"
    )
    return [
        Card(
            r["card_id"],
            r["account_id"],
            r["network"] or "",
            r["last4"] or "",
            r["exp_month"],
            r["exp_year"],
            bool(r["is_default"]),
            bool(r["self_updating"]),
            r["fingerprint"] or "",
            r["updated_at"],
        )
        for r in _read(query, now, known_at, "cards")
    ]


def dates_at(at: datetime, account_id: str, now: datetime) -> dict[str, Month]:
    """By which date each card of an account was valid at a past moment, as we know by now."""
    o = reading.holding("cards")
    query = (
        f"SELECT card_id, arg_max(exp_year, {o}) AS exp_year, arg_max(exp_month, {o}) AS exp_month"
        f" FROM raw_cards WHERE account_id = {text(account_id)} AND updated_at <= {micros(at)}"
        " GROUP BY card_id"
    )
    return {r["card_id"]: (r["exp_year"], r["exp_month"]) for r in _read(query, now, None, "cards")}


def paying(now: datetime, known_at: datetime | None = None) -> list[Paying]:
    """Subscriptions in force that will be charged and are not to end, as the latest facts tell, or
    as was known at ``known_at``."""
    query = """
        SELECT s.subscription_id, s.account_id, s.started_at, s.renews_at, s.mrr_minor,
            s.currency, p.interval AS every
        FROM subscriptions AS s LEFT JOIN plans AS p ON p.plan_id = s.plan_id
        WHERE s.in_force AND s.state <> 'paused' AND s.ends_at IS NULL
            AND COALESCE(s.mrr_minor, 0) > 0"""
    return [_paying(r) for r in _read(query, now, known_at, "subscriptions", "plans")]


def _read(query: str, now: datetime, known_at: datetime | None, *tables: str) -> reading.Rows:
    if known_at is not None:
        return reading.dated(reading.as_known(query, known_at, *tables))
    return reading.dated(reading.latest(query, now, *tables))


def _paying(row: dict[str, Any]) -> Paying:
    yearly = row["every"] == "year"
    amount = int(row["mrr_minor"]) * (MONTHS if yearly else 1)
    return Paying(
        row["subscription_id"],
        row["account_id"],
        row["started_at"],
        row["renews_at"],
        yearly,
        amount,
        row["currency"] or "",
    )


@dataclass(frozen=True)
class Line:
    """What is to be said, to whom, and whether it has been: ``state`` is that of its mail, empty
    while there is none."""

    said: Said
    account: str
    to: str
    state: str


def listed(now: datetime, known_at: datetime | None = None) -> list[Line]:
    """What is due at ``now``, soonest first, with what became of it; from what was known at
    ``known_at``, if that is asked."""
    here = cards(now, known_at=known_at), paying(now, known_at)
    found = pre_dunning.due(*here, documents.current().ahead, now)
    names = dict(
        Account.objects.filter(pk__in={s.account_id for s in found}).values_list("pk", "name")
    )
    states = dict(
        Message.objects.filter(key__in=[s.key for s in found]).values_list("key", "state")
    )
    people, lines = mails.addressees(s.account_id for s in found), []
    for said in found:
        who = people.get(said.account_id)
        name = names.get(said.account_id) or said.account_id
        lines.append(Line(said, name, who.email if who else "", states.get(said.key, "")))
    return lines


def say(now: datetime) -> int:
    """Hand in what is due and was not said yet; gives how many. Nothing while it is off."""
    numbers = documents.current()
    if not (numbers.running.on and numbers.ahead.on):
        return 0
    found = pre_dunning.due(cards(now), paying(now), numbers.ahead, now)
    known = set(
        Message.objects.filter(key__in=[s.key for s in found]).values_list("key", flat=True)
    )
    drafts = list(_drafts((s for s in found if s.key not in known), numbers, now))
    submit(drafts, now=now)
    return len(drafts)


def _drafts(found: Iterable[Said], numbers: Settings, now: datetime) -> Iterable[Draft]:
    listed = list(found)
    people = mails.addressees(s.account_id for s in listed)
    for said in listed:
        if (who := people.get(said.account_id)) is not None:
            yield _draft(said, who, numbers, now)


def _draft(said: Said, who: Person, numbers: Settings, now: datetime) -> Draft:
    place = ZoneInfo(mails.zone_of(who))
    mail = getattr(numbers.ahead, said.what)
    paid = said.paying
    words = {
        "name": who.name or numbers.wording.nobody,
        "product": numbers.wording.product,
        "link": links.card_url(said.account_id),
        "amount": mails.money(paid.amount_minor, paid.currency) if paid else "",
        "date": f"{said.at.astimezone(place):%-d %B %Y}",
        **pre_dunning.words_of(said),
    }
    subject = mail.subject.format(**words)
    return Draft(
        said.key,
        "mail",
        "payment",
        who.email,
        {"subject": subject[:1].upper() + subject[1:], "text": mail.text.format(**words).strip()},
        due_at=now,
        source=f"ahead:{said.what}",
        person_id=who.pk,
        account_id=said.account_id,
    )

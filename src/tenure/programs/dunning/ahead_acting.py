"""Saying it: who has which cards and plans as known now, and the mails that go out, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tenure.accounts.models import Account, Person
from tenure.analytics.moments import micros, moment
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message
from tenure.facts import lake
from tenure.health.lake_reading import as_known, text
from tenure.programs.dunning import ahead, documents, links, mails
from tenure.programs.dunning.ahead import Card, Month, Paying, Said
from tenure.programs.dunning.numbers import Numbers

MONTHS = 12


def cards(now: datetime, account_id: str = "") -> list[Card]:
    """The cards on file, as known at ``now``; those of one account if it is named."""
    if not lake.current().exists("cards"):
        return []
    one = f" AND account_id = {text(account_id)}" if account_id else ""
    rows = as_known(
        "SELECT *, properties ->> '$.fingerprint' AS fingerprint FROM cards"
        f" WHERE COALESCE(status, 'active') = 'active'{one}", now, "cards",
    )  # fmt: skip
    return [
        Card(
            r["card_id"], r["account_id"], r["network"] or "", r["last4"] or "", r["exp_month"],
            r["exp_year"], bool(r["is_default"]), bool(r["self_updating"]), r["fingerprint"] or "",
            moment(r["updated_at"]),
        )
        for r in rows
    ]  # fmt: skip


def dates_at(at: datetime, account_id: str, now: datetime) -> dict[str, Month]:
    """By which date each card of an account was valid at a past moment, as known at ``now``."""
    rows = as_known(
        "SELECT card_id, arg_max(exp_year, (updated_at, received_at)) AS exp_year,"
        " arg_max(exp_month, (updated_at, received_at)) AS exp_month FROM raw_cards"
        f" WHERE account_id = {text(account_id)} AND updated_at <= {micros(at)}"
        f" AND received_at < {micros(now)} GROUP BY card_id",
        now, "cards",
    )  # fmt: skip
    return {r["card_id"]: (r["exp_year"], r["exp_month"]) for r in rows}


def paying(now: datetime) -> list[Paying]:
    """Subscriptions in force that cost something and are not to end, as known at ``now``."""
    if not lake.current().exists("subscriptions"):
        return []
    tables = [t for t in ("subscriptions", "plans") if lake.current().exists(t)]
    interval = "p.interval" if "plans" in tables else "NULL"
    at = micros(now)
    # An end that was told and lies ahead is no part of what holds now; here it matters.
    ends = (
        "SELECT subscription_id, arg_max(ended_at, (updated_at, received_at)) AS ends_at"
        f" FROM raw_subscriptions WHERE received_at < {at} AND updated_at < {at}"
        " GROUP BY subscription_id"
    )
    join = "LEFT JOIN plans AS p ON p.plan_id = s.plan_id" if "plans" in tables else ""
    rows = as_known(
        "SELECT s.subscription_id, s.account_id, s.started_at, s.renews_at, s.mrr_minor,"
        f" s.currency, {interval} AS every FROM subscriptions AS s {join}"
        " LEFT JOIN ends AS e ON e.subscription_id = s.subscription_id"
        " WHERE s.in_force AND e.ends_at IS NULL AND COALESCE(s.mrr_minor, 0) > 0"
        " AND s.status NOT IN ('cancelled', 'paused')",
        now, *tables, parts={"ends": ends},
    )  # fmt: skip
    return [_paying(r) for r in rows]


def _paying(row: dict[str, Any]) -> Paying:
    yearly = row["every"] == "year"
    amount = int(row["mrr_minor"]) * (MONTHS if yearly else 1)
    renews = None if row["renews_at"] is None else moment(row["renews_at"])
    return Paying(
        row["subscription_id"], row["account_id"], moment(row["started_at"]), renews, yearly,
        amount, row["currency"] or "",
    )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What is to be said, to whom, and whether it has been: ``state`` is that of its mail, empty
    while there is none."""

    said: Said
    account: str
    to: str
    state: str


def listed(now: datetime) -> list[Line]:
    """What is due now, soonest first, with what became of it."""
    found = ahead.due(cards(now), paying(now), documents.current().ahead, now)
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
    found = ahead.due(cards(now), paying(now), numbers.ahead, now)
    known = set(
        Message.objects.filter(key__in=[s.key for s in found]).values_list("key", flat=True)
    )
    drafts = list(_drafts((s for s in found if s.key not in known), numbers, now))
    submit(drafts, now=now)
    return len(drafts)


def _drafts(found: Iterable[Said], numbers: Numbers, now: datetime) -> Iterable[Draft]:
    listed = list(found)
    people = mails.addressees(s.account_id for s in listed)
    for said in listed:
        if (who := people.get(said.account_id)) is not None:
            yield _draft(said, who, numbers, now)


def _draft(said: Said, who: Person, numbers: Numbers, now: datetime) -> Draft:
    place = ZoneInfo(mails.zone_of(who))
    mail = getattr(numbers.ahead, said.what)
    paid = said.paying
    words = {
        "name": who.name or numbers.wording.nobody,
        "product": numbers.wording.product,
        "link": links.card_url(said.account_id),
        "amount": mails.money(paid.amount_minor, paid.currency) if paid else "",
        "date": f"{said.at.astimezone(place):%-d %B %Y}",
        **ahead.words_of(said),
    }
    subject = mail.subject.format(**words)
    return Draft(
        said.key, "mail", "payment", who.email,
        {"subject": subject[:1].upper() + subject[1:], "text": mail.text.format(**words).strip()},
        due_at=now, source=f"ahead:{said.what}", person_id=who.pk, account_id=said.account_id,
    )  # fmt: skip

"""The mails of dunning: to whom, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenure.accounts.models import Membership, Person
from tenure.analytics.money import exponent
from tenure.channels.drafts import Draft, submit
from tenure.core import policy
from tenure.facts import home_zones
from tenure.programs.dunning import documents, links
from tenure.programs.dunning.declines import understand
from tenure.programs.dunning.models import Case, Step
from tenure.programs.dunning.settings import Mail, Settings

_ROLES = ("economic_buyer", "admin", "champion")


def source(case: Case, left: bool = False) -> str:
    """Under which name a case's messages stand in the outbox; those to a customer who has left
    under one of their own."""
    return f"dunning{'-left' if left else ''}:{case.invoice_id}"[:120]


def thanks_source(case: Case) -> str:
    """Under which name the thanks stand, which nothing withdraws."""
    return f"dunning-thanks:{case.invoice_id}"[:120]


def addressee(account_id: str) -> Person | None:
    """Who is written to: who pays, else who administers, else the champion, else anybody."""
    return addressees([account_id]).get(account_id)


def addressees(accounts: Iterable[str]) -> dict[str, Person]:
    """The same of many accounts; those without anybody are left out."""
    here = Membership.objects.filter(account_id__in=set(accounts), left_at=None)
    rank, found = {role: n for n, role in enumerate(_ROLES)}, dict[str, Membership]()
    rows = here.exclude(person__email="").select_related("person").order_by("pk")
    for row in rows.iterator(chunk_size=2000):
        before = found.get(row.account_id)
        if before is None or _place(row, rank) < _place(before, rank):
            found[row.account_id] = row
    return {account: row.person for account, row in found.items()}


def _place(row: Membership, rank: Mapping[str, int]) -> int:
    return rank.get(row.role, len(rank))


def zone(account_id: str) -> str:
    """The zone of whoever is written to; that of the policy if it is not known."""
    return zone_of(addressee(account_id))


def zone_of(who: Person | None) -> str:
    """The zone of a person; that of the policy ``channels`` if it is not known."""
    found = home_zones.named(who.timezone) if who is not None and who.timezone else None
    return found or str(policy.load("channels").quiet.zone)


def send(case: Case, name: str, numbers: Settings, now: datetime) -> bool:
    """Hand in the mail ``name`` of the course, once; False if nobody can be written to."""
    who = addressee(case.account_id)
    mail = numbers.mail(name)
    if who is None or mail is None:
        return False
    key = f"dunning:{case.invoice_id}:mail:{name}"
    _, new = Step.objects.get_or_create(
        key=key, defaults={"case": case, "what": f"mail:{name}", "at": now, "detail": who.email}
    )
    if new:
        drafts = [_draft(case, who, mail, key, numbers, now)]
        if numbers.notice.on and name == numbers.course_mails()[0].name:
            drafts.append(_notice(case, who, numbers, now))
        submit(drafts, now=now)
    return new


def thank(case: Case, numbers: Settings, now: datetime, *, left: bool) -> None:
    """Say that the payment arrived, to whom a reminder had gone out."""
    mail = numbers.thanks(left)
    if mail is not None and case.steps.filter(what__startswith="mail:").exists():
        send(case, mail.name, numbers, now)


def _draft(
    case: Case, who: Person, mail: Mail, key: str, numbers: Settings, now: datetime
) -> Draft:
    words = _words(case, who, numbers)
    text = "\n".join(line.rstrip() for line in mail.text.format(**words).strip().splitlines())
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return Draft(
        key,
        "mail",
        "payment",
        who.email,
        {"subject": mail.subject.format(**words), "text": text},
        due_at=now,
        source=thanks_source(case) if mail.day < 0 else source(case, mail in numbers.left.mails),
        person_id=who.pk,
        account_id=case.account_id,
    )


def _notice(case: Case, who: Person, numbers: Settings, now: datetime) -> Draft:
    """The same inside the product; what withdraws the mails withdraws it, too."""
    words, said = _words(case, who, numbers), numbers.notice
    return Draft(
        f"dunning:{case.invoice_id}:notice",
        "in_app",
        "payment",
        who.pk,
        {
            "slot": "banner",
            "title": said.title.format(**words),
            "text": said.text.format(**words),
            "link": words["link"],
            "link_text": said.link_text,
        },
        due_at=now,
        source=source(case),
        person_id=who.pk,
        account_id=case.account_id,
    )


def _words(case: Case, who: Person, numbers: Settings) -> dict[str, str]:
    decline = understand(documents.table(), case.code)
    place = ZoneInfo(zone(case.account_id))
    kind = decline.kind
    says = {"says": decline.says}
    retry = ""
    if case.next_what == "retry" and case.next_at:
        retry = numbers.wording.retry.format(date=_day(case.next_at.astimezone(place)))
    course = numbers.course
    begins, more = case.opened_at.astimezone(place), case.extended_days
    return {
        **says,
        "name": who.name or numbers.wording.nobody,
        "amount": money(case.amount_minor, case.currency),
        "product": numbers.wording.product,
        "reason": numbers.reason.of(kind).format(**says),
        "ask": numbers.ask.of(kind).format(**says),
        "link": links.url(case.invoice_id),
        "retry": retry,
        "pause_date": _day(begins + timedelta(days=course.grace_day + more)),
        "cancel_date": _day(begins + timedelta(days=course.cancel_day + more)),
    }


def money(minor: int, currency: str) -> str:
    """An amount as a mail shows it: ``1,234.50 EUR``."""
    digits = exponent(currency) if currency else 2
    return f"{minor / 10**digits:,.{digits}f} {currency}".strip()


def _day(moment: datetime) -> str:
    return f"{moment:%-d %B %Y}"

"""What a visit shows now, in its language: one description for the hosted page and the JSON API."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils import translation
from django.utils.dateformat import format as formatted

from tenure.accounts.models import Person
from tenure.programs.cancel import documents, ledger
from tenure.programs.cancel.course import in_order
from tenure.programs.cancel.models import REFUSED, WAITING, Visit
from tenure.programs.cancel.numbers import Numbers, fill
from tenure.programs.cancel.plans import Plan, compare, price
from tenure.programs.cancel.taking import months_on
from tenure.programs.cancel.trial import part_in_words

RETURNS = (("yes", "yes"), ("maybe", "maybe"), ("unlikely", "unlikely"), ("no", "never"))


@dataclass(frozen=True)
class ReasonShown:
    """A reason, and the question beside its free text."""

    name: str
    text: str
    ask: str


@dataclass(frozen=True)
class Choice:
    """Something to choose."""

    value: str
    text: str


@dataclass(frozen=True)
class OfferShown:
    """An offer: ``months`` are the lengths to choose from, ``link`` is what it lets read."""

    name: str
    kind: str
    title: str
    text: str
    yes: str
    months: list[Choice] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    prices: list[str] = field(default_factory=list)
    link: str = ""


@dataclass(frozen=True)
class Shown:
    """A screen. ``title`` is its heading, ``lines`` what it says; ``words`` its buttons."""

    visit: str
    screen: str
    language: str
    title: str
    lines: list[str]
    words: dict[str, str]
    reasons: list[ReasonShown] = field(default_factory=list)
    offer: OfferShown | None = None
    returns: list[Choice] = field(default_factory=list)
    would_return: str = ""
    thanked: bool = False
    export_url: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def shown(visit: Visit, now: datetime) -> Shown:
    """The screen of a visit as it stands."""
    numbers = documents.current()
    words = _words(numbers, visit.language)
    make = {
        "survey": _survey, "offer": _offer, "confirm": _confirm, "saved": _saved,
        "cancelled": _cancelled,
    }.get(visit.screen, _kept)  # fmt: skip
    parts = make(visit, numbers, words, now)
    return Shown(visit.code, visit.screen, visit.language, words=words, **parts)


def _words(numbers: Numbers, language: str) -> dict[str, str]:
    product = numbers.running.product[numbers.language(language)]
    found = numbers.words[numbers.language(language)]
    return {name: said.replace("{product}", product) for name, said in found.items()}


def words_for(language: str) -> tuple[str, dict[str, str]]:
    """The language that is spoken with somebody who wants ``language``, and the words in it."""
    numbers = documents.current()
    chosen = numbers.language(language)
    return chosen, _words(numbers, chosen)


Parts = dict[str, Any]


def _survey(visit: Visit, numbers: Numbers, words: dict[str, str], now: datetime) -> Parts:  # noqa: ARG001
    tongue = visit.language
    return {
        "title": words["title"],
        "lines": [words["why_hint"]],
        "reasons": [
            ReasonShown(r.name, r.text[tongue], r.ask[tongue])
            for r in in_order(numbers.reasons, visit.code)
        ],
    }


def _offer(visit: Visit, numbers: Numbers, words: dict[str, str], now: datetime) -> Parts:
    offer = _on_screen(visit, numbers, words, now)
    return {"title": offer.title if offer else words["offer_title"], "lines": [], "offer": offer}


def _confirm(visit: Visit, numbers: Numbers, words: dict[str, str], now: datetime) -> Parts:
    end = last_day(visit, numbers, now)
    lines = [fill(words["confirm_end"], date=day(end, visit, words)), words["confirm_data"]]
    if end <= now:
        lines = [words["confirm_now"]]
    return {
        "title": words["confirm_title"],
        "lines": lines,
        "offer": _on_screen(visit, numbers, words, now),
    }


def last_day(visit: Visit, numbers: Numbers, now: datetime) -> datetime:
    """When the subscription would end, cancelled now."""
    found = ledger.subscriptions([visit.account_id], now)
    mine = next((s for s in found if s.subscription_id == visit.subscription_id), None)
    renews = mine.renews_at if mine else None
    return renews if numbers.running.at_period_end and renews and renews > now else now


def _kept(visit: Visit, numbers: Numbers, words: dict[str, str], now: datetime) -> Parts:  # noqa: ARG001
    return {"title": words["kept_title"], "lines": [words["kept_text"]]}


def _cancelled(visit: Visit, numbers: Numbers, words: dict[str, str], now: datetime) -> Parts:
    last = visit.last_day or now
    runs_on = visit.ended_at is not None and last > visit.ended_at
    line = (
        fill(words["cancelled_end"], date=day(last, visit, words))
        if runs_on
        else words["cancelled_now"]
    )
    lines = [line]
    if _waits(visit):
        lines = [words["cancelled_queued"]]
    lines.append(words["coming_back"])
    if not numbers.running.export_url:
        lines.append(words["export_ask"])
    return {
        "title": words["cancelled_title"], "lines": lines,
        "returns": [Choice(value, words[word]) for value, word in RETURNS],
        "would_return": visit.would_return,
        "thanked": bool(visit.would_return or visit.improve),
        "export_url": numbers.running.export_url,
    }  # fmt: skip


def _waits(visit: Visit) -> bool:
    rows = visit.acts.filter(state__in=[WAITING, REFUSED], undoes=None)
    return rows.exclude(what="resume").exists()


def _saved(visit: Visit, numbers: Numbers, words: dict[str, str], now: datetime) -> Parts:  # noqa: ARG001
    offered = visit.offers.filter(answer="accepted").first()
    lines = [words["saved_queued"]] if _waits(visit) else []
    if offered is not None and not lines:
        said = words[f"saved_{offered.kind}"]
        until = day(offered.until, visit, words) if offered.until else ""
        places = {"percent": offered.percent, "months": offered.months, "date": until}
        lines = [fill(said, plan=_title(offered.plan_id, now), **places)]
    return {"title": words["saved_title"], "lines": lines}


def _title(plan_id: str, now: datetime) -> str:
    if not plan_id:
        return ""
    return next((p.title for p in ledger.plans(now) if p.plan_id == plan_id), plan_id)


def _on_screen(
    visit: Visit, numbers: Numbers, words: dict[str, str], now: datetime
) -> OfferShown | None:
    name = visit.shown[-1] if visit.shown else ""
    offered = visit.offers.filter(name=name).first() if name else None
    offer = numbers.offer(name)
    if offered is None or offer is None:
        return None
    plans = {p.plan_id: p for p in ledger.plans(now)} if offered.plan_id else {}
    other = plans.get(offered.plan_id)
    places = {
        "percent": offered.percent, "months": offered.months,
        "plan": other.title if other else offered.plan_id,
    }  # fmt: skip
    said = {k: fill(getattr(offer, k)[visit.language], **places) for k in ("title", "text", "yes")}
    more: dict[str, Any] = {"link": offer.url if offer.kind == "link" else ""}
    if offered.kind == "pause":
        more["months"] = [_length(visit, n, words, now) for n in range(1, offered.months + 1)]
    mine = plans.get(visit.plan_id)
    if offered.kind == "downgrade" and other and mine:
        more |= _difference(mine, other, words)
    return OfferShown(name, offered.kind, said["title"], said["text"], said["yes"], **more)


def _length(visit: Visit, months: int, words: dict[str, str], now: datetime) -> Choice:
    long = words["month"] if months == 1 else fill(words["some_months"], months=months)
    until = fill(words["until"], date=day(months_on(now, months), visit, words))
    return Choice(str(months), f"{long}, {until}")


def _difference(mine: Plan, other: Plan, words: dict[str, str]) -> dict[str, list[str]]:
    told = compare(mine, other)
    names = {"month": words["a_month"], "year": words["a_year"]}
    prices = [f"{p.title}: {said}" for p in (mine, other) if (said := price(p, names))]
    return {
        "kept": [part_in_words(part, words, "") for part in told.kept],
        "lost": [part_in_words(part, words, "_lost") for part in told.lost],
        "prices": prices if len(prices) == 2 else [],
    }


def day(moment: datetime, visit: Visit, words: dict[str, str]) -> str:
    """A day as the customer writes it, in their zone if it is known."""
    zone = Person.objects.filter(pk=visit.person_id).values_list("timezone", flat=True).first()
    place = ZoneInfo(zone) if zone and zone in available_timezones() else ZoneInfo("UTC")
    with translation.override(visit.language):
        return formatted(moment.astimezone(place), words["date"])

"""What a visit shows now, in its language: one description for the hosted page and the JSON API."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils import translation
from django.utils.dateformat import format as formatted

from tenure.accounts.models import Person
from tenure.connectors.billing import outbox
from tenure.programs.cancel import acceptance, documents, ledger
from tenure.programs.cancel.acceptance import PROGRAM
from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.offers.base import Choice, Terms, View
from tenure.programs.cancel.settings import Settings, fill
from tenure.programs.cancel.workflow import in_order

RETURNS = (("yes", "yes"), ("maybe", "maybe"), ("unlikely", "unlikely"), ("no", "never"))


@dataclass(frozen=True)
class ReasonShown:
    """A reason, and the question beside its free text."""

    name: str
    text: str
    ask: str


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
class Screen:
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


def screen_of(visit: Visit, now: datetime) -> Screen:
    """The screen of a visit as it stands."""
    numbers = documents.current()
    words = _words(numbers, visit.language)
    make = {
        "survey": _survey,
        "offer": _offer,
        "confirm": _confirm,
        "saved": _saved,
        "cancelled": _cancelled,
    }.get(visit.screen, _kept)
    parts = make(visit, numbers, words, now)
    return Screen(visit.code, visit.screen, visit.language, words=words, **parts)


def _words(numbers: Settings, language: str) -> dict[str, str]:
    product = numbers.running.product[numbers.language(language)]
    found = numbers.words[numbers.language(language)]
    return {name: said.replace("{product}", product) for name, said in found.items()}


def words_for(language: str) -> tuple[str, dict[str, str]]:
    """The language that is spoken with somebody who wants ``language``, and the words in it."""
    numbers = documents.current()
    chosen = numbers.language(language)
    return chosen, _words(numbers, chosen)


Parts = dict[str, Any]


def _survey(visit: Visit, numbers: Settings, words: dict[str, str], now: datetime) -> Parts:  # noqa: ARG001
    tongue = visit.language
    return {
        "title": words["title"],
        "lines": [words["why_hint"]],
        "reasons": [
            ReasonShown(r.name, r.text[tongue], r.ask[tongue])
            for r in in_order(numbers.reasons, visit.code)
        ],
    }


def _offer(visit: Visit, numbers: Settings, words: dict[str, str], now: datetime) -> Parts:
    offer = _on_screen(visit, numbers, words, now)
    return {"title": offer.title if offer else words["offer_title"], "lines": [], "offer": offer}


def _confirm(visit: Visit, numbers: Settings, words: dict[str, str], now: datetime) -> Parts:
    end = last_day(visit, numbers, now)
    lines = [fill(words["confirm_end"], date=day(end, visit, words)), words["confirm_data"]]
    if end <= now:
        lines = [words["confirm_now"]]
    return {
        "title": words["confirm_title"],
        "lines": lines,
        "offer": _on_screen(visit, numbers, words, now),
    }


def last_day(visit: Visit, numbers: Settings, now: datetime) -> datetime:
    """When the subscription would end, cancelled now."""
    found = ledger.subscriptions([visit.account_id], now)
    mine = next((s for s in found if s.subscription_id == visit.subscription_id), None)
    renews = mine.renews_at if mine else None
    return renews if numbers.running.at_period_end and renews and renews > now else now


def _kept(visit: Visit, numbers: Settings, words: dict[str, str], now: datetime) -> Parts:  # noqa: ARG001
    return {"title": words["kept_title"], "lines": [words["kept_text"]]}


def _cancelled(visit: Visit, numbers: Settings, words: dict[str, str], now: datetime) -> Parts:
    last = visit.last_day or now
    runs_on = visit.ended_at is not None and last > visit.ended_at
    line = (
        fill(words["cancelled_end"], date=day(last, visit, words))
        if runs_on
        else words["cancelled_now"]
    )
    unfinished = _unfinished(visit)
    lines = [words[f"cancelled_{unfinished}"] if unfinished else line]
    lines.append(words["coming_back"])
    if not numbers.running.export_url:
        lines.append(words["export_ask"])
    return {
        "title": words["cancelled_title"],
        "lines": lines,
        "returns": [Choice(value, words[word]) for value, word in RETURNS],
        "would_return": visit.would_return,
        "thanked": bool(visit.would_return or visit.improve),
        "export_url": numbers.running.export_url,
    }


def _unfinished(visit: Visit) -> str:
    """What holds up what they asked for: ``refused`` by billing, ``queued``, or nothing."""
    acts = outbox.find(
        program=PROGRAM,
        subject=str(visit.pk),
        undoes=None,
        planned=False,
        state__in=["waiting", "refused"],
    )
    if any(act.state == "refused" for act in acts):
        return "refused"
    return "queued" if acts else ""


def _saved(visit: Visit, numbers: Settings, words: dict[str, str], now: datetime) -> Parts:  # noqa: ARG001
    offered = visit.offers.filter(answer="accepted").first()
    unfinished = _unfinished(visit)
    lines = [words[f"saved_{unfinished}"]] if unfinished else []
    if offered is not None and not lines and offered.kind in registry.KINDS:
        terms = acceptance.terms_of(offered)
        said = words.get(registry.KINDS[offered.kind].saved_word(terms), "")
        until = day(offered.until, visit, words) if offered.until else ""
        places = {**_places(terms, visit, words, now), "date": until}
        lines = [fill(said, **places)]
    return {"title": words["saved_title"], "lines": lines}


def _places(terms: Terms, visit: Visit, words: dict[str, str], now: datetime) -> dict[str, Any]:
    return {
        "percent": terms.percent,
        "months": terms.months,
        "plan": _title(terms.plan_id, now),
        "date": day(terms.bill_at, visit, words) if terms.bill_at else "",
    }


def _title(plan_id: str, now: datetime) -> str:
    if not plan_id:
        return ""
    return next((p.title for p in ledger.plans(now) if p.plan_id == plan_id), plan_id)


def _on_screen(
    visit: Visit, numbers: Settings, words: dict[str, str], now: datetime
) -> OfferShown | None:
    name = visit.shown[-1] if visit.shown else ""
    offered = visit.offers.filter(name=name).first() if name else None
    offer = numbers.offer(name)
    if offered is None or offer is None:
        return None
    kind, terms = registry.kind_of(offer), acceptance.terms_of(offered)
    plans = {p.plan_id: p for p in ledger.plans(now)} if terms.plan_id else {}
    view = View(
        terms,
        plans.get(visit.plan_id),
        plans.get(terms.plan_id),
        visit.mrr_minor,
        words,
        now,
        lambda moment: day(moment, visit, words),
    )
    places = _places(terms, visit, words, now)
    open_ = kind.wording(offer, terms, words, visit.language)
    said: dict[str, Any] = {part: fill(text, **places) for part, text in open_.items()}
    return OfferShown(name, offer.kind, **said, **kind.details(offer, view))


def day(moment: datetime, visit: Visit, words: dict[str, str]) -> str:
    """A day as the customer writes it, in their zone if it is known."""
    zone = Person.objects.filter(pk=visit.person_id).values_list("timezone", flat=True).first()
    place = ZoneInfo(zone) if zone and zone in available_timezones() else ZoneInfo("UTC")
    with translation.override(visit.language):
        return formatted(moment.astimezone(place), words["date"])

"""Facts in words: one line of the time line for each kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from tenure.analytics.tables import COMMON, TABLES
from tenure.facts.queries import Entry, properties
from tenure.kit.pages import formats

Row = dict[str, Any]
SHOWN_PROPERTIES = 4


@dataclass(frozen=True)
class Line:
    """What happened, in a title and a detail, with an icon and the colour it deserves."""

    at: datetime
    icon: str
    title: str
    detail: str
    who: str
    role: str = "none"
    own: bool = False
    day_begins: bool = False
    times: int = 1


def lines(entries: Iterable[Entry], names: Mapping[str, str]) -> list[Line]:
    """The entries in words; equal ones that follow each other on a day become one line.

    ``names`` tells what people are called, by their id.
    """
    merged: list[Line] = []
    for line in (_line(entry, names) for entry in entries):
        last = merged[-1] if merged else None
        if last and _alike(last, line):
            merged[-1] = _again(last)
        else:
            begins = last is None or last.at.date() != line.at.date()
            merged.append(_with(line, day_begins=begins))
    return merged


def _alike(a: Line, b: Line) -> bool:
    return (a.title, a.who, a.detail, a.at.date()) == (b.title, b.who, b.detail, b.at.date())


def _again(line: Line) -> Line:
    return _with(line, times=line.times + 1)


def _with(line: Line, **changed: Any) -> Line:
    return Line(**{**line.__dict__, **changed})


def _line(entry: Entry, names: Mapping[str, str]) -> Line:
    write = WRITERS.get(entry.kind)
    icon, title, detail, role = write(entry.row) if write else _any(entry.kind, entry.row)
    own = entry.kind == "events" and str(entry.row["event"]).startswith("tenure.")
    person = entry.row.get("person_id") or ""
    return Line(entry.at, icon, title, detail, names.get(person, person), role, own)


Words = tuple[str, str, str, str]


def _event(row: Row) -> Words:
    name = str(row["event"])
    own = name.startswith("tenure.")
    title = name.removeprefix("tenure.").replace("_", " ").capitalize() if own else name
    return ("sparkles" if own else "bolt", title, " · ".join(_pairs(properties(row))), "none")


def _pairs(told: Mapping[str, Any]) -> Iterator[str]:
    """The first few plain values, each with its name; what is empty or nested is left out."""
    plain = ((k, v) for k, v in told.items() if isinstance(v, (str, int, float)) and v != "")
    for key, value in islice(plain, SHOWN_PROPERTIES):
        said = ("yes" if value else "no") if isinstance(value, bool) else str(value)[:80]
        yield f"{key.replace('_', ' ')}: {said}"


def _ticket(row: Row) -> Words:
    state = "resolved" if row["resolved_at"] else "open"
    parts = [row["priority"] or "", row["category"] or "", state]
    role = "warn" if row["escalated_at"] or row["priority"] == "urgent" else "none"
    subject = row["subject"] or "no subject"
    return ("ticket", f"Ticket: {subject}", " · ".join(p for p in parts if p), role)


def _response(row: Row) -> Words:
    survey = str(row["survey"])
    name = survey.upper() if survey in ("nps", "csat", "ces") else survey
    role = "none"
    if survey == "nps" and row["score"] is not None:
        role = "bad" if row["score"] <= 6 else ("good" if row["score"] >= 9 else "none")
    return ("message", f"{name} {formats.number(row['score'])}", row["comment"] or "", role)


def _interaction(row: Row) -> Words:
    title = str(row["kind"]).replace("_", " ").capitalize()
    parts = [(row["outcome"] or "").replace("_", " "), row["by"] or "", row["note"] or ""]
    return ("phone", title, " · ".join(p for p in parts if p), "none")


def _subscription(row: Row) -> Words:
    status = row["status"] or ("cancelled" if row["ended_at"] else "active")
    parts = [
        row["plan_id"] or "",
        formats.money(row["mrr_minor"], row["currency"] or "") + " a month",
    ]
    if row["quantity"]:
        parts.append(f"{row['quantity']} seats")
    role = "bad" if row["ended_at"] or status == "cancelled" else "none"
    return ("refresh", f"Subscription {status}", " · ".join(p for p in parts if p), role)


def _invoice(row: Row) -> Words:
    amount = formats.money(row["amount_minor"], row["currency"] or "")
    return ("file-text", f"Invoice {amount}", "paid" if row["paid_at"] else "not paid", "none")


def _payment(row: Row) -> Words:
    failed = row["status"] == "failed"
    amount = formats.money(row["amount_minor"], row["currency"] or "")
    return (
        "credit-card",
        f"Payment {row['status']}",
        " · ".join(p for p in (amount, (row["decline_code"] or "").replace("_", " ")) if p),
        "bad" if failed else "none",
    )


def _goal(row: Row) -> Words:
    reached = row["achieved_at"] is not None
    progress = "" if row["progress"] is None else f"{formats.number(100 * row['progress'], 0)}%"
    return (
        "flag",
        f"Goal: {row['title'] or row['goal_id']}",
        "reached" if reached else progress,
        "good" if reached else "none",
    )


def _card(row: Row) -> Words:
    network = (row["network"] or "card").replace("_", " ")
    card = network[:1].upper() + network[1:] + (f" ending {row['last4']}" if row["last4"] else "")
    if row["status"] == "removed":
        return ("credit-card", f"Card removed: {card}", "", "warn")
    expiry = ""
    if row["exp_month"] in range(1, 13) and row["exp_year"]:
        expiry = f"expires {formats.MONTHS[row['exp_month'] - 1]} {row['exp_year']}"
    parts = [expiry, "default" if row["is_default"] else ""]
    return ("credit-card", f"Card on file: {card}", " · ".join(p for p in parts if p), "none")


def _refusal(row: Row) -> Words:
    what = {"bounced": "Mails came back", "complained": "Mail called spam"}
    title = what.get(row["kind"], "Unsubscribed") + " at the former mail system"
    return ("ban", title, row["reason"] or "", "warn")


def _account(row: Row) -> Words:
    size = f"{formats.number(row['employees'])} employees" if row["employees"] else ""
    told = (row["name"], row["industry"], row["country"], size, row["owner"])
    return ("building", "Account details updated", " · ".join(t for t in told if t), "none")


def _person(row: Row) -> Words:
    told = (row["title"], (row["role"] or "").replace("_", " "), row["email"])
    detail = " · ".join(t for t in told if t)
    if row["left_at"]:
        return ("user", "Contact left", detail, "warn")
    return ("user", "Contact details updated", detail, "none")


def _plan(row: Row) -> Words:
    price = formats.money(row["price_minor"], row["currency"] or "")
    each = f"{price} per {row['interval'] or 'period'}" if row["price_minor"] is not None else ""
    return ("file-text", f"Plan: {row['name'] or row['plan_id']}", each, "none")


def _feature(row: Row) -> Words:
    shown = f"shown by {row['event']}" if row["event"] else ""
    return ("sparkles", f"Feature: {row['name'] or row['feature_id']}", shown, "none")


def _any(kind: str, row: Row) -> Words:
    """A kind of fact that has no words of its own yet: its name, and what it tells of itself."""
    table, told = TABLES.get(kind), dict(properties(row))
    if table is not None:
        hidden = {*table.key, "account_id", "person_id", "properties", *(c.name for c in COMMON)}
        told = {c.name: row.get(c.name) for c in table.columns if c.name not in hidden} | told
    title = kind.removesuffix("s").replace("_", " ").capitalize()
    return ("database", title or "Fact", " · ".join(_pairs(told)), "none")


WRITERS: dict[str, Callable[[Row], Words]] = {
    "events": _event,
    "tickets": _ticket,
    "responses": _response,
    "interactions": _interaction,
    "subscriptions": _subscription,
    "invoices": _invoice,
    "payments": _payment,
    "goals": _goal,
    "cards": _card,
    "accounts": _account,
    "people": _person,
    "plans": _plan,
    "features": _feature,
    "refusals": _refusal,
}

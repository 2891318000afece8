"""The dossier of a loss: what was known of the account when it left. Made once, then kept.

Everything in it is as known at the moment of the end; facts that arrived later are not in it.
Texts of customers (tickets, answers, reasons) are not copied: they stay where a person's data is
looked for and erased.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tenure.health import policy as health
from tenure.learning.investigations import judging, reading
from tenure.learning.investigations.judging import Proposal, Warned
from tenure.learning.investigations.reading import Context
from tenure.learning.investigations.settings import Settings

Row = dict[str, Any]


def gather(ground: Context, account: str, end: datetime, kind: str, now: datetime) -> Row:
    """All parts, as JSON: kind, stay_days, scores, warnings, tickets, contacts, plays, offers,
    answers, reason (as told in the cancel flow), and what was lost."""
    numbers = ground.numbers
    start = end - timedelta(days=numbers.running.look_back_days)
    most = numbers.running.contacts_listed
    scores = ground.scores(account, start, end)
    met, contacts = reading.contacts(ground, account, start, end)
    plays, acted = reading.plays(account, start, end)
    reason, offers = reading.visit(account, now)
    lost = reading.lost(ground, account, end, now)
    fired = judging.warned(reading.looks(scores), [*contacts, *acted], end, numbers.warnings)
    since = lost.pop("since")
    return {
        "kind": kind,
        "lost": lost,
        "stay_days": (end - since).days if since else None,
        "segments": json.loads(scores[-1]["segments"] or "[]") if scores else [],
        "scores": [_score(row) for row in scores],
        "warnings": [_warned(one) for one in fired],
        "champion_left_at": reading.champion_left(account, start, end),
        "tickets": _tickets(ground, account, start, end)[:most],
        "contacts_kept": ground.contacts_kept,
        "contacts": met[:most],
        "plays": plays[:most],
        "offers": offers,
        "reason": reason,
        "answers": _answers(ground, account, start, end)[:most],
    }


def warning_titles() -> dict[str, str]:
    """All warnings in words."""
    return {name: spec.title for name, spec in health.registry().risk_signals.items()}


def judge(
    dossier: Row, end: datetime, stated: str, numbers: Settings, titles: Mapping[str, str]
) -> Proposal:
    """What is made of a dossier, with the reason the customer gave (empty: none); ``titles`` are
    the warnings in words."""
    return judging.propose(
        [_of(kept) for kept in dossier["warnings"]],
        titles,
        judging.measured(dossier, end, numbers),
        numbers.cause_of(stated),
        numbers,
    )


def _score(row: Row) -> list[Any]:
    return [
        row["as_of"].isoformat(),
        row["health"],
        row["band"] or "",
        row["risk_level"] or "",
        row["purpose"] == "live",
    ]


def _warned(one: Warned) -> Row:
    return {
        "name": one.name,
        "first_at": one.first_at.isoformat(),
        "last_at": one.last_at.isoformat(),
        "lead_days": one.lead_days,
        "shown": one.shown,
        "answer": one.answer,
        "missed": one.missed,
    }


def _of(kept: Row) -> Warned:
    first, last = (datetime.fromisoformat(kept[n]) for n in ("first_at", "last_at"))
    return Warned(kept["name"], first, last, kept["lead_days"], kept["shown"], kept["answer"])


def _tickets(ground: Context, account: str, start: datetime, end: datetime) -> Sequence[Row]:
    return [
        {
            "at": t["opened_at"].isoformat(),
            "ticket_id": t["ticket_id"],
            "category": t["category"] or "",
            "priority": t["priority"] or "",
            "resolved_at": t["resolved_at"].isoformat() if t["resolved_at"] else "",
            "reply_hours": _hours(t["opened_at"], t["first_reply_at"]),
            "escalated": t["escalated_at"] is not None,
        }
        for t in ground.known("tickets", account, end)
        if t["opened_at"] >= start
    ]


def _answers(ground: Context, account: str, start: datetime, end: datetime) -> Sequence[Row]:
    return [
        {"at": a["responded_at"].isoformat(), "survey": a["survey"], "score": a["score"]}
        for a in ground.known("responses", account, end)
        if a["responded_at"] >= start
    ]


def _hours(since: datetime, until: datetime | None) -> float | None:
    return round((until - since).total_seconds() / 3600, 1) if until else None

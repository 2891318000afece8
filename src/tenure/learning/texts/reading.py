"""Where texts come from: tickets, answers to surveys, exit interviews, the cancel flow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.moments import micros, moment
from tenure.analytics.text.themes import ThemePolicy, parse_themes, themes_of
from tenure.core import policy as policies
from tenure.facts import lake, sentiment
from tenure.facts.reading import as_known
from tenure.health import policy as health
from tenure.health import validation_inputs
from tenure.learning.investigations.models import ExitInterview
from tenure.learning.texts.counting import Text, Themed, count
from tenure.programs.cancel import finding as cancelling

DOCUMENT, COUNTED = "themes", "texts"
PACKAGED = Path(toml.__file__).parent / "text" / "themes.toml"
NUMBERS = Path(__file__).with_name("texts.toml")


class Settings(BaseModel):
    """See ``texts.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: int = Field(ge=1)
    left_days: int = Field(ge=1)
    shown: int = Field(ge=0, le=20)
    least_judged: int = Field(ge=1)


def parse(source: str, text: str) -> Settings:
    """The numbers in the TOML ``text``; SpecError if they are not sound."""
    return toml.parse(Settings, source, toml.read(source, text))


def numbers() -> Settings:
    """The numbers in force."""
    found: Settings = policies.load(COUNTED)
    return found


def documents() -> tuple[policies.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policies.PolicyDocument(
            COUNTED,
            "Texts",
            NUMBERS,
            parse,
            "How what customers write is counted.",
            permission=policies.EDIT,
        ),
        policies.PolicyDocument(
            DOCUMENT,
            "Themes",
            PACKAGED,
            parse_themes,
            "What customers write about: themes and the words that tell them.",
            permission=policies.EDIT,
        ),
    )


def themes_in_force() -> ThemePolicy:
    """The themes as the workspace has them."""
    found: ThemePolicy = policies.load(DOCUMENT)
    return found


def themed(now: datetime, days: int | None = None) -> list[Themed]:
    """The themes of the last ``days`` days (default: the packaged), as known at ``now``."""
    rules = numbers()
    since = now - timedelta(days=days or rules.days)
    earliest = since - (now - since)
    texts = list(_texts(earliest, now))
    return count(texts, _churned(now), since, now, days=rules.left_days, shown=rules.shown)


def _churned(now: datetime) -> dict[str, list[datetime]]:
    if not validation_inputs.has_subscriptions():
        return {}
    found: dict[str, list[datetime]] = {}
    for row in validation_inputs.churn(now, health.churn_policy()).to_pylist():
        found.setdefault(row["account_id"], []).append(row["churned_at"])
    return found


Raw = tuple[str, str, datetime, str, float | None]


def _texts(since: datetime, now: datetime) -> Iterator[Text]:
    raw = [*_tickets(since, now), *_answers(since, now), *_leaving(since, now)]
    words = [r[3] for r in raw]
    told = themes_of(words, themes_in_force())
    tones = iter(sentiment.tones([r[3] for r in raw if r[4] is None])[0])
    for (source, account, at, text, tone), names in zip(raw, told, strict=True):
        yield Text(source, account, at, text, next(tones) if tone is None else tone, tuple(names))


def _tickets(since: datetime, now: datetime) -> Iterator[Raw]:
    rows = _rows(
        "tickets",
        "account_id, opened_at AS at, subject, body, sentiment, properties",
        "opened_at",
        since,
        now,
    )
    for r in rows:
        text = "\n".join(t for t in (r["subject"], r["body"]) if t).strip()
        if text:
            yield "ticket", r["account_id"], moment(r["at"]), text, r["sentiment"]


def _answers(since: datetime, now: datetime) -> Iterator[Raw]:
    rows = _rows(
        "responses",
        "account_id, responded_at AS at, comment, properties",
        "responded_at",
        since,
        now,
    )
    for r in rows:
        if (r["comment"] or "").strip():
            kept = json.loads(r["properties"] or "{}").get("sentiment")
            tone = float(kept) if isinstance(kept, (int, float)) else None
            yield "survey", r["account_id"], moment(r["at"]), r["comment"], tone


def _rows(
    table: str, columns: str, time: str, since: datetime, now: datetime
) -> list[dict[str, Any]]:
    if not lake.current().exists(table) or not lake.current().rows(table):
        return []
    sql = f"SELECT {columns} FROM {table} WHERE {time} >= {micros(since)} ORDER BY {time}"
    return as_known(sql, now, table)


def _leaving(since: datetime, now: datetime) -> Iterator[Raw]:
    asked = ExitInterview.objects.filter(answered_at__gte=since, answered_at__lt=now)
    for account, at, text in asked.exclude(words="").values_list(
        "investigation__account_id", "answered_at", "words"
    ):
        assert at is not None  # asked for above
        yield "exit", account, at, text, None
    visits = cancelling.matching(cancelling.VisitFilter(since, now))
    for account, at, more, improve in visits.values_list(
        "account_id", "started_at", "more", "improve"
    ):
        text = "\n".join(t for t in (more, improve) if t).strip()
        if text:
            yield "exit", account, at, text, None

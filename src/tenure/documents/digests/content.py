"""What stands in a digest: only what its reader may see, each part with the way to more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from tenure.accounts.models import Account
from tenure.channels.chat.escaping import escaped
from tenure.core import roles
from tenure.core.models import User
from tenure.documents.digests import documents
from tenure.documents.digests.policy import Due
from tenure.health import policy as health
from tenure.health import queries as health_asked
from tenure.health import runs
from tenure.metrics.alerts import queries as alerts
from tenure.metrics.indicators import queries as indicators
from tenure.metrics.indicators import words
from tenure.metrics.revenue import queries as revenue
from tenure.work.tasks.models import OPEN, Task

STATUS = {
    "alert": "ALERT",
    "low": "below what is expected",
    "high": "above what is expected",
    "fine": "as expected",
    "unknown": "too little to judge",
}


@dataclass(frozen=True)
class Section:
    """A heading, its lines, and where there is more."""

    title: str
    lines: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class Digest:
    """The whole digest, ready to be written."""

    title: str
    day: str
    sections: tuple[Section, ...]

    @property
    def subject(self) -> str:
        """Subject of the mail, first line in a chat."""
        return f"{self.title}, {self.day}"

    def mail(self) -> dict[str, str]:
        """As a mail: plain text and HTML."""
        context = {"digest": self, "profile": f"{settings.PUBLIC_URL}/profile/"}
        return {
            "subject": self.subject,
            "text": self._text("{title}\n{rule}", "- ") + f"\nChoose digests: {context['profile']}",
            "html": render_to_string("digests/mail.html", context),
        }

    def chat(self) -> dict[str, Any]:
        """As a chat message."""
        said = self._text("*{title}*", "• ", escaped)
        return {"text": f"*{escaped(self.subject)}*\n\n{said}"}

    def _text(self, heading: str, bullet: str, shown: Callable[[str], str] = str) -> str:
        parts = []
        for s in self.sections:
            head = heading.format(title=shown(s.title), rule="-" * len(s.title))
            lines = [f"{bullet}{shown(line)}" for line in s.lines]
            parts.append("\n".join([head, *lines, s.link, ""]))
        return "\n".join(parts)


def gather(user: User, turn: Due, now: datetime) -> Digest:
    """The digest of a colleague for a turn."""
    rule = documents.current().kinds[turn.kind]
    made = [make(user, turn, now) for right, make in _PARTS if roles.has(user, right)]
    return Digest(
        rule.title, f"{turn.day:%-d %B %Y}", tuple(section for section in made if section)
    )


def _indicators(_user: User, turn: Due, _now: datetime) -> Section | None:
    wanted = documents.current().kinds[turn.kind].indicators
    lines = []
    for shown in indicators.indicators():
        if shown.of.cadence not in wanted or shown.last is None:
            continue
        last, unit = shown.last, shown.of.unit
        aim = f", target {words.shown(shown.of.target, unit)}" if shown.of.target else ""
        lines.append(
            f"{shown.of.title}: {words.shown(last.value, unit)}"
            f" (expected {words.shown(last.expected, unit)}{aim}): {STATUS[shown.status]}"
        )
    return _section("Indicators", lines, "/indicators/")


def _alerts(_user: User, turn: Due, now: datetime) -> Section | None:
    most = documents.current().most_listed
    opened = alerts.opened_between(turn.since, now)
    closed = alerts.closed_between(turn.since, now).count()
    rows = list(alerts.listing(alerts.AlertFilter(), now).filter(opened_at__gte=turn.since)[:most])
    names = dict(
        Account.objects.filter(pk__in=[a.account_id for a in rows]).values_list("pk", "name")
    )
    current = alerts.listing(alerts.AlertFilter(), now).count()
    lines = [f"{opened.count()} opened, {closed} over, {current} to look at"]
    lines += [
        f"[{a.severity}] "
        + (f"{names.get(a.account_id, a.account_id)}: " if a.account_id else "")
        + a.title
        for a in rows
    ]
    return _section("Alerts", lines, "/alerts/")


def _tasks(user: User, turn: Due, now: datetime) -> Section | None:
    numbers = documents.current()
    until = now + timedelta(days=numbers.kinds[turn.kind].tasks_days)
    mine = Task.objects.filter(owner=user, state=OPEN).order_by("due_at", "pk")
    overdue, coming = mine.filter(due_at__lt=now), mine.filter(due_at__gte=now, due_at__lt=until)
    rows = list(mine.filter(due_at__lt=until)[: numbers.most_listed])
    names = dict(
        Account.objects.filter(pk__in=[t.account_id for t in rows]).values_list("pk", "name")
    )
    lines = [f"{overdue.count()} overdue, {coming.count()} due by {until:%-d %B}"]
    lines += [
        f"{'overdue' if t.due_at < now else f'{t.due_at:%-d %B}'}: "
        f"{names.get(t.account_id, t.account_id)}: {t.title}"
        for t in rows
    ]
    return _section("Your tasks", lines, "/today/")


def _health(_user: User, turn: Due, _now: datetime) -> Section | None:
    """Accounts in each band now, and how many more or fewer than at the last digest."""
    run = health_asked.latest_run()
    if run is None:
        return None
    before = runs.nearest(run.model, turn.since)
    old = before.summary.get("bands", {}) if before and before.pk != run.pk else None
    bands = run.summary.get("bands", {})
    lines = []
    for band in sorted(health.model(run.model).bands, key=lambda b: -b.min):
        n = bands.get(band.name, 0)
        change = "" if old is None else f" ({n - old.get(band.name, 0):+d})"
        lines.append(f"{band.title}: {n}{change}")
    return _section("Accounts by health", lines, "/health/")


def _churn(_user: User, turn: Due, now: datetime) -> Section | None:
    """Losses of the month so far; a monthly digest tells of the month that ended."""
    month = turn.day.replace(day=1)
    if turn.kind == "monthly":
        month = (month - timedelta(days=1)).replace(day=1)
    lines = []
    for row in revenue.monthly(month, month, known_at=now):
        share = "" if row.gross_churn is None else f", gross churn {100 * row.gross_churn:.1f} %"
        lines.append(
            f"{row.currency}: {row.accounts_churned} of {row.accounts_start} accounts left{share}"
        )
    return _section(f"Churn in {month:%B %Y}", lines, "/revenue/")


def _section(title: str, lines: list[str], path: str) -> Section | None:
    return Section(title, tuple(lines), f"{settings.PUBLIC_URL}{path}") if lines else None


Make = Callable[[User, Due, datetime], Section | None]
_PARTS: tuple[tuple[str, Make], ...] = (
    ("alerts.view", _indicators),
    ("alerts.view", _alerts),
    ("tasks.view", _tasks),
    ("health.view", _health),
    ("accounts.view", _churn),
)
"""The permission a part needs, and what makes it."""

"""The rows of Today as HTML: one plain string, every value escaped at this one spot.

The buttons of all rows belong to one form (``act``) and say by themselves where they post to, so
that they work without a script and the page stays small.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from tenure.plays.tasks import numbers
from tenure.plays.tasks.models import DONE, SNOOZED, Task
from tenure.web import bands, formats, icons, in_force
from tenure.web.today import words
from tenure.web.today.listing import Row, day_ends

ROW = (
    '<li class="task" data-task="{pk}"><div class="task-what">'
    '<a class="task-title" href="{url}">{title}</a>'
    '<p class="task-about">{account}{score}{value}</p>'
    "{reason}{words}</div>"
    '<div class="task-when"><span class="pill role-{due_role}" title="{due_exact}">{due}</span>'
    '{owner}</div><div class="task-acts">{acts}</div></li>'
)
SCORE = (
    '<span class="score role-{color}"><span class="score-n">{n}</span>'
    '<span class="score-t">{t}</span></span>'
)
WORDS = (
    '<details class="disclosure task-words"><summary>{icon}Suggested words'
    '<span class="visually-hidden"> for {title}</span></summary><p>{words}</p></details>'
)
MENU = (
    '<details class="menu"><summary class="btn btn-sm{kind}">{icon}{name}'
    '<span class="visually-hidden">{hidden}: {title}</span></summary>'
    '<div class="menu-panel">{items}</div></details>'
)
ITEM = (
    '<button class="menu-item" type="submit" form="act" formaction="{to}" '
    'name="{name}" value="{value}">{icon}{text}</button>'
)
LINK = '<a class="menu-item" href="{to}">{icon}{text}</a>'
OWNER = (
    '<span class="owner"><span class="initials sm" aria-hidden="true">{initials}</span>'
    '<span class="clip">{name}</span></span>'
)
_REASON_LENGTH = 240


def rows(found: Iterable[Row], now: datetime, may_edit: bool) -> SafeString:
    """All rows, with what can be done about each for who may do it."""
    night = day_ends(now)
    return mark_safe("".join(_row(row, now, night, may_edit) for row in found))  # noqa: S308 - escaped


def _row(row: Row, now: datetime, night: datetime, may_edit: bool) -> str:
    task = row.task
    title = escape(task.title)
    said, role = _when(task, now, night)
    return ROW.format(
        pk=task.pk,
        url=reverse("task", args=[task.pk]),
        title=title,
        account=_account(row),
        score=_score(row),
        value=_value(task),
        reason=f'<p class="task-why">{_short(task.reason)}</p>' if task.reason else "",
        words=_words(task, title),
        due=escape(said),
        due_role=role,
        due_exact=timezone.localtime(task.due_at).strftime("%-d %B %Y, %H:%M %Z"),
        owner=_owner(task),
        acts=_acts(task, title) if may_edit and task.state != DONE else "",
    )


def _when(task: Task, now: datetime, night: datetime) -> tuple[str, str]:
    if task.state == DONE:
        kept = in_force.loaded(numbers.current).outcomes
        return kept.get(task.outcome, task.outcome or "Done"), "good"
    if task.state == SNOOZED and task.snoozed_until:
        return f"Back {formats.relative(task.snoozed_until, now)}", "none"
    return words.due(task.due_at, now, night)


def _account(row: Row) -> str:
    if row.account is None:
        return f"<span>{escape(row.task.account_id)}</span>"
    to = escape(reverse("account", args=[row.account.pk]))
    return f'<a href="{to}">{escape(row.account.name or row.account.pk)}</a>'


def _score(row: Row) -> str:
    health = row.health
    if health is None or health.shown_health is None:
        return ""
    band = bands.of(health.model, health.shown_band)
    n = formats.whole(health.shown_health)
    return SCORE.format(color=band.color, n=n, t=escape(band.title))


def _value(task: Task) -> str:
    if not task.value_minor:
        return ""
    amount = escape(formats.rounded_money(task.value_minor, task.currency))
    return f'<span class="num">{amount} a year</span>'


def _words(task: Task, title: str) -> str:
    if not task.words:
        return ""
    said = escape(task.words).replace("\n", "<br>")
    return WORDS.format(icon=icons.svg("chevron-right"), title=title, words=said)


def _short(text: str) -> str:
    cut = text if len(text) <= _REASON_LENGTH else f"{text[:_REASON_LENGTH].rstrip()} …"
    return escape(cut).replace("\n", "<br>")


def _owner(task: Task) -> str:
    if task.owner is None:
        return '<span class="muted small">Nobody yet</span>'
    name = str(task.owner)
    return OWNER.format(initials=escape(formats.initials(name)), name=escape(name))


def _acts(task: Task, title: str) -> str:
    policy = in_force.loaded(numbers.current)
    base = f"{reverse('task', args=[task.pk])}"
    outcomes = "".join(
        _item(f"{base}outcome/", "outcome", key, "check", text)
        for key, text in policy.outcomes.items()
    )
    later = "".join(
        _item(f"{base}snooze/", "days", str(n), "clock", words.snooze(n))
        for n in policy.snooze_days
    ) + LINK.format(to=f"{base}#later", icon=icons.svg("calendar"), text="Pick a day …")
    more = "" if task.owner else _item(f"{base}take/", "take", "1", "hand-stop", "Take it")
    more += LINK.format(to=f"{base}#over", icon=icons.svg("users"), text="Hand over …")
    more += _item(f"{base}mark/", "mark", "useful", "mood-smile", "Was useful")
    more += _item(f"{base}mark/", "mark", "false_alarm", "bell", "False alarm")
    return (
        _menu("Done", "", "check", outcomes, title, "")
        + _menu("", "Snooze", "clock", later, title, " btn-quiet btn-icon")
        + _menu("", "More", "dots", more, title, " btn-quiet btn-icon")
    )


def _menu(name: str, hidden: str, icon: str, items: str, title: str, kind: str) -> str:
    return MENU.format(
        name=name, hidden=hidden, icon=icons.svg(icon), items=items, title=title, kind=kind
    )


def _item(to: str, name: str, value: str, icon: str, text: str) -> str:
    return ITEM.format(
        to=to, name=name, value=escape(value), icon=icons.svg(icon), text=escape(text)
    )

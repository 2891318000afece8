"""The rows of Today as HTML: one plain string, every value escaped at this one spot.

The buttons of all rows belong to one form (``act``) and say by themselves where they post to, so
that they work without a script and the page stays small.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from tenure.kit.pages import formats, icons, in_force
from tenure.kit.templatetags import ui
from tenure.work.tasks import settings
from tenure.work.tasks.models import DONE, SNOOZED, Task
from tenure.work.tasks.pages import words
from tenure.work.tasks.pages.listing import Row, day_ends

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
    'name="{name}" value="{value}">{text}</button>'
)
LINK = '<a class="menu-item" href="{to}">{text}</a>'
OWNER = (
    '<span class="owner"><span class="initials sm" aria-hidden="true">{initials}</span>'
    '<span class="clip">{name}</span></span>'
)
_REASON_LENGTH = 240
# Places in what all rows share. No escaped text holds a NUL.
_AT, _TITLE, _TAKE = "\0at\0", "\0title\0", "\0take\0"


@dataclass(frozen=True)
class _Page:
    """What all rows of a page share."""

    now: datetime
    night: datetime
    task_at: str
    account_at: str
    acts: str
    take: str


def rows(found: Iterable[Row], now: datetime, may_edit: bool) -> SafeString:
    """All rows, with what can be done about each for who may do it."""
    # Reversing an address costs as much as a row: do it once, and put the ids in.
    task_at = reverse("task", args=[0]).removesuffix("0/")
    account_at = reverse("account", args=["_"]).removesuffix("_")
    acts, take = (_acts(), _take()) if may_edit else ("", "")
    page = _Page(now, day_ends(now), task_at, account_at, acts, take)
    return mark_safe("".join(_row(row, page) for row in found))  # noqa: S308 - escaped


def _row(row: Row, page: _Page) -> str:
    task = row.task
    title = escape(task.title)
    said, role = _when(task, page.now, page.night)
    at = f"{page.task_at}{task.pk}/"
    acts = page.acts if task.state != DONE else ""
    take = page.take if acts and task.owner_id is None else ""
    return ROW.format(
        pk=task.pk,
        url=at,
        title=title,
        account=_account(row, page),
        score=_score(row),
        value=_value(task),
        reason=f'<p class="task-why">{_short(task.reason)}</p>' if task.reason else "",
        words=_words(task, title),
        due=escape(said),
        due_role=role,
        due_exact=task.due_at.astimezone(page.night.tzinfo).strftime("%-d %B %Y, %H:%M %Z"),
        owner=_owner(row),
        acts=acts.replace(_TAKE, take).replace(_AT, at).replace(_TITLE, title),
    )


def _when(task: Task, now: datetime, night: datetime) -> tuple[str, str]:
    if task.state == DONE:
        kept = in_force.loaded(settings.current).outcomes
        return kept.get(task.outcome, task.outcome or "Done"), "good"
    if task.state == SNOOZED and task.snoozed_until:
        return f"Back {formats.relative(task.snoozed_until, now)}", "none"
    return words.due(task.due_at, now, night)


def _account(row: Row, page: _Page) -> str:
    pk = row.task.account_id
    if row.account is None:
        return f"<span>{escape(pk)}</span>"
    return (
        f'<a href="{escape(page.account_at + ui.address_part(pk))}">{escape(row.account or pk)}</a>'
    )


def _score(row: Row) -> str:
    if row.health is None:
        return ""
    value, band = row.health
    return SCORE.format(color=band.color, n=formats.whole(value), t=escape(band.title))


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


def _owner(row: Row) -> str:
    if not row.owner:
        return '<span class="muted small">Nobody yet</span>'
    return OWNER.format(initials=escape(formats.initials(row.owner)), name=escape(row.owner))


def _acts() -> str:
    """The menus of a row; its address and title are put in later."""
    policy = in_force.loaded(settings.current)
    outcomes = "".join(
        _item("outcome", "outcome", key, text) for key, text in policy.outcomes.items()
    )
    later = "".join(
        _item("snooze", "days", str(n), words.snooze(n)) for n in policy.snooze_days
    ) + LINK.format(to=f"{_AT}#later", text="Pick a day …")
    more = _TAKE + LINK.format(to=f"{_AT}#over", text="Hand over …")
    more += _item("mark", "mark", "useful", "Was useful")
    more += _item("mark", "mark", "false_alarm", "False alarm")
    return (
        _menu("Done", "", "check", outcomes, "")
        + _menu("", "Snooze", "clock", later, " btn-quiet btn-icon")
        + _menu("", "More", "dots", more, " btn-quiet btn-icon")
    )


def _take() -> str:
    return _item("take", "take", "1", "Take it")


def _menu(name: str, hidden: str, icon: str, items: str, kind: str) -> str:
    return MENU.format(
        name=name, hidden=hidden, icon=icons.svg(icon), items=items, title=_TITLE, kind=kind
    )


def _item(act: str, name: str, value: str, text: str) -> str:
    return ITEM.format(to=f"{_AT}{act}/", name=name, value=escape(value), text=escape(text))

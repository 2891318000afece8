"""What Today shows: sections of tasks, each row with its account and that account's health.

However many tasks are open, a page asks for the ids of a few in an order that an index holds, and
then for those rows, their accounts and scores by id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.analytics.health.bands import Band
from tenure.core.models import User
from tenure.health.models import AccountHealth
from tenure.health.pages import bands, choices, models_shown
from tenure.kit.pages import in_force
from tenure.work.tasks import order, queries, settings
from tenure.work.tasks.models import DONE, OPEN, SNOOZED, Task
from tenure.work.tasks.pages.filters import EVERYONE, MINE, NOBODY, Filters

PAGE = 50
FULL = 20
"""Rows after which Today begins no further section."""


@dataclass(frozen=True)
class Row:
    """A task, the name of its account (None when that is gone), its latest score and the owner's
    name."""

    task: Task
    account: str | None
    health: tuple[float, Band] | None
    owner: str


@dataclass(frozen=True)
class TaskSection:
    """A section with its first rows; ``more``: there are others; ``total``: once counted."""

    name: str
    title: str
    why: str
    role: str
    rows: list[Row]
    more: bool = False
    total: int | None = None
    pages: Any = None


@dataclass(frozen=True)
class Board:
    """What Today shows, and the sections below it that no row was read of."""

    shown: list[TaskSection]
    below: tuple[order.Section, ...] = ()


def day_ends(now: datetime) -> datetime:
    """The end of the day in the reader's zone."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        days=1
    )


def asked(filters: Filters, user: Any, state: str = OPEN) -> QuerySet[Task]:
    """The tasks of a filter in a state."""
    owner = user.pk if filters.who == MINE else filters.colleague
    return queries.find(
        state=state,
        owner=owner,
        unowned=filters.who == NOBODY,
        segment=filters.segment,
        kind=filters.kind,
    )


def _of_section(filters: Filters, user: Any, section: order.Section) -> QuerySet[Task]:
    """A section's tasks; those that went up stand on the own list of whoever they go up to."""
    lead = filters.who == MINE and user.role == in_force.loaded(settings.current).escalate_to
    whose = filters.but(who=EVERYONE) if section.escalated and lead else filters
    return queries.within(asked(whose, user), section)


def board(filters: Filters, user: Any, now: datetime, number: str = "") -> Board:
    """What a filter shows: all sections in short, or one list in pages of 50."""
    if filters.show == "snoozed":
        rows = asked(filters, user, SNOOZED).order_by("snoozed_until", "pk")
        return _paged("snoozed", "Snoozed", "They come back by themselves", "none", rows, number)
    if filters.show == "done":
        rows = asked(filters, user, DONE).order_by("-closed_at", "-pk")
        return _paged("done", "Done", "With how each of them ended", "good", rows, number)
    if filters.section:
        one = next(s for s in sections(now) if s.name == filters.section)
        rows = queries.first(_of_section(filters, user, one))
        return _paged(one.name, one.title, one.why, one.role, rows, number)
    most = in_force.loaded(settings.current).shown
    return _short(sections(now), lambda one: _of_section(filters, user, one), most)


def sections(now: datetime) -> tuple[order.Section, ...]:
    """The sections of open tasks, by the reader's own day."""
    policy = in_force.loaded(settings.current)
    return order.sections(now, day_ends(now), policy.escalate_after_hours)


def totals(filters: Filters, user: Any, now: datetime, wanted: Collection[str]) -> dict[str, int]:
    """How many tasks stand in the sections wanted."""
    found = [s for s in sections(now) if s.name in wanted]
    return {s.name: _of_section(filters, user, s).count() for s in found}


def _short(
    found: tuple[order.Section, ...], rows_in: Callable[[order.Section], QuerySet[Task]], most: int
) -> Board:
    """Sections from the top until the page is full: nobody does more than that today."""
    ids: dict[str, list[int]] = {}
    for section in found:
        if sum(map(len, ids.values())) >= FULL:
            break
        rows = queries.first(rows_in(section))
        ids[section.name] = list(rows.values_list("pk", flat=True)[: most + 1])
    wanted = [pk for keys in ids.values() for pk in keys[:most]]
    rows_of = {row.task.pk: row for row in with_accounts(_tasks(wanted))}
    shown = [
        TaskSection(
            s.name,
            s.title,
            s.why,
            s.role,
            [rows_of[pk] for pk in ids[s.name][:most] if pk in rows_of],
            len(ids[s.name]) > most,
        )
        for s in found
        if ids.get(s.name)
    ]
    return Board(shown, found[len(ids) :])


def _tasks(ids: Sequence[int]) -> Iterable[Task]:
    return Task.objects.filter(pk__in=ids) if ids else ()


def _paged(name: str, title: str, why: str, role: str, rows: QuerySet[Task], number: str) -> Board:
    pages = Paginator(rows.values_list("pk", flat=True), PAGE).get_page(number)
    if not pages.paginator.count:
        return Board([])
    keys = list(pages)
    rows_of = {row.task.pk: row for row in with_accounts(_tasks(keys))}
    found = [rows_of[pk] for pk in keys if pk in rows_of]
    total = pages.paginator.count
    return Board([TaskSection(name, title, why, role, found, total=total, pages=pages)])


def with_accounts(tasks: Iterable[Task]) -> list[Row]:
    """Rows of tasks, with two queries for all of them."""
    given = list(tasks)
    ids = {task.account_id for task in given}
    if not ids:
        return []
    model = models_shown.default()
    names = dict(Account.objects.filter(pk__in=ids).values_list("pk", "name"))
    scores = AccountHealth.objects.filter(model=model, account_id__in=ids).values_list(
        "account_id", "shown_health", "shown_band"
    )
    health = {pk: (value, bands.of(model, band)) for pk, value, band in scores if value is not None}
    owners = _names({task.owner_id for task in given if task.owner_id})
    return [
        Row(
            task,
            names.get(task.account_id),
            health.get(task.account_id),
            owners.get(task.owner_id or 0, ""),
        )
        for task in given
    ]


def _names(ids: set[int]) -> dict[int, str]:
    """What owners are called; those who left are looked up, all others are known already."""
    known = dict(choices.colleagues())
    gone = ids - known.keys()
    return known | ({u.pk: str(u) for u in User.objects.filter(pk__in=gone)} if gone else {})


TABS = {MINE: "Mine", EVERYONE: "Everyone", NOBODY: "Unassigned"}


def tabs(filters: Filters) -> list[dict[str, Any]]:
    """Mine, everyone's, nobody's."""
    return [
        {
            "title": title,
            "url": filters.but(who=who, section="").address,
            "current": filters.who == who,
            "who": who,
        }
        for who, title in TABS.items()
    ]


def tab_counts(user: Any) -> dict[str, int]:
    """How many tasks of each tab are open."""
    return {who: asked(Filters(who=who), user).count() for who in TABS}

"""What Today shows: sections of tasks, each row with its account and that account's health.

However many tasks are open, a page asks for the ids of a few in an order that an index holds, and
then for those rows, their accounts and scores by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.health.models import AccountHealth
from tenure.plays.tasks import numbers, order, queries
from tenure.plays.tasks.models import DONE, OPEN, SNOOZED, Task
from tenure.web import in_force, models_shown
from tenure.web.today.filters import EVERYONE, MINE, NOBODY, Filters

PAGE = 50
HEALTH_FIELDS = (
    "account_id", "model", "shown_health", "shown_band", "overridden", "risk", "risk_level",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A task, its account (None when that is gone) and its latest score."""

    task: Task
    account: Account | None
    health: AccountHealth | None


@dataclass(frozen=True)
class Shown:
    """A section with its first rows; ``total`` counts all of them."""

    name: str
    title: str
    why: str
    role: str
    total: int
    rows: list[Row]
    pages: Any = None

    @property
    def more(self) -> int:
        """How many are not shown."""
        return 0 if self.pages else self.total - len(self.rows)


def day_ends(now: datetime) -> datetime:
    """The end of the day in the reader's zone."""
    return timezone.localtime(now).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)  # fmt: skip


def asked(filters: Filters, user: Any, state: str = OPEN) -> QuerySet[Task]:
    """The tasks of a filter in a state."""
    owner = user.pk if filters.who == MINE else filters.colleague
    return queries.find(
        state=state, owner=owner, unowned=filters.who == NOBODY,
        segment=filters.segment, kind=filters.kind,
    )  # fmt: skip


def sections(filters: Filters, user: Any, now: datetime, number: str = "") -> list[Shown]:
    """What a filter shows: all sections in short, or one list in pages of 50."""
    if filters.show == "snoozed":
        rows = asked(filters, user, SNOOZED).order_by("snoozed_until", "pk")
        return _paged("snoozed", "Snoozed", "They come back by themselves", "none", rows, number)
    if filters.show == "done":
        rows = asked(filters, user, DONE).order_by("-closed_at", "-pk")
        return _paged("done", "Done", "With how each of them ended", "good", rows, number)
    policy = in_force.loaded(numbers.current)
    found = order.sections(now, day_ends(now), policy.escalate_after_hours)
    open_ones = asked(filters, user)
    if filters.section:
        one = next(s for s in found if s.name == filters.section)
        rows = queries.first(queries.within(open_ones, one))
        return _paged(one.name, one.title, one.why, one.role, rows, number)
    return _short(found, open_ones, policy.shown)


def _short(
    found: Sequence[order.Section], open_ones: QuerySet[Task], most: int
) -> list[Shown]:  # fmt: skip
    ids, totals = {}, {}
    for section in found:
        rows = queries.within(open_ones, section)
        ids[section.name] = list(queries.first(rows).values_list("pk", flat=True)[:most])
        few = len(ids[section.name]) < most
        totals[section.name] = len(ids[section.name]) if few else rows.count()
    wanted = [pk for keys in ids.values() for pk in keys]
    rows_of = {row.task.pk: row for row in with_accounts(_tasks(wanted))}
    return [
        Shown(
            s.name, s.title, s.why, s.role, totals[s.name],
            [rows_of[pk] for pk in ids[s.name] if pk in rows_of],
        )
        for s in found if totals[s.name]
    ]  # fmt: skip


def _tasks(ids: Sequence[int]) -> Iterable[Task]:
    return Task.objects.filter(pk__in=ids).select_related("owner") if ids else ()


def _paged(
    name: str, title: str, why: str, role: str, rows: QuerySet[Task], number: str
) -> list[Shown]:
    pages = Paginator(rows.select_related("owner"), PAGE).get_page(number)
    if not pages.paginator.count:
        return []
    return [Shown(name, title, why, role, pages.paginator.count, with_accounts(pages), pages)]


def with_accounts(tasks: Iterable[Task]) -> list[Row]:
    """Rows of tasks, with two queries for all of them."""
    given = list(tasks)
    ids = {task.account_id for task in given}
    if not ids:
        return []
    accounts = Account.objects.only("name", "currency").in_bulk(ids)
    scores = AccountHealth.objects.filter(model=models_shown.default(), account_id__in=ids)
    health = {score.account_id: score for score in scores.only(*HEALTH_FIELDS)}
    return [Row(t, accounts.get(t.account_id), health.get(t.account_id)) for t in given]


def tabs(filters: Filters, user: Any) -> list[dict[str, Any]]:
    """Mine, everyone's, nobody's; with how many are open."""
    titles = {MINE: "Mine", EVERYONE: "Everyone", NOBODY: "Unassigned"}
    return [
        {
            "title": title, "url": filters.but(who=who, section="").address,
            "current": filters.who == who,
            "count": f"{asked(Filters(who=who), user).count():,}",
        }
        for who, title in titles.items()
    ]  # fmt: skip

"""What pages, the command and the API ask of tasks. Everything here only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenure.accounts.models import SegmentMember
from tenure.work.tasks.models import CANCELLED, DONE, OPEN, SNOOZED, Task
from tenure.work.tasks.order import Section

BY_HAND = "hand"
STATES = (OPEN, SNOOZED, DONE, CANCELLED)
TITLES = {
    "play": "Plays",
    "portfolio": "Touches owed",
    "hand-off": "Hand-offs",
    BY_HAND: "Added by hand",
    "": "Other",
}


@dataclass(frozen=True)
class Judged:
    """How people judged the tasks of a source."""

    source: str
    useful: int
    false_alarms: int

    @property
    def precision(self) -> float | None:
        """Share of useful ones among those judged; None when nobody judged any."""
        judged = self.useful + self.false_alarms
        return self.useful / judged if judged else None


def find(
    *,
    state: str = OPEN,
    owner: int | None = None,
    unowned: bool = False,
    segment: str = "",
    kind: str = "",
    account: str = "",
) -> QuerySet[Task]:
    """Tasks that match everything asked, in no order."""
    match = Q(state=state)
    if unowned:
        match &= Q(owner=None)
    elif owner is not None:
        match &= Q(owner=owner)
    if kind:
        match &= Q(source=kind) | Q(source__startswith=f"{kind}:")
    if account:
        match &= Q(account_id=account)
    if segment:
        members = SegmentMember.objects.filter(account=OuterRef("account_id"), segment=segment)
        match &= Q(Exists(members))
    return Task.objects.filter(match)


def within(rows: QuerySet[Task], section: Section) -> QuerySet[Task]:
    """Those of a section."""
    found = rows.filter(escalated_at__isnull=not section.escalated)
    if section.start is not None:
        found = found.filter(due_at__gte=section.start)
    if section.end is not None:
        found = found.filter(due_at__lt=section.end)
    return found


def first(rows: QuerySet[Task]) -> QuerySet[Task]:
    """The most valuable first; among equals what is due first."""
    return rows.order_by("-value_minor", "due_at", "pk")


def after(rows: QuerySet[Task], due_at: datetime, pk: int) -> QuerySet[Task]:
    """Those that come after one in the order of due times."""
    return rows.filter(Q(due_at__gt=due_at) | Q(due_at=due_at, pk__gt=pk))


def kinds() -> list[tuple[str, str]]:
    """Key and title of the kinds of tasks: the first parts of their sources."""
    return [(key, title) for key, title in TITLES.items() if key]


def kind_title(kind: str) -> str:
    """How a kind is called."""
    return TITLES.get(kind, kind.replace("_", " ").capitalize())


def source_title(source: str) -> str:
    """Where a task came from, in words.

    >>> source_title("play:risk-rescue"), source_title("hand")
    ('Play “Risk rescue”', 'Added by hand')
    """
    kind, _, name = source.partition(":")
    if kind == "play" and name:
        return f"Play “{name.replace('-', ' ').capitalize()}”"
    return kind_title(kind)


def judged(source: str = "") -> list[Judged]:
    """How tasks were marked, for every source or one: the precision of what calls for action."""
    rows = Task.objects.exclude(mark="")
    if source:
        rows = rows.filter(source=source)
    counted = rows.values("source").annotate(
        useful=Count("pk", filter=Q(mark="useful")),
        false_alarms=Count("pk", filter=Q(mark="false_alarm")),
    )
    return [Judged(**row) for row in counted.order_by("source")]

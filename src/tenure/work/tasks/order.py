"""What to do first, and why: the sections in which open tasks are shown. Pure.

Urgency comes before value: what has gone up, what is late, what is due today, this week, and the
rest. Within a section the highest yearly value at stake comes first. Amounts are compared as they
stand: nothing is converted from one currency into another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WEEK_DAYS = 7
NAMES = ("escalated", "overdue", "today", "week", "later")


@dataclass(frozen=True)
class Section:
    """Open tasks that are due from ``start`` (inclusive) until ``end`` (exclusive); None is open.

    ``escalated`` tells whether only tasks that went up belong to it, or only those that did not.
    """

    name: str
    title: str
    why: str
    role: str
    escalated: bool = False
    start: datetime | None = None
    end: datetime | None = None


def sections(now: datetime, day_ends: datetime, escalates_after_hours: int) -> tuple[Section, ...]:
    """The sections in their order; ``day_ends`` is the end of the reader's own day."""
    week_ends = day_ends + timedelta(days=WEEK_DAYS - 1)
    late = f"More than {escalates_after_hours} hours late, so a lead looks on"
    return (
        Section("escalated", "Escalated", late, "bad", escalated=True),
        Section("overdue", "Overdue", "The agreed moment has passed", "bad", end=now),
        Section("today", "Today", "Due before the day is over", "warn", start=now, end=day_ends),
        Section(
            "week", "This week", "Due within seven days", "accent", start=day_ends, end=week_ends
        ),
        Section("later", "Later", "Nothing is lost by waiting", "none", start=week_ends),
    )


def section_of(due_at: datetime, escalated: bool, found: tuple[Section, ...]) -> Section:
    """The one section that an open task belongs to."""
    return next(
        s
        for s in found
        if s.escalated == escalated
        and (
            escalated
            or ((s.start is None or due_at >= s.start) and (s.end is None or due_at < s.end))
        )
    )

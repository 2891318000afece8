"""When a task is due and what it came from, in words. Pure but for addresses."""

from __future__ import annotations

from datetime import datetime

from tenure.kit.pages import formats


def due(due_at: datetime, now: datetime, day_ends: datetime) -> tuple[str, str]:
    """A due time in words, and the colour it deserves.

    >>> from datetime import timedelta
    >>> now, night = datetime(2026, 3, 2, 9), datetime(2026, 3, 3)
    >>> due(now - timedelta(days=2), now, night), due(now + timedelta(hours=3), now, night)
    (('Overdue by 2 days', 'bad'), ('Due in 3 hours', 'warn'))
    >>> due(now + timedelta(days=1), now, night), due(now + timedelta(days=4), now, night)
    (('Due tomorrow', 'none'), ('Due in 4 days', 'none'))
    """
    if due_at < now:
        late = formats.relative(due_at, now).removesuffix(" ago")
        return ("Due just now" if late == "just now" else f"Overdue by {late}"), "bad"
    if due_at < day_ends:
        soon = formats.relative(due_at, now)
        return ("Due now" if soon == "just now" else f"Due {soon}"), "warn"
    days = (due_at - day_ends).days + 1
    return ("Due tomorrow" if days == 1 else f"Due in {days} days"), "none"


def snooze(days: int) -> str:
    """How a snooze is called.

    >>> snooze(1), snooze(3), snooze(7)
    ('Until tomorrow', 'For 3 days', 'Until next week')
    """
    return {1: "Until tomorrow", 7: "Until next week"}.get(days, f"For {days} days")

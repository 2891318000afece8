"""Which section a task belongs to: exactly one, whatever its due time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from tenure.work.tasks import queries
from tenure.work.tasks.models import Task
from tenure.work.tasks.order import Section, section_of, sections

NIGHT = NOW.replace(hour=0) + timedelta(days=1)
FOUND = sections(NOW, NIGHT, 24)


@pytest.mark.parametrize(
    ("due", "escalated", "name"),
    [
        (timedelta(days=-3), True, "escalated"),
        (timedelta(seconds=-1), False, "overdue"),
        (timedelta(0), False, "today"),
        (NIGHT - NOW - timedelta(seconds=1), False, "today"),
        (NIGHT - NOW, False, "week"),
        (timedelta(days=6), False, "week"),
        (timedelta(days=7), False, "later"),
        (timedelta(days=5), True, "escalated"),
    ],
)
def test_the_section_of_a_due_time(due: timedelta, escalated: bool, name: str) -> None:
    assert section_of(NOW + due, escalated, FOUND).name == name


def _holds(section: Section, due: datetime, escalated: bool) -> bool:
    after = section.start is None or section.start <= due
    before = section.end is None or due < section.end
    return section.escalated == escalated and after and before


@given(st.integers(-400, 400), st.booleans(), st.integers(1, 24))
def test_every_task_stands_in_one_section_and_no_other(
    hours: int, escalated: bool, left: int
) -> None:
    found = sections(NOW, NOW + timedelta(hours=left), 24)
    due = NOW + timedelta(hours=hours)
    (only,) = [s for s in found if _holds(s, due, escalated)]
    assert section_of(due, escalated, found) == only


@pytest.mark.django_db
@pytest.mark.parametrize("value", [0, 5])
def test_the_database_agrees_and_value_comes_first(value: int) -> None:
    for n in range(-30, 30):
        Task.objects.create(
            key=f"k{n}", account_id="a", title="t", due_at=NOW + timedelta(hours=9 * n),
            value_minor=abs(n) * value, created_at=NOW, updated_at=NOW,
            escalated_at=NOW if n < -20 else None,
        )  # fmt: skip
    seen = []
    for section in FOUND:
        rows = list(queries.first(queries.within(queries.find(), section)))
        assert all(section_of(t.due_at, bool(t.escalated_at), FOUND) == section for t in rows)
        order = [(-t.value_minor, t.due_at) for t in rows]
        assert order == sorted(order)
        seen += rows
    assert len(seen) == len({t.pk for t in seen}) == 60

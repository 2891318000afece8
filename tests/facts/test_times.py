"""Times as senders write them, and Segment's rule for wrong clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.facts import times

NOON = times.of(datetime(2024, 3, 1, 12, tzinfo=UTC))
SECOND = 1_000_000
DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-03-01T12:00:00Z", NOON),
        ("2024-03-01T12:00:00.000Z", NOON),
        ("2024-03-01T13:00:00+01:00", NOON),
        ("2024-03-01 12:00:00", NOON),
        ("2024-03-01T12:00:00.123456789Z", NOON + 123456),
        (NOON // SECOND, NOON),
        (NOON // 1000, NOON),
        (NOON / SECOND, NOON),
        (str(NOON // 1000), NOON),
        ("", times.NEVER),
        (None, times.NEVER),
        ("soon", times.NEVER),
        ("2024-13-45T00:00:00Z", times.NEVER),
        (float("inf"), times.NEVER),
        (10**30, times.NEVER),
    ],
)
def test_a_time_is_read_without_guessing(written: object, meant: int) -> None:
    assert times.one(written) == meant
    assert times.micros([written, None])[0] == meant


moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda d: d.replace(tzinfo=timezone(timedelta(hours=2)))
)


@given(st.lists(moments, min_size=1))
def test_many_at_once_are_read_as_one_by_one(many: list[datetime]) -> None:
    written = [m.isoformat() for m in many] * 3
    assert times.micros(written).tolist() == [times.one(w) for w in written]


@pytest.mark.parametrize(
    ("original", "sent", "received", "expected"),
    [
        # https://segment.com/docs/connections/spec/common/#timestamp-overview
        (
            NOON - 3600 * SECOND,
            NOON - 3590 * SECOND,
            NOON,
            NOON - 10 * SECOND,
        ),  # clock an hour slow
        (NOON + 3600 * SECOND, NOON + 3610 * SECOND, NOON, NOON - 10 * SECOND),  # an hour fast
        (NOON - 10 * SECOND, NOON - 1 * SECOND, NOON, NOON - 10 * SECOND),  # only the network
        (NOON - 400 * DAY, NOON, NOON, NOON - 400 * DAY),  # history, sent now
        (NOON - 400 * DAY, NOON - 400 * DAY, NOON, NOON - 400 * DAY),  # an old request, again
        (5 * SECOND, 15 * SECOND, NOON, NOON - 10 * SECOND),  # a clock that starts in 1970
        (times.NEVER, NOON, NOON, NOON),
        (NOON - 9, times.NEVER, NOON, NOON - 9),
    ],
)
def test_wrong_clocks_are_corrected(original: int, sent: int, received: int, expected: int) -> None:
    found = times.corrected(
        np.array([original]),
        np.array([sent]),
        np.array([received]),
        ignore_below=5,
        most=172800,
        earliest=times.of(datetime(1990, 1, 1, tzinfo=UTC)),
    )
    assert found.tolist() == [expected]

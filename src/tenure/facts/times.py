"""Times as senders write them, to microseconds since 1970 UTC, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.facts.calls import Text

NEVER = np.iinfo(np.int64).min
"""Stands for a time that was not given or cannot be read."""

_UTC_US = pa.timestamp("us", tz="UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 253402300799_000000  # year 9999


def micros(values: Sequence[Text]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """One integer a value; NEVER where there is none or it cannot be read."""
    if len(values) > 1000 and len(set(values[:400])) < 100:  # such as sentAt, one a batch
        order = list(set(values))
        known = dict(zip(order, _micros(order).tolist(), strict=True))
        return np.fromiter(map(known.__getitem__, values), np.int64, len(values))
    return _micros(values)


def _micros(values: Sequence[Text]) -> np.ndarray[Any, np.dtype[np.int64]]:
    try:
        return _as_integers(pc.cast(pa.array(values, pa.string()), _UTC_US))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return np.array([one(value) for value in values], np.int64)


def _as_integers(times: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.asarray(pc.fill_null(times.cast(pa.int64()), NEVER))


def one(value: Text) -> int:
    """A single value: ISO 8601 (no zone: UTC), or epoch seconds, milli- or microseconds.

    >>> one("2024-03-01T12:00:00Z") == one(1709294400) == one(1709294400000)
    True
    >>> one("yesterday") == NEVER
    True
    """
    if value is None or value == "":
        return NEVER
    if isinstance(value, str):
        return _text(value)
    return _number(value)


def _text(value: str) -> int:
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return of(moment)
    except (ValueError, OverflowError):
        try:
            return _number(float(value))
        except ValueError:
            return NEVER


def _number(value: float) -> int:
    size = abs(value)
    if not size < 1e17:
        return NEVER
    scale = 1_000_000 if size < 1e11 else 1_000 if size < 1e14 else 1
    found = round(value * scale)
    return found if abs(found) <= _MOST else NEVER


def of(moment: datetime) -> int:
    """Microseconds of a datetime.

    >>> of(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)


def of_day(day: date) -> int:
    """Microseconds of the UTC midnight that begins ``day``."""
    return of(datetime(day.year, day.month, day.day, tzinfo=UTC))


def before(moment: int, milliseconds: float) -> int:
    """Microseconds of the time so long before ``moment``; the end of time if it is out of reach.

    >>> before(5_000_000, 2_000)
    3000000
    """
    return int(max(-_MOST, min(_MOST, moment - milliseconds * 1000)))


def corrected(
    original: np.ndarray[Any, Any],
    sent: np.ndarray[Any, Any],
    received: np.ndarray[Any, Any],
    *,
    ignore_below: float,
    most: float,
    earliest: int,
) -> np.ndarray[Any, Any]:
    """When facts happened by our clock: ``received - (sent - original)``.

    A difference of clocks below ``ignore_below`` seconds is taken for the network; one above
    ``most`` for an old request that is sent again, unless the sender's clock is plainly wrong
    (before ``earliest``, or sent after it was received). Without ``original``: ``received``.
    """
    known = (original != NEVER) & (sent != NEVER)
    skew = np.where(known, received - np.where(known, sent, 0), 0)
    wrong_clock = (original < earliest) | (skew < 0)
    apply = known & (np.abs(skew) >= ignore_below * 1e6)
    apply &= (np.abs(skew) <= most * 1e6) | wrong_clock
    return np.where(
        original == NEVER, received, np.where(apply, np.where(known, original, 0) + skew, original)
    )

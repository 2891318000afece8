"""Days given on the command line."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_day(text: str, option: str) -> datetime | None:
    """A day as its first moment in UTC (or a moment as it is); None when nothing is given.

    >>> utc_day("2024-03-01", "--as-of").isoformat()
    '2024-03-01T00:00:00+00:00'
    """
    from tenure.kit.commands.output import CommandError

    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option}: {text} is no day", "write it like 2024-03-01") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def days_ahead(text: str, option: str) -> tuple[int, ...] | None:
    """Numbers of days, as ``14,30,60``; None when nothing is given.

    >>> days_ahead("60, 14", "--horizons")
    (14, 60)
    """
    from tenure.kit.commands.output import CommandError

    if not text:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 0 < int(part) <= 1000 for part in parts):
        raise CommandError(f"{option}: {text} are no numbers of days", "write them like 14,30,60")
    return tuple(sorted({int(part) for part in parts}))

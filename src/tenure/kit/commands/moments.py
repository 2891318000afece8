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

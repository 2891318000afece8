"""Names that tests share."""

from datetime import UTC, datetime

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning."""
PASSWORD = "correct horse battery"

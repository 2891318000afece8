"""Cells of the CSV files that pages hand out."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it.

    >>> safe("=HYPERLINK(1)"), safe("Acme"), safe(-3.5), safe(None)
    ("'=HYPERLINK(1)", 'Acme', -3.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value

"""Which line of a TOML text an error is about, as far as can be told. Pure."""

from __future__ import annotations

import re

from tenure.analytics.errors import SpecError

LINE = re.compile(r"at line (\d+)")


def line_of(text: str, error: SpecError) -> int | None:
    """The line (from 1) named by the error, or the only line that sets its key.

    >>> line_of("a = 1\\nb = 2", SpecError("x.toml", "t.b", "is wrong", "correct it"))
    2
    """
    if told := LINE.search(error.problem):
        return int(told.group(1))
    keys = [part for part in error.key.split(".") if not part.isdigit()]
    for key in reversed(keys):
        found = _setting(text, key)
        if len(found) == 1:
            return found[0]
    return None


def _setting(text: str, key: str) -> list[int]:
    mark = re.compile(rf'^\s*(\[+[^\]]*)?"?{re.escape(key)}"?\s*(=|\]|\.)')
    return [number for number, line in enumerate(text.splitlines(), 1) if mark.match(line)]

"""Templates can be read: one element a line."""

from __future__ import annotations

from pathlib import Path

import tenure

LONGEST = 160


def test_no_line_of_a_template_is_longer_than_a_screen() -> None:
    packed = [
        f"{path.name}:{number} has {len(line)} characters"
        for path in Path(tenure.__file__).parent.rglob("*.html")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert packed == []

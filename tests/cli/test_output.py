"""Tables of commands: a number stays whole however narrow the window is."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from tenure.kit.commands import output

ROWS = [
    {"account": "A company with a rather long name and more", "mrr": 1234567.5,
     "share": "12.25 %", "arr": "€1,234,567.00", "note": "words that may well be folded anywhere"},
    {"account": "Acme", "mrr": 3, "share": "–", "arr": "€3.00", "note": ""},
]  # fmt: skip
COLUMNS = {"account": "Account", "mrr": "MRR", "share": "Share", "arr": "ARR", "note": "Note"}


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_a_number_is_never_broken(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(output, "out", Console(file=written, width=width, soft_wrap=True))
    output.print_rows(ROWS, COLUMNS)
    text = written.getvalue()
    for number in ("1,234,567.5", "12.25", "€1,234,567.00", "€3.00"):
        assert number in text, text


def test_in_a_pipe_nothing_is_folded(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(output, "out", output._console())
    output.print_rows(ROWS, COLUMNS)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert len(lines) == 3
    assert re.search(r"a rather long name and more +1,234,567\.5 ", lines[1])


def test_columns_is_obeyed_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert output._console().width == 60

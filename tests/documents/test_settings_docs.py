"""The one table of environment variables, and what the code reads."""

from __future__ import annotations

import re
from pathlib import Path

from tenure.core import mail_server

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\b(TENURE_[A-Z_]*[A-Z]|DATABASE_URL)\b")


def _in_code() -> set[str]:
    texts = (p.read_text("utf-8") for p in (ROOT / "src").rglob("*.py"))
    found = {name for text in texts for name in _VARIABLE.findall(text)}
    found |= {f"TENURE_MAIL_{what}" for what in mail_server._GIVEN}
    return {name for name in found if not name.endswith("_FILE")} - {"TENURE_MAIL_"}


def _in_table() -> list[str]:
    text = (ROOT / "docs/how-to/settings.md").read_text("utf-8")
    return re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)


def test_every_variable_is_in_the_table_and_the_table_names_no_other() -> None:
    assert len(_in_table()) == len(set(_in_table()))
    assert set(_in_table()) == _in_code()


def test_what_docs_and_pages_name_is_in_the_table() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", *(ROOT / "src").rglob("*.html")]
    named = {n for p in pages for n in _VARIABLE.findall(p.read_text("utf-8"))}
    tests = {name for name in named if name.startswith("TENURE_TEST_")}
    assert {n.removesuffix("_FILE") for n in named - tests} <= set(_in_table())

"""What the docs name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATES = {"works", "partly", "not yet"}


def _rows() -> list[list[str]]:
    lines = (ROOT / "docs/coverage.md").read_text("utf-8").splitlines()
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells for cells in found if re.fullmatch(r"[A-Z]{3}\d+", cells[0])]


def test_every_row_of_coverage_has_a_state_and_each_row_once() -> None:
    names = [cells[0] for cells in _rows()]
    assert len(names) > 30
    assert sorted(set(names)) == sorted(names)
    assert {cells[1] for cells in _rows()} <= STATES


def test_tests_that_coverage_names_exist() -> None:
    named = {name for cells in _rows() for name in re.findall(r"`([\w/]+(?:\.py|/))`", cells[3])}
    assert not [name for name in sorted(named) if not (ROOT / "tests" / name).exists()]


def test_what_works_names_the_place_and_the_test() -> None:
    assert not [cells[0] for cells in _rows() if cells[1] == "works" and not all(cells[2:4])]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]

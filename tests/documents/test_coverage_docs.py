"""What coverage says of the contract, part by part, holds together."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/coverage.md").read_text("utf-8")
AREAS = {
    "FCT": 7,
    "SIG": 6,
    "HLT": 10,
    "SEG": 6,
    "ONB": 7,
    "PLY": 9,
    "CXL": 6,
    "DUN": 5,
    "ENG": 4,
    "EXP": 4,
    "REN": 4,
    "ADV": 2,
    "FBK": 4,
    "SUP": 6,
    "MET": 4,
    "LRN": 3,
    "AUD": 3,
    "COL": 3,
    "DAY": 8,
    "OPN": 5,
    "SCL": 4,
    "TRU": 2,
}
CONTRACT = [f"{area}{n}" for area, last in AREAS.items() for n in range(1, last + 1)]
STATES = {"works", "partly", "not yet"}


def _parts() -> list[list[str]]:
    lines = [line for line in TEXT.splitlines() if re.match(r"\| [A-Z]{3}\d+ ", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _states() -> dict[str, set[str]]:
    states: dict[str, set[str]] = defaultdict(set)
    for row, _, state, *_ in _parts():
        states[row].add(state)
    return states


def test_every_row_of_the_contract_is_told_in_its_order() -> None:
    assert list(dict.fromkeys(cells[0] for cells in _parts())) == CONTRACT


def test_every_part_has_a_name_of_its_own_and_one_of_three_states() -> None:
    parts = _parts()
    assert {len(cells) for cells in parts} == {5}
    assert {cells[2] for cells in parts} == STATES
    names = [(cells[0], cells[1]) for cells in parts]
    assert all(name for _, name in names)
    assert len(set(names)) == len(names)


def test_what_works_names_the_place_and_the_test_and_what_does_not_says_what_is_missing() -> None:
    assert not [cells[:2] for cells in _parts() if not cells[3]]
    assert not [cells[:2] for cells in _parts() if (cells[2] != "not yet") != bool(cells[4])]


def test_the_tests_that_are_named_exist() -> None:
    named = {name for cells in _parts() for name in re.findall(r"`([^`]+)`", cells[4])}
    assert len(named) > 100
    for name in sorted(named):
        path, _, test = name.partition("::")
        file = ROOT / "tests" / path
        assert file.is_file(), name
        assert not test or f"def {test}(" in file.read_text("utf-8"), name


def test_the_counts_at_the_top_are_those_of_the_tables() -> None:
    states = _states().values()
    works = sum(s == {"works"} for s in states)
    nothing = sum(s == {"not yet"} for s in states)
    told = re.findall(r"^\| (\d+) \| (.+) \|$", TEXT, re.MULTILINE)
    assert told == [
        (str(works), "work in every part"),
        (str(len(states) - works - nothing), "work in part"),
        (str(nothing), "do not work yet"),
    ]


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:\s]+)", TEXT)
    assert links
    assert not [link for link in links if not (ROOT / "docs" / link).exists()]

"""What slices declare: every name leads somewhere, nothing is declared twice, order is explicit."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import get_template
from django.urls import resolve as address

import tenure
from tenure.core import jobs, roles, schedule
from tenure.core.slices import INSTALLED, Slice, resolve
from tenure.facts import erasure, healing
from tenure.facts.routing import ROUTING
from tenure.slices import SLICES

SOURCE = Path(tenure.__file__).parent
EVERY = [pytest.param(one, id=one.name) for one in INSTALLED]


@pytest.mark.parametrize("one", EVERY)
def test_every_name_a_slice_declares_leads_to_something(one: Slice) -> None:
    for name in one.names():
        assert resolve(name) is not None, name


@pytest.mark.parametrize("one", EVERY)
def test_a_slice_is_named_for_its_folder_and_has_its_templates_there(one: Slice) -> None:
    assert (SOURCE.parent / one.package.replace(".", "/") / "slice.py").is_file()
    for panel in one.account_panels:
        get_template(panel.template)


def test_every_slice_file_stands_in_the_one_list() -> None:
    found = {
        ".".join(("tenure", *path.parent.relative_to(SOURCE).parts))
        for path in SOURCE.rglob("slice.py")
    }
    assert found == {one.package for one in INSTALLED}


def test_nothing_is_declared_twice() -> None:
    declared: list[str] = []
    for one in INSTALLED:
        declared += [f"slice {one.name}", *(f"job {kind}" for kind in one.jobs)]
        declared += [f"tick {t.name}" for t in one.ticks]
        declared += [f"command {c.name}" for c in one.commands]
        declared += [f"panel {p.name}" for p in one.account_panels]
        declared += [f"link {e.url}" for e in one.navigation]
    assert [name for name, times in Counter(declared).items() if times > 1] == []


def test_permissions_of_links_panels_and_tabs_are_known(db: None) -> None:
    asked = {
        item.permission
        for one in INSTALLED
        for item in (*one.navigation, *one.account_panels, *one.settings_tabs)
    }
    assert asked <= set(roles.table().permissions)


def test_links_of_the_side_bar_lead_to_pages() -> None:
    for one in INSTALLED:
        for entry in one.navigation:
            assert address(entry.url)


def test_what_is_declared_is_wired() -> None:
    for one in INSTALLED:
        assert set(one.jobs) <= set(jobs._handlers)
        assert {job.kind for job in one.periodic} <= set(schedule.periodics)
        assert {tick.name for tick in one.ticks} <= set(schedule.duties)
        for name in one.erasure:
            assert one.resolve(name) in erasure.PARTS.values()


def test_whoever_hears_of_facts_can_find_what_it_missed() -> None:
    hearing = {one.name for one in INSTALLED if one.handlers}
    assert hearing == {one.name for one in INSTALLED if one.sweep} == set(healing.SWEEPS)


def test_who_hears_of_a_fact_first_follows_the_list() -> None:
    place = {one.package: number for number, one in enumerate(SLICES)}

    def of(handler: Any) -> int:
        packages = [p for p in place if str(handler).startswith(f"{p}.")]
        return place[max(packages, key=len)]

    for handlers in ROUTING.handlers.values():
        assert [of(h) for h in handlers] == sorted(of(h) for h in handlers)


def test_declarations_load_neither_django_nor_an_engine() -> None:
    code = (
        "import sys, tenure.slices, tenure.web.slice;"
        "print(sorted({'django', 'duckdb', 'pyarrow', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

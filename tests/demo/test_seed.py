"""A demo workspace: filled by the same ways in as anybody's data, once, never over somebody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tenure.accounts.models import Account
from tenure.core.models import User
from tenure.demo import broken_sdk, marker, seed
from tenure.demo.company import load
from tenure.demo.marker import Marker
from tenure.demo.simulate import Simulation
from tenure.facts import lake
from tenure.facts.models import Quarantined, Source
from tenure.health.models import AccountHealth, ValidationReport
from tenure.learning.practice_audit.models import AuditRun
from tenure.plays.models import DryRunKept, Enrolment
from tenure.work.tasks.models import Task

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MARK = Marker("Larkspur", 20, 60, "2026-03-02")
DAYS = 300  # the whole two years take longer than a test should


def carry_out(home: Path, until: str = "") -> dict[str, str]:
    """Runs the steps (up to one whose title begins with ``until``); what each said."""
    company = replace(load(), days=DAYS)
    work, said = seed.Seeding(home, company, MARK, NOW), {}
    for step in work.steps():
        said[step.title] = step.run(lambda done, total: None)
        if until and step.title.startswith(until):
            return said
    work.finish()
    return said


@pytest.mark.django_db
def test_a_demo_workspace_is_filled_scored_and_validated(workspace: Any) -> None:
    said = carry_out(workspace.home)

    here = lake.current()
    assert all(here.rows(table) > 0 for table in ("events", "subscriptions", "goals", "tickets"))
    assert Account.objects.count() == 60
    active = Account.objects.filter(status="active")
    assert 20 < active.count() < 60
    assert User.objects.get(email="alice@larkspur.example").role == "admin"
    assert Account.objects.filter(owner__email="bob@larkspur.example").exists()
    assert AccountHealth.objects.filter(model="six_dimensions").count() == active.count()
    assert AccountHealth.objects.values("model").distinct().count() >= 5
    report = ValidationReport.objects.get()
    assert report.result["churned"] > 2
    assert AuditRun.objects.get().counts["passed"] > 3
    assert Enrolment.objects.filter(held_out=False).exists()
    assert Task.objects.exists()
    assert DryRunKept.objects.get().result["count"] > 0
    assert "60 accounts" in said["Simulate two years of Larkspur"]


@pytest.mark.django_db
def test_what_the_broken_app_sent_is_held_back_and_the_rest_lands(workspace: Any) -> None:
    carry_out(workspace.home, until="Take in")
    held = Quarantined.objects.filter(source="segment:larkspur-mobile")
    assert set(held.values_list("name", flat=True)) <= {"Project Created", "Task Completed"}
    assert 30 < held.count() < 200
    assert all("app" in reason for reason in held.values_list("reason", flat=True))
    landed = Source.objects.get(name="segment:larkspur-mobile").rows
    assert landed + held.count() == broken_sdk.DAYS * broken_sdk.CALLS


@pytest.mark.django_db
def test_seeding_cut_off_and_begun_again_adds_nothing_twice(workspace: Any) -> None:
    carry_out(workspace.home, until="Import")
    before = {t: lake.current().rows(t) for t in ("events", "subscriptions", "people", "goals")}
    carry_out(workspace.home, until="Import")
    assert {t: lake.current().rows(t) for t in before} == before
    assert User.objects.count() == len(load().team)


def test_the_broken_app_speaks_the_segment_protocol(larkspur: Simulation) -> None:
    import json

    import numpy as np

    sent = broken_sdk.requests(larkspur, np.random.default_rng(1))
    again = broken_sdk.requests(larkspur, np.random.default_rng(1))
    assert sent == again
    calls = [call for _, body in sent for call in json.loads(body)["batch"]]
    assert len({call["messageId"] for call in calls}) == len(calls)
    forgot = [c for c in calls if "app" not in c["properties"]]
    assert {c["context"]["app"]["version"] for c in forgot} == {broken_sdk.RELEASE}
    assert all(at.date() < date(2026, 3, 2) for at, _ in sent)


def test_the_mark_is_kept(tmp_path: Path) -> None:
    assert marker.read(tmp_path) is None
    marker.write(tmp_path, MARK)
    assert marker.read(tmp_path) == MARK
    marker.finish(tmp_path, MARK)
    found = marker.read(tmp_path)
    assert found is not None
    assert found.done
    assert marker.simulated(tmp_path) == "Larkspur"


def test_a_folder_with_other_data_is_refused(tmp_path: Path) -> None:
    from tenure.cli.commands.demo import demo
    from tenure.kit.commands.output import CommandError

    (tmp_path / "state.sqlite3").write_text("somebody's")
    with pytest.raises(CommandError) as refused:
        demo(home=tmp_path, serve=False)
    assert "--home" in refused.value.remedy
    assert sorted(p.name for p in tmp_path.iterdir()) == ["state.sqlite3"]


def test_another_size_than_the_one_there_is_refused(tmp_path: Path) -> None:
    from tenure.cli.commands.demo import demo
    from tenure.kit.commands.output import CommandError

    marker.write(tmp_path, MARK)
    with pytest.raises(CommandError, match="60 accounts"):
        demo(home=tmp_path, serve=False, accounts=500)


@pytest.mark.django_db
def test_every_page_says_that_the_data_is_simulated(
    workspace: Any, alice: Any, settings: Any, client: Client
) -> None:
    from tenure.core.workspace import Workspace

    marker.simulated.cache_clear()
    marker.write(workspace.home, MARK)
    settings.WORKSPACE = Workspace(workspace.home)
    client.force_login(alice)
    assert "Larkspur is simulated" in client.get("/", follow=True).content.decode()
    marker.simulated.cache_clear()

"""Health: how the base stands now, how it came about, and who moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import worlds
from health.companies import accounts, add, subscription, use
from people import NOW

from tenure.core.models import AuditEntry, Job
from tenure.health import actions
from tenure.health.models import AccountHealth
from tenure.health.pages import figures, moves


@pytest.fixture
@worlds.once
def movement(workspace: Any, db: None) -> None:
    """Two scorings thirty days apart: Fade stops using the product, Fine goes on."""
    start = NOW.replace(hour=0) - timedelta(days=120)
    accounts("fade", "fine")
    add(
        1,
        subscriptions=[subscription(name, start) for name in ("fade", "fine")],
        events=[*use("fade", start, 85), *use("fine", start, 119)],
    )
    actions.run_scoring(NOW - timedelta(days=30), now=NOW)
    actions.run_scoring(NOW, now=NOW)


def page(client, path="/health/"):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
def test_every_role_may_see_it(customers, seen_by, colleague, role):
    page(seen_by(colleague(role)))


def test_counts_by_band_lead_to_the_accounts(customers, seen_by, bob):
    text = page(seen_by(bob))
    rows = AccountHealth.objects.filter(shown_band="critical")
    assert f'href="/accounts/?band=critical">{rows.count()}</a>' in text


def test_the_figures_add_up(customers):
    from tenure.health import queries

    found = figures.overview(queries.model())
    assert sum(row["n"] for row in found["bands"]) == found["accounts"] == len(customers)
    assert sum(minor for row in found["bands"] for minor, _ in row["mrr"]) == sum(
        c.mrr_minor for c in customers
    )


def test_another_model_has_no_links_into_the_list_of_the_default(customers, seen_by, bob):
    text = page(seen_by(bob), "/health/?model=formula")
    assert "Nothing is scored by this model yet" in text


def test_a_model_that_does_not_exist_shows_the_default(customers, seen_by, bob):
    assert "Six dimensions" in page(seen_by(bob), "/health/?model=../../etc")


def test_an_empty_workspace_teaches_the_next_step(workspace, seen_by, alice):
    text = page(seen_by(alice))
    assert "No accounts yet" in text
    assert "/facts/imports/new/" in text


def test_the_number_of_queries_is_fixed(customers, seen_by, bob, django_assert_max_num_queries):
    client = seen_by(bob)
    with django_assert_max_num_queries(34):
        client.get("/health/")


def test_scoring_now_is_one_job_on_the_record(customers, seen_by, alice):
    client = seen_by(alice)
    for _ in range(2):
        client.post("/health/score/", {"model": "six_dimensions"})
    job = Job.objects.get()
    assert (job.kind, job.payload) == ("health.score", {"model": "six_dimensions"})
    assert [e.action for e in AuditEntry.objects.all()] == ["scores.run"]
    Job.objects.update(state="running", progress_done=40, progress_total=100)
    assert "40 of 100" in page(client)
    Job.objects.update(state="failed", error="Traceback\nOSError: disk full", finished_at=NOW)
    text = page(client)
    assert "OSError: disk full" in text
    assert "Traceback" not in text
    done = client.get("/health/progress/?model=six_dimensions&was=1")
    assert done["HX-Refresh"] == "true"


def test_bob_may_not_start_a_scoring(customers, seen_by, bob):
    client = seen_by(bob)
    assert client.post("/health/score/", {"model": "six_dimensions"}).status_code == 403
    assert "Score now" not in page(client)
    assert not Job.objects.exists()


def test_who_moved_and_the_accounts_behind_a_cell(movement, seen_by, bob):
    client = seen_by(bob)
    text = page(client, f"/health/movement/?start={_day(40)}&end={_day(0)}")
    assert "1 fell" in text
    assert "0 rose" in text
    text = page(client, f"/health/moves/?start={_day(40)}&end={_day(0)}")
    assert "Fade" in text
    assert "Fine" not in text
    path = f"/health/moves/?from=critical&start={_day(40)}&end={_day(0)}"
    assert "Nobody here" in page(client, path)


def _day(back: int) -> str:
    return (NOW - timedelta(days=back)).date().isoformat()


def test_without_history_movement_says_so(customers, seen_by, bob):
    assert "Nothing to compare yet" in page(seen_by(bob), "/health/movement/")


def test_charts_and_segments_come_from_the_runs(movement, seen_by, bob):
    text = page(seen_by(bob))
    assert 'id="course"' in text
    assert "By lifecycle stage" in text


def test_up_is_good_news_and_a_departure_is_neither():
    pair = (("a", 80), ("b", 0))
    good, bad = (figures.NO_SCORE.model_copy(update={"name": n, "min": m}) for n, m in pair)
    assert moves.tone(bad, good) == "good"
    assert moves.tone(good, bad) == "bad"
    assert moves.tone(good, moves.OUTSIDE) == "none"

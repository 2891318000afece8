"""Validation: the verdict first and loud, every figure with its interval and its meaning."""

from __future__ import annotations

import pytest
from people import NOW
from web import reports

from tenure.core.models import AuditEntry, Job
from tenure.health.pages.validation import figures


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("cs_lead", 200), ("csm", 200), ("analyst", 200), ("support", 403)],
)
def test_who_may_see_it(customers, seen_by, colleague, role, status):
    client = seen_by(colleague(role))
    assert client.get("/validation/").status_code == status
    assert client.get("/validation/compare/").status_code == status


def test_without_a_report_it_teaches_how_to_get_one(customers, seen_by, alice, bob):
    assert "Not proven yet" in seen_by(alice).get("/validation/").content.decode()
    assert "A CS lead can start one" in seen_by(bob).get("/validation/").content.decode()


def test_a_score_that_predicts_is_said_so(customers, seen_by, bob):
    reports.kept(NOW)
    page = seen_by(bob).get("/validation/").content.decode()
    assert "This score predicts churn" in page
    assert 'class="verdict role-good"' in page
    for figure in ("ROC AUC", "Lift in the riskiest tenth", "Churn that looked green", "Lead time"):
        assert figure in page
    assert "50 % of the ground was loaded as history" in page


def test_a_score_that_does_not_predict_is_said_so_loudly(customers, seen_by, bob):
    reports.kept(NOW, skill=0)
    page = seen_by(bob).get("/validation/").content.decode()
    assert "DOES NOT PREDICT" in page
    assert 'class="verdict role-bad"' in page


def test_too_little_churn_is_said_so(customers, seen_by, bob):
    reports.kept(NOW, accounts=20)
    assert "Too little churn to tell" in seen_by(bob).get("/validation/").content.decode()


def test_the_list_of_churned_that_were_green_links_to_the_account(customers, seen_by, bob):
    report = reports.kept(NOW, skill=0)
    page = seen_by(bob).get("/validation/").content.decode()
    first = report.result["green_churned"][0]
    assert f'href="/accounts/a/{first["account_id"]}"' in page
    assert "DAU / MAU" in page
    assert "41 %" in page


def test_a_kept_report_stays_readable_and_says_that_it_is_old(customers, seen_by, bob):
    old = reports.kept(NOW, skill=0)
    reports.kept(NOW)
    page = seen_by(bob).get(f"/validation/reports/{old.pk}/").content.decode()
    assert "See the newest" in page
    assert "DOES NOT PREDICT" in page


def test_models_side_by_side_mark_the_better_figure(customers, seen_by, bob):
    reports.kept(NOW, skill=0)
    reports.kept(NOW, model="four_components")
    page = seen_by(bob).get("/validation/compare/").content.decode()
    assert "Six dimensions" in page
    assert "Four components" in page
    assert page.count("(best)") >= 5


def test_the_number_of_queries_does_not_grow_with_reports(
    customers, seen_by, bob, django_assert_max_num_queries
):
    for _ in range(6):
        reports.kept(NOW)
    client = seen_by(bob)
    with django_assert_max_num_queries(25):
        client.get("/validation/")


def test_starting_one_is_a_job_and_on_the_record(customers, seen_by, alice):
    client = seen_by(alice)
    given = {"model": "formula", "start": "2025-01-01", "end": "2025-12-31"}
    assert client.post("/validation/run/", given)["Location"] == "/validation/?model=formula"
    client.post("/validation/run/", given)
    job = Job.objects.get()
    assert job.payload["start"] == "2025-01-01"
    assert AuditEntry.objects.get().action == "validation.run"
    page = client.get("/validation/?model=formula").content.decode()
    assert "waits for a worker" in page
    Job.objects.update(state="done")
    done = client.get(f"/validation/progress/?model=formula&was={job.pk}")
    assert done["HX-Refresh"] == "true"


def test_a_period_that_ends_before_it_begins_is_refused(customers, seen_by, alice):
    given = {"model": "formula", "start": "2025-12-31", "end": "2025-01-01"}
    answer = seen_by(alice).post("/validation/run/", given, follow=True)
    assert "ends before it begins" in answer.content.decode()
    assert not Job.objects.exists()


def test_a_failed_one_shows_why(customers, seen_by, alice):
    error = "Traceback\ntenure.analytics.errors.SpecError: validation: facts: there are none"
    Job.objects.create(
        kind="health.validate", key="x", payload={"model": "six_dimensions"}, run_at=NOW,
        created_at=NOW, state="failed", error=error, finished_at=NOW,
    )  # fmt: skip
    page = seen_by(alice).get("/validation/").content.decode()
    assert "validation: facts: there are none" in page
    assert "Traceback" not in page


def test_bob_may_not_start_one(customers, seen_by, bob):
    assert seen_by(bob).post("/validation/run/", {"model": "formula"}).status_code == 403
    assert 'id="run"' not in seen_by(bob).get("/validation/").content.decode()


def test_every_figure_has_a_meaning():
    assert set(figures.COMPARED) <= set(figures.words())


def test_a_figure_in_words():
    horizon = {"auc": {"value": 0.684, "low": 0.64, "high": 0.72}, "base_rate": 0.066}
    assert figures.of(horizon, "auc")["value"] == "0.68"
    assert figures.of(horizon, "auc")["interval"] == "0.64 to 0.72"
    assert figures.of(horizon, "base_rate")["value"] == "6.6 %"
    assert figures.of(horizon, "lift_top_decile")["value"] == "–"

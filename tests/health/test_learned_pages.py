"""The learned model in the browser: nothing yet, side by side, champion, and on an account."""

from __future__ import annotations

import pytest
from web.learned_models import NOW, learned_model

from tenure.accounts.models import Account, Segment, SegmentMember
from tenure.analytics.prediction import booster
from tenure.core.models import Job
from tenure.health.models import AccountPrediction, LearnedModel

pytest.importorskip("lightgbm")


@pytest.fixture
def learned(customers) -> LearnedModel:
    return learned_model()


def test_before_anything_is_learned_it_says_what_it_needs(customers, seen_by, alice, bob):
    page = seen_by(alice).get("/validation/learned/").content.decode()
    assert "Nothing learned yet" in page
    assert "60 churned accounts" in page
    assert "Learn</button>" in page
    assert "Learn</button>" not in seen_by(bob).get("/validation/learned/").content.decode()


def test_side_by_side_with_intervals_reasons_and_card(learned, seen_by, bob):
    page = seen_by(bob).get("/validation/learned/").content.decode()
    for words in ("The learned model predicts better than the rules", "Side by side", "Challenger",
                  "Days since the last login", "Model card", "Six dimensions",
                  "No outcome is decided yet"):  # fmt: skip
        assert words in page, words
    assert seen_by(bob).get("/validation/learned/1/").status_code == 200
    assert seen_by(bob).get("/validation/learned/9/").status_code == 404


def test_it_is_held_against_one_signal_and_what_is_suspicious_is_said(learned, seen_by, bob):
    page = seen_by(bob).get("/validation/learned/").content.decode()
    for words in ("Is it more than the contract?", "When it was last used", "not known here"):
        assert words in page, words
    assert "Does it know what came after?" in page  # one of its two signals makes most of it
    assert "It leans on one signal" in page
    learned.report["left_out"]["told_once"] = ["plan_id"]
    learned.report["suspects"]["values"] = [
        {"feature": "days_since_login", "value": "3", "left": "nobody", "accounts": 44,
         "expected": 9.6}
    ]  # fmt: skip
    learned.save()
    page = seen_by(bob).get("/validation/learned/").content.decode()
    assert "Set apart:" in page
    assert "10 to leave" in " ".join(page.split())


def test_a_model_learned_before_there_was_evidence_has_its_page(learned, seen_by, bob):
    for told in learned.report["horizons"]:
        for name in ("way", "ways", "opponents", "contract"):
            del told[name]
    del learned.report["suspects"]
    learned.save()
    page = seen_by(bob).get("/validation/learned/").content.decode()
    assert "Side by side" in page
    assert "Is it more than the contract?" not in page
    assert "Does it know what came after?" not in page


def test_how_it_orders_accounts_in_time_to_act_is_said_where_it_is_known(learned, seen_by, bob):
    page = seen_by(bob).get("/validation/learned/").content.decode()
    assert "without those who left within 7 days of the date, 60 days ahead" in page
    for told in learned.report["horizons"]:
        del told["in_time"]
    learned.save()
    assert "In time to act" not in seen_by(bob).get("/validation/learned/").content.decode()


def test_drift_and_chances_that_are_off_are_said(learned, seen_by, bob):
    estimate = {"value": 0.7, "low": 0.6, "high": 0.8}
    learned.drift = [{"feature": "days_since_login", "psi": 0.4, "state": "drifted"}]
    learned.watch = {
        "dates": 2, "days": 30, "observations": 90, "churned": 9, "learned": estimate,
        "rules": estimate, "difference": estimate, "expected": 0.02, "off": True,
        "observed": {"value": 0.1, "low": 0.05, "high": 0.18}, "calibration": [],
    }  # fmt: skip
    learned.save()
    page = seen_by(bob).get("/validation/learned/").content.decode()
    assert "Its chances are off" in page
    assert "Drifted" in page


def test_an_account_shows_its_chance_and_why_in_the_words_of_its_signals(learned, seen_by, bob):
    account = AccountPrediction.objects.get().account_id
    client = seen_by(bob)
    assert "Chance to leave" in client.get(f"/accounts/a/{account}").content.decode()
    box = client.get(f"/accounts/panel/chance/{account}").content.decode()
    for words in ("41 %", "within 60 days", "Days since the last login", "21 days", "raises it",
                  "“Signed In”, 28 days", "lowers it",
                  "30 % to be still here in 180 days"):  # fmt: skip
        assert words in box, words
    other = Account.objects.order_by("pk").last()
    assert other is not None
    assert "Chance to leave" not in client.get(f"/accounts/a/{other.pk}").content.decode()


def test_a_segment_by_chance_counts_whom_the_champion_names_and_nobody_before(
    learned, seen_by, alice
):
    rule = {"title": "Leaving", "way": "rows", "together": "all", "field": ["chance"],
            "op": [">="], "value": ["0.4"]}  # fmt: skip
    client = seen_by(alice)
    assert "Chance to leave (champion)" in client.get("/segments/new/").content.decode()
    client.post("/segments/new/", rule)
    assert Segment.objects.get(pk="leaving").size == 0
    client.post("/validation/learned/1/decide/")
    client.post("/segments/leaving/edit/", rule)
    (member,) = SegmentMember.objects.filter(segment="leaving")
    assert member.account_id == AccountPrediction.objects.get().account_id
    page = client.get("/segments/leaving/").content.decode()
    assert "Chance to leave (champion) is at least" in page


def test_asking_for_one_is_a_job_and_its_failure_says_why(customers, seen_by, alice):
    client = seen_by(alice)
    assert client.post("/validation/learned/train/")["Location"] == "/validation/learned/"
    job = Job.objects.get(kind="health.train")
    assert job.payload["by"] == "alice@example.com"
    assert "waits for a worker" in client.get("/validation/learned/").content.decode()
    error = "Traceback\ntenure.analytics.errors.SpecError: learned model: churn: 3 churned: too few"
    Job.objects.update(state="failed", error=error, finished_at=NOW)
    assert client.get("/validation/learned/?was=1")["HX-Refresh"] == "true"
    page = client.get("/validation/learned/").content.decode()
    assert "Nothing could be learned" in page
    assert "too few" in page
    assert "Traceback" not in page


def test_champion_and_back(learned, seen_by, alice):
    client = seen_by(alice)
    client.post("/validation/learned/1/decide/")
    learned.refresh_from_db()
    assert (learned.state, learned.decided_by) == ("champion", "alice@example.com")
    assert "Back to the rules" in client.get("/validation/learned/").content.decode()
    client.post("/validation/learned/1/decide/")
    learned.refresh_from_db()
    assert learned.state == "challenger"


def test_without_lightgbm_the_page_says_how_to_get_it(customers, seen_by, alice, monkeypatch):
    monkeypatch.setattr(booster, "is_there", lambda: False)
    page = seen_by(alice).get("/validation/learned/").content.decode()
    assert "tenure[learn]" in page
    assert "Learn</button>" not in page


@pytest.mark.parametrize(
    ("role", "seen", "trains", "decides"),
    [("cs_lead", 200, 302, 302), ("csm", 200, 403, 403), ("support", 403, 403, 403)],
)
def test_who_may_see_learn_and_decide(learned, seen_by, colleague, role, seen, trains, decides):
    client = seen_by(colleague(role))
    assert client.get("/validation/learned/").status_code == seen
    assert client.post("/validation/learned/train/").status_code == trains
    assert client.post("/validation/learned/1/decide/").status_code == decides

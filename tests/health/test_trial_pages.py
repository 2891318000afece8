"""Trials in the browser: from the editor to what it would have told, adopted and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import worlds
from health.companies import accounts, add, subscription, use

from tenure.core import jobs as work
from tenure.core import policy
from tenure.health import proposals
from tenure.health.models import Trial

T = datetime(2026, 3, 2, 9, tzinfo=UTC)
START = T.replace(hour=0) - timedelta(days=420)
FORMULA = "health/models/formula"
EDIT = f"/policy/edit/{FORMULA}/"


@pytest.fixture
@worlds.once
def company(db, workspace) -> None:
    """Twelve accounts stop using the product forty days before they leave; eight stay."""
    going = {f"gone{i:02}": 150 + 20 * i for i in range(12)}
    staying = [f"stay{i}" for i in range(8)]
    accounts(*going, *staying)
    rows = [subscription(n, START, ended_at=START + timedelta(days=d)) for n, d in going.items()]
    rows += [subscription(n, START) for n in staying]
    events = [e for n, d in going.items() for e in use(n, START, d - 40, every=4, people=1)]
    events += [e for n in staying for e in use(n, START, 419, every=4, people=1)]
    add(1, subscriptions=rows, events=events)


def changed() -> str:
    return policy.text(FORMULA).replace(
        "[[1, 100], [4, 80], [7, 55], [14, 25], [30, 0]]", "[[1, 100], [60, 0]]"
    )


def test_from_the_editor_to_a_trial_that_is_adopted_and_taken_back(company, seen_by, alice):
    client, before = seen_by(alice), policy.text(FORMULA)
    assert "Replay on history" in client.get(EDIT).content.decode()
    answer = client.post(EDIT, {"body": changed(), "action": "replay"})
    trial = Trial.objects.get()
    assert answer["Location"] == f"/validation/trials/{trial.pk}/"
    assert policy.text(FORMULA) == before
    page = client.get(answer["Location"]).content.decode()
    assert "waits for a worker" in page
    assert "Adopt</button>" not in page
    work.run_all("tests", lambda: datetime.now(UTC))
    assert client.get(answer["Location"], {"was": 1})["HX-Refresh"] == "true"
    page = client.get(answer["Location"]).content.decode()
    for words in ("Too little churn to tell which", "What it would have told", "False a week",
                  "would stand in another band", "[[1, 100], [60, 0]]"):  # fmt: skip
        assert words in page, words
    done = client.post(f"/validation/trials/{trial.pk}/adopt/", {"note": "try"}, follow=True)
    assert "is in force" in done.content.decode()
    assert policy.text(FORMULA) == changed() or "[60, 0]" in policy.text(FORMULA)
    assert "Go back to before" in client.get(answer["Location"]).content.decode()
    client.post(f"/validation/trials/{trial.pk}/back/")
    assert policy.text(FORMULA) == before
    assert "Another version is in force now" in client.get(answer["Location"]).content.decode()
    listed = client.get("/validation/trials/").content.decode()
    assert "as version 1" in listed


def test_a_text_with_a_fault_goes_back_to_the_editor(company, seen_by, alice):
    body = policy.text(FORMULA).replace("weight = 40", "weight = 41")
    answer = seen_by(alice).post(EDIT, {"body": body, "action": "replay"})
    assert answer.status_code == 422
    assert "weight = 41" in answer.content.decode()
    assert not Trial.objects.exists()


def test_a_proposal_is_asked_for_and_says_why_there_is_none(company, seen_by, alice):
    client = seen_by(alice)
    answer = client.post("/validation/trials/propose/?model=formula")
    Trial.objects.update(end=START + timedelta(days=130))
    work.run_all("tests", lambda: datetime.now(UTC))
    page = client.get(answer["Location"]).content.decode()
    assert "It could not be tried" in page
    assert "Could not be tried" in client.get("/validation/trials/").content.decode()


def test_a_proposal_shows_weights_and_missed_signals(company, seen_by, alice):
    body = policy.text("validation").replace("min_churned = 20", "min_churned = 3")
    policy.save("validation", body, alice, "few churned", T)
    trial = proposals.propose("formula", now=T)
    page = seen_by(alice).get(f"/validation/trials/{trial.pk}/").content.decode()
    assert "Proposed weights" in page
    assert "The history is too short" not in page
    short = proposals.propose("formula", now=T, end=START + timedelta(days=290))
    shown = seen_by(alice).get(f"/validation/trials/{short.pk}/").content.decode()
    assert "too short to learn for churn within 60 days" in shown
    assert "for churn within 30." in shown
    assert "Use alone is not value" in page
    assert "Signals that told among accounts that looked well" in page or not trial.result["missed"]


@pytest.mark.parametrize(
    ("role", "seen", "asks", "adopts"),
    [("cs_lead", 200, 302, 302), ("csm", 200, 403, 403), ("analyst", 200, None, 403),
     ("support", 403, 403, 403)],
)  # fmt: skip
def test_who_may_see_ask_and_adopt(company, seen_by, colleague, role, seen, asks, adopts):
    trial = Trial.objects.create(
        name="formula", kind="change", body=changed(), against="formula", created_at=T,
        state="failed", error="x",
    )  # fmt: skip
    client = seen_by(colleague(role))
    assert client.get("/validation/trials/").status_code == seen
    assert client.get(f"/validation/trials/{trial.pk}/").status_code == seen
    if asks is not None:
        assert client.post("/validation/trials/propose/?model=formula").status_code == asks
    for act in ("adopt", "back"):
        assert client.post(f"/validation/trials/{trial.pk}/{act}/").status_code == adopts
    assert Trial.objects.get(pk=trial.pk).adopted_version is None

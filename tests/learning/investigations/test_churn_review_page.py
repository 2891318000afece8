"""The page of the monthly review."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from learning.investigations.test_churned_pages import loss
from people import NOW

from tenure.learning.investigations.models import Change, Review

LATER = NOW + timedelta(days=30)
MONTH = "2026-02"


@pytest.fixture
def february(workspace, db):
    for name in ("acme", "bolt", "cord"):
        loss(name)


def text(client, month=MONTH):
    answer = client.get(f"/churned/review/?month={month}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_month_shows_its_losses_by_every_side(february, seen_by, bob):
    with time_machine.travel(LATER, tick=False):
        page = text(seen_by(bob))
        assert "Nobody left" in text(seen_by(bob), "2025-12")
    assert "Losses of February 2026" in page
    assert "€147" in page
    assert "It was used too little" in page
    assert "by their decision" in page
    assert "Close the review" in page


@pytest.mark.parametrize(
    ("role", "act"), [("cs_lead", 302), ("csm", 302), ("support", 403), ("analyst", 403)]
)
def test_who_may_look_and_who_may_decide(february, seen_by, colleague, role, act):
    client = seen_by(colleague(role))
    with time_machine.travel(LATER, tick=False):
        assert ("Decide a change" in text(client)) == (act == 302)
        for what in ("close", "changes", "changes/1"):
            assert client.post(f"/churned/review/{MONTH}/{what}/").status_code == act


def test_a_change_is_decided_and_the_month_closed(february, seen_by, bob):
    client, path = seen_by(bob), f"/churned/review/{MONTH}"
    with time_machine.travel(LATER, tick=False):
        refused = client.post(f"{path}/changes/", {"title": "x"}, follow=True)
        assert "Nothing changed" in refused.content.decode()
        client.post(f"{path}/changes/", {
            "title": "Weekly look at use", "cause": "low_use", "kind": "process", "owner": "Bob",
            "due_on": "2026-03-20",
        })  # fmt: skip
        change = Change.objects.get()
        assert "overdue" in text(client)
        client.post(f"{path}/changes/{change.pk}/", {"state": "done"})
        assert "no whole month has passed" in text(client)
        client.post(f"{path}/close/", {"note": "We saw it too late"})
        page = text(client)
    assert "We saw it too late" in page
    assert "Close the review" not in page
    assert Review.objects.get().closed_by == "bob@example.com"
    with time_machine.travel(LATER + timedelta(days=90), tick=False):
        assert "not what the change did" in text(client, "2026-03")


def test_a_month_that_is_none_is_refused(february, seen_by, bob):
    answer = seen_by(bob).post("/churned/review/2026-99/close/", {"note": "x"}, follow=True)
    assert "is no month" in answer.content.decode()

"""Facts in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenure.facts.queries import Entry
from tenure.web.accounts.timeline_words import WRITERS, lines

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
EMPTY = {
    "tickets": ("subject", "priority", "category", "resolved_at", "escalated_at"),
    "responses": ("survey", "score", "comment"),
    "interactions": ("kind", "outcome", "by", "note"),
    "subscriptions": ("status", "plan_id", "mrr_minor", "currency", "quantity", "ended_at"),
    "invoices": ("amount_minor", "currency", "paid_at"),
    "payments": ("status", "amount_minor", "currency", "decline_code"),
    "goals": ("title", "goal_id", "progress", "achieved_at"),
    "events": ("event", "properties"),
}


def entry(table, back=0, **row):
    filled = {"person_id": None, **dict.fromkeys(EMPTY[table]), **row}
    return Entry(AT - timedelta(minutes=back), table, f"k{back}", filled)


def words(table, **row):
    line = lines([entry(table, **row)], {})[0]
    return line.title, line.detail, line.role


@pytest.mark.parametrize(
    ("kind", "row", "told"),
    [
        ("events", {"event": "Signed In", "properties": '{"app": "web"}'},
         ("Signed In", "app: web", "none")),
        ("tickets", {"subject": "Help", "priority": "urgent"},
         ("Ticket: Help", "urgent · open", "warn")),
        ("responses", {"survey": "nps", "score": 3.0, "comment": "Slow"}, ("NPS 3", "Slow", "bad")),
        ("responses", {"survey": "nps", "score": 9.0}, ("NPS 9", "", "good")),
        ("interactions", {"kind": "call", "outcome": "no_answer"}, ("Call", "no answer", "none")),
        ("subscriptions", {"plan_id": "pro", "mrr_minor": 4900, "currency": "USD", "quantity": 3},
         ("Subscription active", "pro · $49 a month · 3 seats", "none")),
        ("subscriptions", {"ended_at": AT, "plan_id": "pro"},
         ("Subscription cancelled", "pro · – a month", "bad")),
        ("payments", {"status": "failed", "amount_minor": 4900, "currency": "USD",
                      "decline_code": "card_expired"},
         ("Payment failed", "$49 · card expired", "bad")),
        ("invoices", {"amount_minor": 4900, "currency": "USD"},
         ("Invoice $49", "not paid", "none")),
        ("goals", {"title": "Go live", "progress": 0.4}, ("Goal: Go live", "40 %", "none")),
        ("goals", {"goal_id": "g1", "achieved_at": AT}, ("Goal: g1", "reached", "good")),
    ],
)  # fmt: skip
def test_each_kind_of_fact_has_its_words(kind, row, told):
    assert words(kind, **row) == told


@pytest.mark.parametrize("kind", [k for k in WRITERS if k != "events"])
def test_a_fact_that_tells_nothing_still_has_a_title(kind):
    assert lines([entry(kind, **dict.fromkeys(("survey", "kind", "status"), "x"))], {})[0].title


def test_equal_facts_in_a_row_become_one_line():
    told = lines([entry("events", n, event="Task Completed") for n in range(3)], {})
    assert [(line.title, line.times) for line in told] == [("Task Completed", 3)]


def test_each_day_is_named_once():
    told = lines([entry("events", n * 600, event=f"E{n}") for n in range(4)], {})
    assert [line.day_begins for line in told] == [True, True, False, False]


def test_people_are_called_by_their_name_where_it_is_known():
    rows = [entry("events", event="A", person_id="p1"), entry("events", event="B", person_id="p2")]
    assert [line.who for line in lines(rows, {"p1": "Ada"})] == ["Ada", "p2"]


def test_what_tenure_did_itself_is_marked_as_such():
    line = lines([entry("events", event="tenure.score_overridden")], {})[0]
    assert (line.own, line.title) == (True, "Score overridden")

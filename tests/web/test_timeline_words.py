"""Facts in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenure.analytics.tables import TABLES
from tenure.facts.queries import Entry
from tenure.kit.pages import icons
from tenure.web.accounts.timeline_words import WRITERS, lines

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FULL = {
    "text": "acme", "int": 4, "float": 0.5, "bool": True, "timestamp": AT, "date": AT.date(),
    "json": '{"colour": "blue", "deep": {"x": 1}}',
}  # fmt: skip


def entry(table, back=0, **row):
    """A fact as a lake gives it: every column is there, most are empty."""
    filled = {**dict.fromkeys(c.name for c in TABLES[table].all_columns()), **row}
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
        ("goals", {"title": "Go live", "progress": 0.4}, ("Goal: Go live", "40%", "none")),
        ("goals", {"goal_id": "g1", "achieved_at": AT}, ("Goal: g1", "reached", "good")),
        ("cards", {"network": "visa", "last4": "4242", "exp_month": 3, "exp_year": 2027,
                   "is_default": True, "status": "active"},
         ("Card on file: Visa ending 4242", "expires Mar 2027 · default", "none")),
        ("cards", {"network": "amex", "last4": "0005", "status": "removed"},
         ("Card removed: Amex ending 0005", "", "warn")),
        ("cards", {"exp_month": 13, "exp_year": 2027}, ("Card on file: Card", "", "none")),
        ("accounts", {"name": "Acme", "country": "DE", "employees": 1200},
         ("Account details updated", "Acme · DE · 1,200 employees", "none")),
        ("people", {"title": "VP", "role": "economic_buyer"},
         ("Contact details updated", "VP · economic buyer", "none")),
        ("people", {"left_at": AT, "email": "a@acme.test"},
         ("Contact left", "a@acme.test", "warn")),
        ("plans", {"name": "Pro", "price_minor": 4900, "currency": "USD", "interval": "month"},
         ("Plan: Pro", "$49 per month", "none")),
        ("features", {"name": "Boards", "event": "Board Made"},
         ("Feature: Boards", "shown by Board Made", "none")),
    ],
)  # fmt: skip
def test_each_kind_of_fact_has_its_words(kind, row, told):
    assert words(kind, **row) == told


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_words_of_its_own(table):
    assert table in WRITERS
    spec = TABLES[table]
    row = {c.name: FULL[c.kind] for c in spec.all_columns()}
    needed = {c.name: FULL[c.kind] for c in spec.columns if c.required}
    for told in lines([entry(table, **row), entry(table, 1, **needed)], {}):
        assert told.title
        assert "None" not in told.title + told.detail
        assert icons.svg(told.icon)


def test_a_kind_without_words_tells_its_name_and_what_it_holds():
    row = {"message_id": "m1", "properties": '{"tier": "gold", "on": true, "deep": {"x": 1}}'}
    line = lines([Entry(AT, "site_visits", "m1", row)], {})[0]
    assert (line.title, line.detail) == ("Site visit", "tier: gold · on: yes")


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

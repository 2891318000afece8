"""The Revenue pages: figures with definitions, the accounts behind them, past knowledge, files."""

from __future__ import annotations

import re
from html import unescape

import pytest
import time_machine
from metrics.companies import three_accounts


@pytest.fixture
def company(workspace, db, now):
    three_accounts()
    with time_machine.travel(now, tick=False):
        yield


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("cs_lead", 200), ("csm", 200), ("analyst", 200), ("support", 403)],
)
def test_who_may_see_revenue(company, seen_by, colleague, role, status):
    client = seen_by(colleague(role))
    for path in ("", "accounts?figure=end", "accounts.csv?figure=end"):
        assert client.get(f"/revenue/{path}").status_code == status


def test_an_empty_workspace_is_told_how_to_begin(workspace, seen_by, alice):
    assert "No subscriptions yet" in seen_by(alice).get("/revenue/").content.decode()


def test_a_month_shows_its_figures_with_definition_target_and_status(company, seen_by, alice):
    page = seen_by(alice).get("/revenue/?month=2025-11").content.decode()
    churn = page[page.index("<dt>Logo churn</dt>") :]
    assert "33.3 %" in churn[:900]
    assert "off target" in churn[:900]
    assert "below 2 % a month (B2B), 5 % (B2C)" in churn[:900]
    assert "Accounts that left / accounts that paid" in churn[:900]


def test_every_number_opens_to_accounts_that_add_up_to_it(company, seen_by, alice):
    client = seen_by(alice)
    page = client.get("/revenue/?month=2025-11").content.decode()
    links = {unescape(u) for u in re.findall(r'href="(accounts\?[^"]+)"', page)}
    assert len(links) > 40
    assert {client.get(f"/revenue/{link}").status_code for link in links} == {200}
    churned = client.get("/revenue/accounts?month=2025-11&figure=churn&currency=USD")
    assert "1 account, −$50 together" in churned.content.decode()
    told = client.get("/revenue/accounts.csv?month=2025-11&figure=involuntary&currency=USD")
    lines = told.content.decode().splitlines()
    assert lines[1:] == ["bo,2025-11-01,USD,5000,0,churn,involuntary,-5000"]


def test_segments_and_splits_keep_their_own_accounts(company, seen_by, alice):
    client = seen_by(alice)
    page = client.get("/revenue/?month=2025-11&of=channel:web&by=channel").content.decode()
    assert '<option value="channel:web" selected>' in page
    end = page[page.index("<dt>MRR</dt>") :]
    assert "$300<" in end[:300]
    behind = client.get("/revenue/accounts?month=2025-11&figure=end&currency=USD&of=channel:ads")
    assert "No account" in behind.content.decode()


def test_a_past_month_is_shown_as_it_was_known(company, seen_by, alice):
    page = seen_by(alice).get("/revenue/?month=2025-10&known=2025-11-01").content.decode()
    assert "as it was known on" in page
    assert "<dt>Involuntary churn</dt>" in page
    behind = seen_by(alice).get(
        "/revenue/accounts?month=2025-11&figure=churn&currency=USD&known=2025-11-03"
    )
    assert "No account" in behind.content.decode()


@pytest.mark.parametrize(
    "query", ["known=march", "known=2999-01-01", "month=2999-01", "of=mood:blue", "of=segment:none"]
)
def test_what_is_not_understood_is_said_and_left_out(company, seen_by, alice, query):
    answer = seen_by(alice).get(f"/revenue/?{query}")
    assert answer.status_code == 200
    assert 'class="note role-warn"' in answer.content.decode()


def test_an_unknown_figure_is_no_page(company, seen_by, alice):
    assert seen_by(alice).get("/revenue/accounts?figure=mood").status_code == 404


def test_cohorts_show_who_still_pays_and_open_to_their_accounts(company, seen_by, alice):
    client = seen_by(alice)
    page = client.get("/revenue/cohorts/").content.decode()
    row = page[page.index("Sep 2025") : page.index("Oct 2025</th>")]
    assert re.findall(r">(\d+ %)</a>", row)[:4] == ["100 %", "100 %", "50 %", "50 %"]
    links = [unescape(u) for u in re.findall(r'href="(accounts\?[^"]+)"', page)]
    told = client.get(f"/revenue/cohorts/{links[2]}").content.decode()
    assert "1 of 2 still pay, $100 together" in told
    revenue = client.get("/revenue/cohorts/?of_revenue=1").content.decode()
    assert ">67 %</a>" in revenue


@pytest.mark.parametrize("by", ["month", "plan", "channel", "industry", "country", "leaving"])
def test_cohorts_by_every_attribute(company, seen_by, alice, by):
    client = seen_by(alice)
    page = client.get(f"/revenue/cohorts/?by={by}").content.decode()
    assert f"retention by {by}" in page.lower()
    lines = client.get(f"/revenue/cohorts/cohorts.csv?by={by}").content.decode().splitlines()
    assert len(lines) > 5
    if by == "leaving":
        assert any("involuntary" in line for line in lines)


def test_lifetime_value_by_equation_survival_and_levers(company, seen_by, alice):
    client = seen_by(alice)
    page = client.get("/revenue/lifetime/").content.decode()
    assert "No cost to win an account is set" in page
    assert "too little to fit" in page
    assert "more revenue per account" in page.lower()
    lives = client.get("/revenue/lifetime/lives.csv").content.decode().splitlines()
    assert [line.split(",")[0] for line in lives] == ["account_id", "ada", "bo", "cy"]
    assert client.get("/revenue/lifetime/?by=channel&of=channel:web").status_code == 200


@pytest.mark.parametrize("path", ["cohorts/", "cohorts/accounts", "cohorts/cohorts.csv",
                                  "lifetime/", "lifetime/lives.csv"])  # fmt: skip
def test_who_may_not_see_revenue_sees_no_cohort(company, seen_by, colleague, path):
    assert seen_by(colleague("support")).get(f"/revenue/{path}").status_code == 403
    assert seen_by(colleague("analyst")).get(f"/revenue/{path}").status_code == 200

"""The page of one account, and the panels that load after it."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.analytics.tables import TABLES
from tenure.core.models import AuditEntry
from tenure.facts import lake
from tenure.facts.queries import TIMELINE
from tenure.health.explanations import of_row
from tenure.health.models import AccountHealth, Override
from tenure.web.accounts.panels import boxes


@pytest.fixture
def scored(customers):
    """The account with the worst score."""
    row = AccountHealth.objects.order_by("health").select_related("account").first()
    assert row
    return row


def url(pk, panel=""):
    return f"/accounts/panel/{panel}/{pk}" if panel else f"/accounts/a/{pk}"


def test_the_score_is_shown_with_the_points_that_make_it(scored, seen_by, bob):
    page = seen_by(bob).get(url(scored.account_id)).content.decode()
    assert scored.account.name in page
    for dimension in of_row(scored)["dimensions"]:
        assert dimension["title"] in page
    assert scored.model_version in page
    assert "What would move it most" in page


def test_missing_signals_are_named_and_not_counted_as_zero(customers, seen_by, bob):
    row = next(r for r in AccountHealth.objects.all() if of_row(r)["missing"])
    page = seen_by(bob).get(url(row.account_id)).content.decode()
    assert "no data: left out, and told in the coverage" in page
    assert f"Coverage {round(100 * row.coverage)} %" in page


def test_warnings_come_with_their_lead_time(scored, seen_by, bob):
    scored.risk_signals = ["login_frequency_down", "no_longer_declared"]
    scored.save()
    page = seen_by(bob).get(url(scored.account_id)).content.decode()
    assert "Logins fell by half" in page
    assert "Usually shows 2-4 weeks ahead" in page
    assert "no_longer_declared" not in page


def test_an_account_that_was_never_scored_says_how_to_score_it(customers, seen_by, bob):
    AccountHealth.objects.all().delete()
    page = seen_by(bob).get(url(customers[0].pk)).content.decode()
    assert "Not scored yet" in page
    assert "tenure score" in page


def test_the_page_takes_few_queries(scored, seen_by, bob, django_assert_max_num_queries):
    client = seen_by(bob)
    client.get(url(scored.account_id))
    with django_assert_max_num_queries(12):
        client.get(url(scored.account_id))


@pytest.mark.parametrize("panel", [p.name for p in boxes()])
def test_every_panel_loads_on_a_workspace_without_facts(scored, seen_by, bob, panel):
    answer = seen_by(bob).get(url(scored.account_id, panel))
    assert answer.status_code == 200
    assert b"card-head" in answer.content


def fact(table, account):
    """A fact that tells no more than it must."""
    at = timezone.now() - timedelta(days=1)
    value = {"text": "x", "int": 1, "timestamp": at}
    needed = {c.name: value[c.kind] for c in table.all_columns() if c.required}
    return needed | {"account_id": account, "message_id": table.name, table.time: at}


@pytest.mark.parametrize("kind", ["", *(shown.table for shown in TIMELINE)])
def test_the_time_line_shows_facts_of_every_table(scored, seen_by, bob, kind):
    for number, shown in enumerate(TIMELINE):
        row = fact(TABLES[shown.table], scored.account_id)
        lake.current().append(shown.table, pa.Table.from_pylist([row]), ("test", number))
    answer = seen_by(bob).get(url(scored.account_id, "timeline"), {"kind": kind})
    assert answer.status_code == 200
    shown_lines = answer.content.decode().count('class="t-line')
    assert shown_lines == (1 if kind else sum(t.unasked for t in TIMELINE))


def test_an_unknown_panel_is_not_found(scored, seen_by, bob):
    assert seen_by(bob).get(url(scored.account_id, "secrets")).status_code == 404


def test_what_is_behind_a_signal_can_be_opened(scored, seen_by, bob):
    answer = seen_by(bob).get(url(scored.account_id, "signal") + "?signal=dau_mau")
    assert "DAU / MAU" in answer.content.decode()
    client = seen_by(bob)
    assert client.get(url(scored.account_id, "signal") + "?signal=nope").status_code == 404


def test_ids_may_hold_slashes_and_spaces(customers, seen_by, bob):
    Account.objects.create(id="eu/acme 1", name="Acme EU")
    client = seen_by(bob)
    assert b"Acme EU" in client.get("/accounts/a/eu%2Facme%201").content
    assert client.get("/accounts/panel/people/eu/acme%201").status_code == 200


def test_an_unknown_account_is_not_found(customers, seen_by, bob):
    answer = seen_by(bob).get(url("nobody"))
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content


def override(client, pk, **changed):
    fields = {"health": "70", "reason": "New CTO, rolling out in May", "days": "14"} | changed
    return client.post(f"/accounts/override/{pk}", fields, follow=True)


def test_bob_overrides_a_score_with_reason_and_end(scored, seen_by, bob):
    page = override(seen_by(bob), scored.account_id).content.decode()
    assert "A person’s judgement is shown" in page
    kept = Override.objects.get()
    assert (kept.author, kept.reason) == (bob.email, "New CTO, rolling out in May")
    assert kept.expires_at - kept.created_at == timedelta(days=14)
    scored.refresh_from_db()
    assert (scored.shown_health, scored.overridden) == (70, True)
    assert AuditEntry.objects.filter(target_id=scored.account_id).exists()


@pytest.mark.parametrize("changed", [{"reason": " "}, {"health": "101"}, {"days": "900"}])
def test_an_override_without_reason_or_sense_is_refused(scored, seen_by, bob, changed):
    page = override(seen_by(bob), scored.account_id, **changed).content.decode()
    assert "The score was not overridden" in page
    assert not Override.objects.exists()


def test_an_override_can_be_ended_early(scored, seen_by, bob):
    client = seen_by(bob)
    override(client, scored.account_id)
    client.post(f"/accounts/end-override/{scored.account_id}")
    scored.refresh_from_db()
    assert scored.shown_health == scored.health
    listed = client.get(url(scored.account_id, "overrides")).content.decode()
    assert f"by {bob.email}" in listed
    assert Override.objects.get().ended_at <= timezone.now()


@pytest.mark.parametrize("role", ["support", "analyst"])
def test_who_may_not_judge_finds_no_form_and_no_way(scored, seen_by, colleague, role):
    client = seen_by(colleague(role))
    assert b"Override score" not in client.get(url(scored.account_id)).content
    assert b"<form" not in client.get(url(scored.account_id, "overrides")).content
    assert client.post(f"/accounts/override/{scored.account_id}").status_code == 403
    assert client.post(f"/accounts/end-override/{scored.account_id}").status_code == 403

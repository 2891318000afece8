"""Settings, Stripe: what is set up and what came; secrets are never shown."""

from __future__ import annotations

import json

import pytest
from connectors.stripe.stripe_things import START, event, subscription

from tenure.connectors.models import StripeTrouble
from tenure.connectors.stripe import ingest
from tenure.core.models import AuditEntry, Job

PAGE = "/settings/stripe/"


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("cs_lead", 403), ("csm", 403), ("support", 403), ("analyst", 403)],
)
def test_who_may_open_it(workspace, seen_by, colleague, role, status):
    client = seen_by(colleague(role))
    assert client.get(PAGE).status_code == status
    for what in ("fetch/", "look/", "again/evt_1/"):
        assert client.post(PAGE + what).status_code == (302 if status == 200 else 403)
        assert client.get(PAGE + what).status_code == 405


def test_it_says_how_to_begin_and_never_shows_a_secret(workspace, seen_by, alice, monkeypatch):
    page = seen_by(alice).get(PAGE).content.decode()
    assert "Not set up" in page
    assert "http://testserver/stripe/webhook" in page
    monkeypatch.setenv("TENURE_STRIPE_KEY", "rk_live_dont_show")
    monkeypatch.setenv("TENURE_STRIPE_WEBHOOK_SECRET", "whsec_dont_show")
    page = seen_by(alice).get(PAGE).content.decode()
    assert "Set up" in page
    assert "live" in page
    assert "dont_show" not in page


def test_history_is_fetched_by_a_worker_if_there_is_a_key(workspace, seen_by, alice, monkeypatch):
    client = seen_by(alice)
    assert "TENURE_STRIPE_KEY" in client.post(PAGE + "fetch/", follow=True).content.decode()
    assert not Job.objects.exists()
    monkeypatch.setenv("TENURE_STRIPE_KEY", "rk_test_x")
    client.post(PAGE + "fetch/")
    client.post(PAGE + "fetch/")
    assert Job.objects.get().kind == "stripe.backfill"
    assert AuditEntry.objects.filter(action="stripe.backfill").exists()
    assert "ready" in client.get(PAGE).content.decode()


def test_a_notice_in_trouble_is_read_again(workspace, seen_by, alice):
    whole = event("customer.subscription.updated", subscription(), START, "evt_1")
    broken = {**whole, "data": {}}
    ingest.take([(json.dumps(broken).encode(), START)], START)
    client = seen_by(alice)
    assert "evt_1" in client.get(PAGE).content.decode()
    again = PAGE + "again/evt_1/"
    assert "still cannot be read" in client.post(again, follow=True).content.decode()
    StripeTrouble.objects.update(body=json.dumps(whole).encode())
    assert "on their way" in client.post(again, follow=True).content.decode()
    assert "not in trouble" in client.post(again, follow=True).content.decode()
    assert "customer.subscription.updated" in client.get(PAGE).content.decode()

"""Health, validation, facts, policy, segments and settings in real Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from people import NOW
from web import reports

from tenure.channels import actions, unsubscribing
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message, Suppression
from tenure.core.models import Job
from tenure.facts import contracts, quarantine, sources, validate
from tenure.facts.models import Quarantined, SourceAlert
from tenure.learning.practice_audit import actions as practice
from tenure.learning.practice_audit.finding import Finding

# The two extremes: wide and light, narrow and dark.
LOOKS = [("light", False), ("dark", True)]
looks = pytest.mark.parametrize(("theme", "phone"), LOOKS, ids=["light", "phone-dark"])
READING = (
    "/policy/", "/policy/read/health/models/six_dimensions/", "/policy/read/signals/risk/",
    "/policy/read/signals/roles/", "/policy/read/stages/", "/policy/read/ingest/",
    "/policy/versions/churn/", "/policy/edit/churn/",
)  # fmt: skip
SETTINGS = (
    "/settings/team/",
    "/settings/keys/",
    "/settings/in-app/",
    "/settings/audit/",
    "/settings/workspace/",
)


@pytest.fixture
def troubled(workspace: Any, db: None) -> Quarantined:
    """A source with volume, an alert, and a fact in quarantine."""
    row = {"account_id": "acme", "event": "Shared", "timestamp": "soon", "message_id": "m"}
    checked = validate.check("events", [row], now=NOW, source="web", contracts=contracts.current())
    quarantine.keep(checked.refusals, table="events", source="web", now=NOW)
    sources.count({("web", "events", "Shared", NOW.date()): 9}, now=NOW, refused={"web": 1})
    SourceAlert.objects.create(source="web", kind="quiet", text="Half as usual", opened_at=NOW)
    return Quarantined.objects.get()


@looks
def test_health_and_validation(browse, customers, alice, theme, phone):
    reports.kept(NOW)
    reports.kept(NOW, skill=0, model="formula")
    window = browse(alice, theme, phone)
    for path in ("/health/", "/health/moves/", "/validation/", "/validation/compare/",
                 "/validation/?model=formula", "/validation/?model=signal_matrix"):  # fmt: skip
        window.open(path)
        window.check()


@looks
def test_practice(browse, customers, alice, theme, phone):
    found = [
        Finding("champion_left", "high", "A champion left", "open", "1 of 2 accounts.", "Find one.",
                "/accounts/", tuple(f"acc_{i:06d}" for i in range(12)), 12),
        Finding("vanity_score", "medium", "A score that looks good", "open", "9 of 10.", "Look.",
                "/validation/"),
        Finding("guilt_copy", "medium", "Guilt", "not_assessed", "No texts.", "Let go."),
        Finding("scaling_by_hand", "low", "By hand", "passed", "40 customers.", "Share."),
    ]  # fmt: skip
    practice.keep(found, NOW)
    practice.accept("vanity_score", "We are at it", 30, alice, now=timezone.now())
    window = browse(alice, theme, phone)
    page = window.open("/practice/")
    window.check()
    page.click("text=4 more")
    page.click("[data-dialog=accept-champion_left]")
    window.check()
    page.fill("#champion_left_reason", "We look for one")
    page.click("#accept-champion_left button[type=submit]")
    page.wait_for_selector("text=Nothing is open")
    window.check()


@looks
def test_policy(browse, workspace, alice, theme, phone):
    window = browse(alice, theme, phone)
    for path in READING:
        window.open(path)
        window.check()


@looks
def test_facts(browse, troubled, alice, theme, phone):
    window = browse(alice, theme, phone)
    paths = ("", "sources/web", "quarantine/", "quarantine/?code=not_timestamp", "contracts/",
             f"quarantine/{troubled.pk}/", "imports/", "imports/new/",
             "people/?person=ada")  # fmt: skip
    for path in paths:
        window.open(f"/facts/{path}")
        window.check()


@pytest.fixture
def sent(workspace: Any, db: None) -> Message:
    """A mail that was withheld, one in doubt, an address that bounced, somebody who said no."""
    content = {"subject": "Can we help?", "text": "Hello Ann,\n\nhow is it going?"}
    submit([Draft(k, "mail", "help", f"{k}@example.com", content, NOW, "play:help") for k in "ab"],
           now=NOW)  # fmt: skip
    Message.objects.filter(key="a").update(state="withheld", rule="cap", reason="cap reached")
    Message.objects.filter(key="b").update(state="doubt", error="the connection broke")
    Suppression.objects.create(channel="mail", address="x@example.com", reason="550", at=NOW)
    actions.refuse("ann", "mail", "news", "one-click", now=NOW)
    return Message.objects.get(key="b")


@looks
def test_messages(browse, sent, alice, theme, phone):
    window = browse(alice, theme, phone)
    for path in ("/messages/", "/messages/barred/", f"/messages/{sent.pk}/",
                 "/settings/endpoints/"):  # fmt: skip
        window.open(path)
        window.check()


@looks
def test_a_customer_chooses_what_to_hear_without_signing_in(browse, sent, theme, phone):
    window = browse(None, theme, phone)
    page = window.open(f"/m/{unsubscribing.token('ann', 'help')}/")
    window.check()
    page.uncheck("input[value='mail:help']")
    page.click("button:has-text('Save')")
    page.wait_for_selector(".note")
    assert not page.is_checked("input[value='mail:help']")
    assert page.is_checked("input[value='mail:survey']")
    window.check()


@looks
def test_settings_and_segments(browse, customers, alice, theme, phone):
    window = browse(alice, theme, phone)
    for path in (
        *SETTINGS,
        "/settings/stripe/",
        "/revenue/board/",
        "/segments/",
        "/segments/new/",
        "/segments/enterprise/",
    ):
        window.open(path)
        window.check()


def test_empty_rooms_teach(browse, workspace, alice):
    window = browse(alice)
    for path in ("/health/", "/validation/", "/practice/", "/facts/", "/facts/quarantine/",
                 "/facts/imports/", "/portfolio/"):  # fmt: skip
        page = window.open(path)
        assert page.locator(".empty").count() >= 1
        window.check()


def test_an_error_in_policy_is_marked_at_its_line_and_nothing_is_lost(browse, workspace, alice):
    window = browse(alice)
    page = window.open("/policy/edit/churn/")
    text = page.input_value("#body")
    page.fill("#body", f"# my words\nbroken =\n{text}")
    page.click("button[value=save]")
    page.wait_for_selector("[role=alert]")
    assert page.input_value("#body").startswith("# my words\nbroken =\n")
    assert page.locator(".gutter .wrong").inner_text() == "2"
    window.check()


def test_the_effect_of_a_model_before_it_is_saved(browse, customers, alice):
    window = browse(alice)
    page = window.open("/policy/edit/health/models/six_dimensions/")
    body = page.input_value("#body").replace("min = 80", "min = 95").replace("max = 79", "max = 94")
    page.fill("#body", body)
    page.click("button[value=preview]")
    page.wait_for_selector("#effect")
    assert "would stand in another band" in page.inner_text("#effect")
    window.check()


def test_a_segment_is_counted_while_it_is_made(browse, customers, alice):
    window = browse(alice)
    page = window.open("/segments/new/")
    page.fill("#title", "Unwell")
    page.select_option(".rule-row select[name=field]", "band")
    assert page.input_value(".rule-row select[name=op]") == "="
    page.fill(".rule-row input[name=value]", "critical")
    page.press(".rule-row input[name=value]", "Tab")
    page.wait_for_selector("#segment-count .big")
    page.click("[data-add-row]")
    assert page.locator(".rule-row:visible").count() == 2
    page.click(".rule-row:nth-child(2) [data-remove-row]")
    window.check()
    page.click("text=Save segment")
    page.wait_for_url("**/segments/unwell/")


def test_a_refused_fact_is_repaired(browse, troubled, alice):
    window = browse(alice)
    page = window.open(f"/facts/quarantine/{troubled.pk}/")
    payload = json.loads(page.input_value("#payload"))
    page.fill("#payload", "{")
    page.click("text=Check and send again")
    page.wait_for_selector("[role=alert]")
    window.check()
    page.fill("#payload", json.dumps({**payload, "timestamp": "2024-05-01T10:00:00Z"}))
    page.click("text=Check and send again")
    page.wait_for_selector(".toast-note.role-good")


def test_a_file_is_mapped_with_a_live_preview(browse, workspace, alice, tmp_path):
    file: Path = tmp_path / "events.csv"
    file.write_text("account,event,when\na,Signed In,2026-01-05T10:00:00Z\nb,Signed In,soon\n")
    window = browse(alice)
    page = window.open("/facts/imports/new/")
    page.set_input_files("#id_file", file)
    page.click("main button[type=submit]")
    page.select_option("[name='column:timestamp']", "when")
    page.wait_for_selector("#preview >> text=1 would be refused")
    window.check()
    page.click("main button:has-text('Import')")
    page.wait_for_selector("text=Waits for a worker")
    window.check()
    assert Job.objects.get().payload["mapping"]["timestamp"] == "when"


def test_a_new_key_is_shown_with_its_snippets(browse, workspace, alice):
    window = browse(alice)
    page = window.open("/settings/keys/")
    page.fill("#id_name", "site")
    page.click("main >> text=Make key")
    key = page.wait_for_selector("#new-key").inner_text().strip()
    assert key in page.inner_text("#curl")
    page.click("summary:has-text('Segment, Node')")
    window.check()


def test_charts_are_drawn_again_in_the_other_theme(browse, customers, alice):
    reports.kept(NOW)
    window = browse(alice)
    page = window.open("/validation/")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.bsTheme === 'dark'")
    drawn = page.evaluate("Object.values(Chart.instances).length")
    assert drawn == page.locator("canvas[data-chart]").count() >= 1
    window.check()

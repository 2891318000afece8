"""Facts: sources and their alerts, contracts, quarantine, people."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from people import NOW

from tenure.core.models import AuditEntry, Job
from tenure.facts import contracts, lake, quarantine, sources, validate
from tenure.facts.models import Erasure, IdentityLink, IdentitySplit, Quarantined, SourceAlert
from tenure.facts.pages import bulk

EVENT = {"account_id": "acme", "event": "Shared", "timestamp": "2024-05-01T10:00:00Z"}


@pytest.fixture(autouse=True)
def _own(workspace: Any, db: None) -> None:
    """Every test has a workspace of its own."""


def refuse(number: int = 1, **fields: Any) -> list[Quarantined]:
    rows = [{**EVENT, "message_id": f"m{i}", "timestamp": "soon", **fields} for i in range(number)]
    checked = validate.check(
        "events", rows, now=NOW, source="segment:web", contracts=contracts.current()
    )
    quarantine.keep(checked.refusals, table="events", source="segment:web", now=NOW)
    return list(Quarantined.objects.order_by("pk"))


def landed() -> int:
    return lake.current().rows("events")


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
def test_who_may_see_and_do_what(seen_by, colleague, role):
    client = seen_by(colleague(role))
    for path in ("", "contracts/", "quarantine/", "imports/"):
        assert client.get(f"/facts/{path}").status_code == 200
    imports = role in ("admin", "cs_lead", "csm")
    repairs = role in ("admin", "cs_lead", "support")
    people = role in ("admin", "cs_lead")
    row = refuse()[0]
    assert client.get("/facts/imports/new/").status_code == (200 if imports else 403)
    assert client.get("/facts/people/").status_code == (200 if people else 403)
    assert client.post(f"/facts/quarantine/{row.pk}/", {"payload": "{"}).status_code == (
        422 if repairs else 403
    )
    assert client.post("/facts/quarantine/all/", {"action": "dismiss"}).status_code == (
        302 if repairs else 403
    )
    assert client.post("/facts/people/erase/").status_code == (422 if role == "admin" else 403)


def test_without_facts_it_teaches_how_to_begin(seen_by, alice):
    text = seen_by(alice).get("/facts/").content.decode()
    assert "No facts yet" in text
    assert "Make a write key" in text


def test_a_source_shows_its_volume_and_what_it_brings(seen_by, bob):
    today = timezone.now().date()
    rows = {
        ("segment:web", "events", "Shared", today - timedelta(days=n)): 10 + n for n in range(5)
    }
    sources.count(rows, now=timezone.now())
    client = seen_by(bob)
    text = client.get("/facts/").content.decode()
    assert 'class="spark role-accent"' in text
    assert "60</td>" in text
    assert "Shared" in client.get("/facts/sources/segment:web").content.decode()
    assert client.get("/facts/sources/none").status_code == 404


def test_an_alert_is_looked_after_and_on_the_record(seen_by, alice, bob):
    alert = SourceAlert.objects.create(
        source="segment:web", subject="", kind="stale", text="Silent for 3 days", opened_at=NOW
    )
    assert seen_by(bob).post(f"/facts/alerts/{alert.pk}/seen/").status_code == 403
    client = seen_by(alice)
    assert "Silent for 3 days" in client.get("/facts/").content.decode()
    client.post(f"/facts/alerts/{alert.pk}/seen/")
    assert f"seen by {alice.email}" in client.get("/facts/").content.decode()
    assert AuditEntry.objects.get().action == "alert.seen"


def test_quarantine_sorts_by_what_is_wrong(seen_by, alice):
    refuse(3)
    refuse(1, timestamp="2024-05-01", event="")
    text = seen_by(alice).get("/facts/quarantine/").content.decode()
    assert "which is no time that can be read" in text
    assert "Event is empty" in text
    text = seen_by(alice).get("/facts/quarantine/?code=not_timestamp").content.decode()
    assert "<strong>3</strong> facts match" in text


def test_a_repaired_fact_lands_once(seen_by, alice):
    row = refuse()[0]
    client = seen_by(alice)
    fixed = json.dumps({**EVENT, "message_id": "m0"})
    assert client.post(f"/facts/quarantine/{row.pk}/", {"payload": fixed}).status_code == 302
    assert landed() == 1
    row.refresh_from_db()
    assert row.state == "replayed"
    assert "Repair it" not in client.get(f"/facts/quarantine/{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ('{"event": ', "JSON"),
        ("[]", "is no object"),
        (json.dumps({**EVENT, "timestamp": "later"}), "Still refused"),
    ],
)
def test_what_is_still_wrong_stands_beside_what_was_typed(seen_by, alice, payload, problem):
    row = refuse()[0]
    answer = seen_by(alice).post(f"/facts/quarantine/{row.pk}/", {"payload": payload})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert problem in text
    assert payload.replace('"', "&quot;") in text
    assert landed() == 0
    assert Quarantined.objects.get(pk=row.pk).state == "open"


def test_dismissing_needs_a_reason(seen_by, alice):
    row = refuse()[0]
    client = seen_by(alice)
    client.post(f"/facts/quarantine/{row.pk}/dismiss/", {"reason": " "})
    assert Quarantined.objects.get().state == "open"
    client.post(f"/facts/quarantine/{row.pk}/dismiss/", {"reason": "test traffic"})
    assert Quarantined.objects.get().state == "dismissed"
    assert AuditEntry.objects.get(action="quarantine.dismiss").why == "test traffic"


def test_all_of_a_kind_at_once(seen_by, alice):
    refuse(3)
    Quarantined.objects.filter(message_id="m0").update(payload=json.dumps({**EVENT}))
    client = seen_by(alice)
    url = "/facts/quarantine/all/?code=not_timestamp"
    text = client.post(url, {"action": "replay"}, follow=True).content.decode()
    assert "1 landed" in text
    assert "2 are still refused" in text
    client.post(url, {"action": "dismiss", "reason": "gone"})
    assert quarantine.counts() == {"replayed": 1, "dismissed": 2}


def test_very_many_are_sent_again_by_a_worker(seen_by, alice, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    refuse(2)
    Quarantined.objects.update(payload=json.dumps(EVENT))
    seen_by(alice).post("/facts/quarantine/all/?code=not_timestamp", {"action": "replay"})
    job = Job.objects.get()
    assert job.kind == bulk.KIND
    from tenure.core import jobs

    running = jobs.claim("test", timezone.now)
    assert running is not None
    assert jobs.run(running)
    assert landed() >= 1


def test_contracts_read_as_promises_and_name_what_is_broken(seen_by, alice):
    text = seen_by(alice).get("/facts/contracts/").content.decode()
    assert "No contract is broken" in text
    assert "is one of trialing, active, past_due, paused, cancelled" in text


def test_a_person_is_exported_and_erased_on_the_record(seen_by, alice):
    from health.companies import add

    add(1, events=[{**EVENT, "timestamp": NOW, "message_id": "m1", "person_id": "ada"}])
    client = seen_by(alice)
    answer = client.post("/facts/people/export/", {"person": "ada"})
    assert answer["Content-Disposition"].startswith("attachment")
    assert json.loads(answer.content)["facts"]["events"][0]["event"] == "Shared"
    wrong = client.post("/facts/people/erase/", {"person": "ada", "typed": "Ada"})
    assert wrong.status_code == 422
    assert "nothing was erased" in wrong.content.decode()
    assert not Erasure.objects.filter(kind="erase").exists()
    client.post("/facts/people/erase/", {"person": "ada", "typed": "ada"})
    text = client.get("/facts/people/").content.decode()
    assert "Erased" in text
    assert "ada" not in text.replace("data", "")


def test_a_wrong_merge_is_split_on_the_page_and_may_be_taken_back(seen_by, alice):
    IdentityLink.objects.create(alias="bob", person_id="ada", linked_at=NOW)
    client = seen_by(alice)
    text = client.get("/facts/people/", {"person": "bob"}).content.decode()
    assert "Counts as" in text
    client.post("/facts/people/split/", {"alias": "bob", "person": "bob"})
    assert not IdentityLink.objects.filter(alias="bob").exists()
    text = client.get("/facts/people/", {"person": "ada"}).content.decode()
    assert "bob is no longer ada" in text
    assert "Split from <code>ada</code>" in text
    again = client.post("/facts/people/split/", {"alias": "bob", "person": "bob"})
    assert again.status_code == 422
    assert "joined to nobody" in again.content.decode()
    client.post("/facts/people/allow/", {"alias": "bob", "person": "ada"})
    assert not IdentitySplit.objects.exists()
    assert client.post("/facts/people/allow/", {"alias": "a\0", "person": "b"}).status_code == 422

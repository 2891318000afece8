"""What state has missed is found, counted and healed; what it has not missed is left alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds

from tenure.accounts.models import Account, Membership, Person
from tenure.channels.models import Message
from tenure.connectors.posted import accepting
from tenure.core import jobs, policy
from tenure.core.doctor import Level
from tenure.core.models import Job
from tenure.core.operations import packaged
from tenure.facts import doctor, healing
from tenure.facts.healing import SweepScope
from tenure.facts.inbox import OwnFact, RawRequest, record_own, store
from tenure.facts.periodic_tasks import flush_now
from tenure.plays import entering, switching
from tenure.plays.models import Enrolment
from tenure.programs.dunning import settings as dunning
from tenure.programs.dunning.models import RECOVERED, Case
from tenure.work.tasks.models import Task

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PLAY = """
title = "Exports"
about = "A play for tests."
purpose = "help"
to = ["admin"]
[trigger]
kind = "event"
event = "Export Started"
[goal]
title = "Well"
rule = { field = "health", op = ">=", value = 60 }
days = 30
[[steps]]
id = "pause"
kind = "wait"
days = 3
[[steps]]
id = "look"
kind = "task"
title = "Look at it"
due_hours = 24
"""


def posts(table: str, *rows: dict[str, Any], now: datetime = NOW) -> None:
    assert not accepting.take(table, list(rows), source="shop", backfill=False, now=now)


@pytest.fixture
@worlds.once
def _told(workspace: Any, db: None) -> None:
    """An account that pays, one that only has people, a declined and a settled invoice, an event
    that begins a play, a promise of the cancel flow."""
    text = dunning.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)
    policy.save(dunning.DOCUMENT, text, "alice", "", NOW)
    policy.save("plays/exports", PLAY, "alice", "", NOW)
    switching.switch_on("exports", "alice", now=NOW)
    posts("accounts", {"account_id": "acme", "name": "Acme", "tier": "gold"})
    sub = {"subscription_id": "s", "account_id": "acme", "started_at": "2025-06-01"}
    posts("subscriptions", {**sub, "mrr_minor": 4900, "currency": "EUR", "quantity": 3})
    ann = {"person_id": "ann", "email": "ann@acme.example", "role": "admin"}
    posts("people", {**ann, "account_id": "acme"}, {**ann, "account_id": "beta", "role": ""})
    bill = {"account_id": "acme", "amount_minor": 4900, "currency": "EUR"}
    issued = {"issued_at": (NOW - timedelta(hours=2)).isoformat(), **bill}
    tried = {"attempted_at": NOW.isoformat(), **bill}
    posts("invoices", {"invoice_id": "i1", **issued}, {"invoice_id": "i2", **issued})
    posts("payments",
          {"payment_id": "p1", "invoice_id": "i1", "status": "failed", **tried},
          {"payment_id": "p2", "invoice_id": "i2", "status": "failed", **tried})  # fmt: skip
    flush_now(NOW)
    posts("payments", {"payment_id": "p3", "invoice_id": "i2", "status": "succeeded", **tried})
    did = {"type": "track", "event": "Export Started", "userId": "ann", "messageId": "m1",
           "context": {"groupId": "acme"}, "timestamp": NOW.isoformat()}  # fmt: skip
    store([RawRequest(NOW, "segment:web", "segment:batch", json.dumps({"batch": [did]}).encode())])
    promise = {"visit": 7, "offer": "call", "hours": 4}
    record_own([OwnFact("cancel_help_wanted", "acme", NOW, "ann", promise)], now=NOW)
    flush_now(NOW)


@pytest.fixture
def told(_told: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "held_out", lambda *_: set())


def snapshot() -> list[Any]:
    skip = {"next_at", "due_at", "entered_at"}
    own = {Task: {"id", "created_at", "updated_at"}, Membership: {"id"}, Case: {"id"}}
    models = (Account, Person, Membership, Case, Task, Enrolment)
    return [
        sorted(
            [
                {k: v for k, v in row.items() if k not in skip | own.get(m, set())}
                for row in m.objects.values()
            ],
            key=str,
        )
        for m in models
    ]


def found(*, heal: bool = True, since: datetime | None = None) -> dict[str, int]:
    return {k: v for k, v in healing.sweep(SweepScope(LATER, since, heal)).items() if v}


def test_where_nothing_was_missed_nothing_is_found_or_changed(told: None) -> None:
    before = snapshot()
    assert Account.objects.count() == 2
    assert set(Case.objects.values_list("state", flat=True)) == {"open", RECOVERED}
    assert Task.objects.count() == Enrolment.objects.count() == 1
    assert found() == {}
    assert found(since=NOW - timedelta(hours=1)) == {}
    assert snapshot() == before


WRECKS = {
    "an account": (lambda: Account.objects.filter(pk="acme").update(mrr_minor=0), "accounts"),
    "traits": (lambda: Account.objects.filter(pk="acme").update(traits={}), "accounts"),
    "a status": (lambda: Account.objects.filter(pk="acme").update(status="churned"), "accounts"),
    "a prospect": (lambda: Account.objects.filter(pk="beta").update(status="active"), "accounts"),
    "a person": (lambda: Person.objects.filter(pk="ann").update(email=""), "accounts"),
    "a part": (lambda: Membership.objects.filter(account_id="beta").delete(), "accounts"),
    "a role": (lambda: Membership.objects.update(role="contact"), "accounts"),
    "who was seen": (lambda: Person.objects.update(last_seen_at=None), "accounts"),
    "a case": (lambda: Case.objects.filter(invoice_id="i1").delete(), "dunning"),
    "a payment": (
        lambda: Case.objects.filter(invoice_id="i2").update(state="open", closed_at=None),
        "dunning",
    ),
    "a try": (lambda: Case.objects.filter(invoice_id="i1").update(tries=0), "dunning"),
    "who is written to": (
        lambda: Case.objects.filter(invoice_id="i1").update(
            next_what="grace", next_at=NOW + timedelta(days=14)
        ),
        "dunning",
    ),
    "a promise": (lambda: Task.objects.filter(source="cancel").delete(), "tasks"),
    "an event": (lambda: Enrolment.objects.all().delete(), "plays"),
}


@pytest.mark.parametrize("what", WRECKS)
def test_what_was_missed_is_counted_and_healed_once(told: None, what: str) -> None:
    wreck, slice_name = WRECKS[what]
    Message.objects.all().delete()
    before = snapshot()
    wreck()
    assert snapshot() != before or what == "who is written to"
    assert set(found(heal=False)) == {slice_name}
    assert set(found()) == {slice_name}
    after = snapshot()
    if what != "an event":  # entered at another moment
        assert after == before
    assert [len(rows) for rows in after] == [len(rows) for rows in before]
    assert found() == {}


def test_everything_lost_is_made_anew(told: None) -> None:
    before = [len(rows) for rows in snapshot()]
    for model in (Membership, Person, Account, Case, Task, Enrolment):
        model.objects.all().delete()
    assert found(since=NOW - timedelta(hours=1))
    after = [len(rows) for rows in snapshot()]
    assert after == [*before[:3], 1, *before[4:]]  # no case is opened for what is paid
    assert found() == {}


def test_the_doctor_counts_what_was_missed(told: None) -> None:
    (fine,) = doctor.state(packaged().doctor, LATER)
    assert fine.level == Level.OK
    Case.objects.filter(invoice_id="i1").delete()
    Person.objects.all().delete()
    (wrong,) = doctor.state(packaged().doctor, LATER)
    assert wrong.level == Level.WARN
    assert "dunning 1" in wrong.text
    assert "accounts" in wrong.text


def test_a_worker_compares_at_its_start_and_then_no_more(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(healing, "_started", set())
    healing.at_start(NOW)
    healing.at_start(LATER)
    (first,) = Job.objects.filter(kind=healing.KIND)
    assert (first.key, first.payload) == ("", {})
    jobs.run_all("me", lambda: NOW)
    first.refresh_from_db()
    assert first.state == "done"


def test_the_next_worker_looks_only_at_what_came_since(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.enqueue(healing.KIND, now=NOW)
    jobs.run_all("me", lambda: NOW)
    monkeypatch.setattr(healing, "_started", set())
    healing.at_start(NOW + timedelta(minutes=5))
    assert Job.objects.filter(kind=healing.KIND).count() == 1
    monkeypatch.setattr(healing, "_started", set())
    healing.at_start(NOW + timedelta(days=2))
    newest = Job.objects.filter(kind=healing.KIND).latest("pk")
    assert newest.payload == {"since": (NOW - timedelta(days=1)).isoformat()}

"""Logging touches, asking for owed ones, and giving accounts an owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from health.companies import add
from people import NOW

from tenure.accounts.models import Account, Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.connectors.posted import ingest
from tenure.core.models import AuditEntry
from tenure.facts.models import InboxRow
from tenure.work.portfolio import actions, context, queries
from tenure.work.portfolio.actions import TouchDraft
from tenure.work.tasks.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
LONG_AGO = NOW - timedelta(days=500)


@pytest.fixture
def firm(bob: Any, colleague: Callable[[str], Any]) -> dict[str, Account]:
    """Bob has Acme (enterprise) and Bolt (mid-market); Coil has nobody; Dust is self-serve."""
    colleague("cs_lead")
    rows = {"acme": ("enterprise", bob), "bolt": ("mid_market", bob), "coil": ("mid_market", None),
            "dust": ("self_serve", None)}  # fmt: skip
    made = {}
    for name, (tier, owner) in rows.items():
        made[name] = Account.objects.create(
            id=name, name=name.title(), owner=owner, status="active", mrr_minor=10_000,
            currency="USD", created_at=LONG_AGO,
        )  # fmt: skip
        segment, _ = Segment.objects.get_or_create(name=tier, title=tier, packaged=True)
        SegmentMember.objects.create(segment=segment, account=made[name])
    return made


def contact(account: str, days: float, kind: str = "call", **more: Any) -> dict[str, Any]:
    return {"interaction_id": f"{account}{days}{kind}", "account_id": account, "kind": kind,
            "happened_at": NOW - timedelta(days=days), **more}  # fmt: skip


def owed() -> set[tuple[str, str]]:
    return {(s.customer.id, due.touch) for s, due in queries.view(NOW).late}


def test_what_is_owed_is_read_from_the_lake(firm):
    everything = {("acme", "quarterly_review"), ("acme", "check_in"), ("acme", "sponsor"),
                  ("bolt", "check_in"), ("coil", "check_in")}  # fmt: skip
    assert owed() == everything
    add(1, interactions=[contact("acme", 5, "QBR"), contact("bolt", 31), contact("coil", 2)])
    assert owed() == {("acme", "sponsor"), ("bolt", "check_in")}


def test_a_contact_counts_once_it_has_landed_whatever_any_clock_says(firm):
    assert ("bolt", "check_in") in owed()
    add(1, interactions=[contact("bolt", 5, received_at=NOW + timedelta(days=1))])
    assert ("bolt", "check_in") not in owed()


def test_a_touch_logged_by_hand_is_a_fact_and_keeps_the_promise(firm, bob):
    draft = TouchDraft("call", NOW - timedelta(hours=2), "answered", 20, "Went well")
    actions.log_touch(firm["bolt"], draft, bob, now=NOW - timedelta(hours=1))
    assert ("bolt", "check_in") in owed()  # waits in the inbox
    ingest.land(NOW)
    assert ("bolt", "check_in") not in owed()
    (kept,) = context.contacts(NOW, "bolt")
    assert (kept.kind, kept.by, kept.minutes) == ("call", bob.email, 20)
    assert AuditEntry.objects.get().action == "touch.logged"


@pytest.mark.parametrize(
    ("draft", "key"),
    [
        (TouchDraft("call", NOW + timedelta(minutes=1)), "at"),
        (TouchDraft(" ", NOW), "kind"),
        (TouchDraft("call", NOW, minutes=0), "minutes"),
        (TouchDraft("call", NOW, minutes=1441), "minutes"),
    ],
)
def test_a_touch_that_cannot_be_is_refused(firm, bob, draft, key):
    with pytest.raises(SpecError) as refused:
        actions.log_touch(firm["bolt"], draft, bob, now=NOW)
    assert refused.value.key == key
    assert not InboxRow.objects.exists()


def test_tasks_go_to_whoever_owes_the_touch_once(firm, bob):
    assert actions.open_owed(bob, now=NOW) == 5
    who = {(t.account_id, t.title.split(" with ")[0]): t.owner and t.owner.email
           for t in Task.objects.all()}  # fmt: skip
    assert who == {
        ("acme", "Quarterly business review"): "bob@example.com",
        ("acme", "Check-in"): "bob@example.com",
        ("acme", "Executive sponsor contact"): "cs_lead@example.com",
        ("bolt", "Check-in"): "bob@example.com",
        ("coil", "Check-in"): None,
    }
    assert actions.open_owed(bob, now=NOW) == 0
    assert AuditEntry.objects.count() == 1


def test_only_the_chosen_touches_become_tasks(firm, bob):
    chosen = {("acme", "sponsor"), ("dust", "check_in"), ("bolt", "no_such_touch")}
    assert actions.open_owed(bob, now=NOW, only=chosen) == 1
    assert "there was none yet" in Task.objects.get().reason


def test_the_preview_is_applied_as_it_was_seen(firm, bob):
    digest = queries.view(NOW).plan.digest
    actions.assign(digest, bob, now=NOW)
    assert Account.objects.get(pk="coil").owner == bob
    assert Account.objects.get(pk="dust").owner is None  # its tier needs nobody
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.target_id) == ("account.owner", "coil")
    assert b"tenure.owner assigned" in bytes(InboxRow.objects.get().body)


def test_a_plan_that_has_changed_is_not_applied(firm, bob):
    digest = queries.view(NOW).plan.digest
    Account.objects.filter(pk="bolt").update(owner=None)
    with pytest.raises(SpecError, match="look at the preview again"):
        actions.assign(digest, bob, now=NOW)
    assert Account.objects.get(pk="coil").owner is None


def test_an_owner_known_by_address_only_is_an_owner(firm):
    Account.objects.filter(pk="coil").update(owner_email="old@example.com")
    found = queries.view(NOW)
    assert found.waiting == []
    assert "old@example.com" in {load.mail for load in found.loads}


def test_one_account(firm):
    assert {d.touch for d in queries.one(firm["acme"], NOW).late} == {
        "quarterly_review", "check_in", "sponsor",
    }  # fmt: skip
    assert queries.one(firm["dust"], NOW) is None

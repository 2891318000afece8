"""What was carried out can be taken back, on record; and pauses end on their day."""

from __future__ import annotations

from typing import Any

import pytest
from programs.cancel.cancelling import MONDAY, Company, days, make, own_events

from tenure.analytics.errors import SpecError
from tenure.core.models import AuditEntry
from tenure.facts.duties import flush_now
from tenure.facts.queries import properties, rows_of
from tenure.programs.cancel import carrying, ledger, queries, visits
from tenure.programs.cancel.course import Cancel, No, Told, Yes
from tenure.programs.cancel.models import Act

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    return make(monkeypatch)


def row(company: Company) -> dict[str, Any]:
    return rows_of("subscriptions", "acme", company.now + days(1))[0]


def take_back(company: Company, act: Act, why: str = "asked by phone") -> Act:
    company.now += days(0.01)
    undo = carrying.take_back(act.pk, why, "alice", now=company.now)
    carrying.run(undo.pk, company.now)
    flush_now(company.now + days(0.001))
    company.now += days(0.001)
    undo.refresh_from_db()
    act.refresh_from_db()
    return undo


@pytest.mark.parametrize(
    ("answers", "before", "after"),
    [
        ([Told("temporary"), Yes("pause")], ("paused", "pro", None), ("active", "pro", None)),
        ([Told("too_expensive"), No(), Yes("downgrade")], ("active", "basic", None),
         ("active", "pro", None)),
        ([Told("too_expensive"), Yes("discount")], ("active", "pro", 25), ("active", "pro", None)),
        ([Told(""), Cancel()], ("cancelled", "pro", None), ("active", "pro", None)),
    ],
)  # fmt: skip
def test_what_was_done_is_undone_in_billing(
    company: Company, answers: Any, before: Any, after: Any
) -> None:
    company.says(company.comes(), *answers)

    def told() -> tuple[str, str, Any]:
        r = row(company)
        coupon = properties(r).get("coupon") or {}
        return r["status"], r["plan_id"], coupon.get("percent")

    assert told() == before
    act = Act.objects.exclude(what="resume").get()
    undo = take_back(company, act)
    assert (undo.state, act.state) == ("done", "undone")
    assert told() == after
    assert ledger.subscriptions(["acme"], company.now + days(1))[0].runs()
    entry = AuditEntry.objects.get(action="cancel.taken_back")
    assert (entry.actor, entry.why) == ("alice", "asked by phone")
    assert "taken_back" in own_events()
    with pytest.raises(SpecError, match="cannot be taken back"):
        carrying.take_back(act.pk, "again", "alice", now=company.now)
    assert not Act.objects.filter(state="waiting").exists()


def test_after_a_cancellation_was_taken_back_they_may_come_again(company: Company) -> None:
    first = company.says(company.comes(), Told(""), Cancel())
    take_back(company, first.acts.get())
    again = company.comes()
    assert again.outcome == ""
    assert company.says(again, Told(""), Cancel()).outcome == "cancelled"
    assert row(company)["status"] == "cancelled"


def test_once_the_last_day_has_come_nothing_is_taken_back(company: Company) -> None:
    visit = company.says(company.comes(), Told(""), Cancel())
    company.now = MONDAY + days(21)
    undo = take_back(company, visit.acts.get())
    assert undo.state == "refused"
    assert "subscribes anew" in undo.detail


def test_what_still_waits_is_dropped_and_a_reason_is_asked_for(company: Company) -> None:
    company.till.away = True
    visit = company.says(company.comes(), Told("too_expensive"), Yes("discount"))
    act = visit.acts.get()
    with pytest.raises(SpecError, match="reason"):
        carrying.take_back(act.pk, " ", "alice", now=company.now)
    carrying.take_back(act.pk, "a mistake", "alice", now=company.now)
    company.till.away = False
    company.until(1)
    act.refresh_from_db()
    assert (act.state, act.detail) == ("dropped", "a mistake")
    assert company.till.done == {}


def test_a_pause_ends_on_its_day_and_stands_in_nobodys_way(company: Company) -> None:
    visit = company.says(company.comes(), Told("temporary"))
    company.says(visit, Yes("pause"), months=1)
    assert queries.waiting() == []
    assert row(company)["status"] == "paused"
    company.now = MONDAY + days(30.5)
    carrying.carry_out(company.now)
    assert Act.objects.get(what="resume").state == "waiting"
    company.now = MONDAY + days(31.1)
    assert carrying.carry_out(company.now) == 1
    flush_now(company.now + days(0.01))
    company.now += days(0.02)
    assert row(company)["status"] == "active"
    company.now += days(10)
    told = queries.figures(queries.Ask(), company.now)
    assert (told.pauses_over, told.pauses_back) == (1, 1)


def test_who_cancels_during_a_pause_is_not_resumed(company: Company) -> None:
    paused = company.says(company.comes(), Told("temporary"), Yes("pause"))
    after_all = visits.again(paused, company.now)
    assert company.says(after_all, Cancel()).outcome == "cancelled"
    assert Act.objects.get(what="resume").state == "dropped"
    assert Act.objects.get(what="cancel").state == "done"
    company.now = MONDAY + days(100)
    carrying.carry_out(company.now)
    flush_now(company.now)
    assert not ledger.subscriptions(["acme"], company.now + days(1))[0].runs()

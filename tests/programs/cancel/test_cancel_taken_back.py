"""What was carried out can be taken back, on record; and pauses end on their day."""

from __future__ import annotations

from typing import Any

import pytest
from programs.cancel.cancelling import MONDAY, Company, days, make, own_events

from tenure.analytics.errors import SpecError
from tenure.connectors.billing import outbox
from tenure.connectors.billing.models import Act
from tenure.core.models import AuditEntry
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.queries import properties, rows_of
from tenure.programs.cancel import fulfilment, ledger, queries, visits
from tenure.programs.cancel.workflow import Cancel, No, ReasonGiven, Yes

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    return make(monkeypatch)


def row(company: Company) -> dict[str, Any]:
    return rows_of("subscriptions", "acme", company.now + days(1))[0]


def take_back(company: Company, act: Act, why: str = "asked by phone") -> Act:
    company.now += days(0.01)
    undo = fulfilment.take_back(act.pk, why, "alice", now=company.now)
    flush_now(company.now + days(0.001))
    company.now += days(0.001)
    act.refresh_from_db()
    return Act.objects.get(pk=undo.id)


@pytest.mark.parametrize(
    ("answers", "before", "after"),
    [
        (
            [ReasonGiven("temporary"), Yes("pause")],
            ("paused", "pro", None),
            ("active", "pro", None),
        ),
        (
            [ReasonGiven("too_expensive"), No(), Yes("downgrade")],
            ("active", "basic", None),
            ("active", "pro", None),
        ),
        (
            [ReasonGiven("too_expensive"), Yes("discount")],
            ("active", "pro", 25),
            ("active", "pro", None),
        ),
        ([ReasonGiven(""), Cancel()], ("cancelled", "pro", None), ("active", "pro", None)),
    ],
)
def test_what_was_done_is_undone_in_billing(
    company: Company, answers: Any, before: Any, after: Any
) -> None:
    company.says(company.comes(), *answers)

    def told() -> tuple[str, str, Any]:
        r = row(company)
        coupon = properties(r).get("coupon") or {}
        return r["status"], r["plan_id"], coupon.get("percent")

    assert told() == before
    act = Act.objects.get(planned=False)
    undo = take_back(company, act)
    assert (undo.state, act.state) == ("done", "undone")
    assert told() == after
    assert ledger.subscriptions(["acme"], company.now + days(1))[0].runs()
    entry = AuditEntry.objects.get(action="cancel.taken_back")
    assert (entry.actor, entry.why) == ("alice", "asked by phone")
    assert "taken_back" in own_events()
    with pytest.raises(SpecError, match="cannot be taken back"):
        fulfilment.take_back(act.pk, "again", "alice", now=company.now)
    assert not Act.objects.filter(state="waiting").exists()


def test_after_a_cancellation_was_taken_back_they_may_come_again(company: Company) -> None:
    first = company.says(company.comes(), ReasonGiven(""), Cancel())
    take_back(company, Act.objects.get(subject=first.pk))
    again = company.comes()
    assert again.outcome == ""
    assert company.says(again, ReasonGiven(""), Cancel()).outcome == "cancelled"
    assert row(company)["status"] == "cancelled"


def test_once_the_last_day_has_come_nothing_is_taken_back(company: Company) -> None:
    visit = company.says(company.comes(), ReasonGiven(""), Cancel())
    company.now = MONDAY + days(21)
    undo = take_back(company, Act.objects.get(subject=visit.pk))
    assert undo.state == "refused"
    assert "subscribes anew" in undo.detail


def test_what_still_waits_is_dropped_and_a_reason_is_asked_for(company: Company) -> None:
    company.till.away = True
    visit = company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    act = Act.objects.get(subject=visit.pk, planned=False)
    with pytest.raises(SpecError, match="reason"):
        fulfilment.take_back(act.pk, " ", "alice", now=company.now)
    fulfilment.take_back(act.pk, "a mistake", "alice", now=company.now)
    company.till.away = False
    company.until(1)
    act.refresh_from_db()
    assert (act.state, act.detail) == ("dropped", "a mistake")
    assert company.till.done == {}


def test_a_pause_ends_on_its_day_and_stands_in_nobodys_way(company: Company) -> None:
    visit = company.says(company.comes(), ReasonGiven("temporary"))
    company.says(visit, Yes("pause"), months=1)
    assert queries.waiting() == []
    assert row(company)["status"] == "paused"
    company.now = MONDAY + days(30.5)
    outbox.carry_out(lambda: company.now)
    assert Act.objects.get(what="resume").state == "waiting"
    company.now = MONDAY + days(31.1)
    assert outbox.carry_out(lambda: company.now) == 1
    flush_now(company.now + days(0.01))
    company.now += days(0.02)
    assert row(company)["status"] == "active"
    company.now += days(10)
    told = queries.figures(queries.VisitFilter(), company.now)
    assert (told.pauses_over, told.pauses_back) == (1, 1)


def test_who_cancels_during_a_pause_is_not_resumed(company: Company) -> None:
    paused = company.says(company.comes(), ReasonGiven("temporary"), Yes("pause"))
    after_all = visits.again(paused, company.now)
    assert company.says(after_all, Cancel()).outcome == "cancelled"
    assert Act.objects.get(what="resume").state == "dropped"
    assert Act.objects.get(what="cancel").state == "done"
    company.now = MONDAY + days(100)
    outbox.carry_out(lambda: company.now)
    flush_now(company.now)
    assert not ledger.subscriptions(["acme"], company.now + days(1))[0].runs()

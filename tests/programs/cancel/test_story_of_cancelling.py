"""One customer through each reason to each end, day by day; and what can go wrong on the way."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from programs.cancel.cancelling import MONDAY, TEXT, Company, days, make, own_events

from tenure.accounts.models import Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.channels.models import Message
from tenure.connectors.billing import outbox
from tenure.connectors.billing.models import Act
from tenure.core import policy
from tenure.core.models import AuditEntry
from tenure.programs.cancel import fulfilment, ledger, settings, visits
from tenure.programs.cancel.models import Offered, Visit
from tenure.programs.cancel.workflow import Cancel, Keep, No, ReasonGiven, Yes
from tenure.work.tasks import promises
from tenure.work.tasks.models import Task

pytestmark = pytest.mark.django_db
REASONS = [r.name for r in settings.packaged().reasons]


@pytest.fixture
def company(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    return make(monkeypatch)


def subscription(company: Company) -> ledger.Subscription:
    return ledger.subscriptions(["acme"], company.now + days(1))[0]


@pytest.mark.parametrize("reason", [*REASONS, ""])
def test_every_reason_ends_in_a_cancellation_for_whoever_says_no(
    company: Company, reason: str
) -> None:
    visit = company.says(company.comes(), ReasonGiven(reason), No(), Cancel())
    assert (visit.outcome, visit.reason) == ("cancelled", reason)
    assert visit.last_day == MONDAY + days(20)
    act = Act.objects.get()
    assert (act.what, act.state, act.terms) == ("cancel", "done", {"at_period_end": True})
    told = subscription(company)
    assert (told.state, told.ends_at) == ("active", MONDAY + days(20))
    assert not told.runs()
    assert {"started", "cancelled", "carried_out"} <= set(own_events())
    assert AuditEntry.objects.filter(action="cancel.cancelled").count() == 1


@pytest.mark.parametrize("reason", [*REASONS, ""])
def test_every_reason_may_also_end_in_staying(company: Company, reason: str) -> None:
    visit = company.says(company.comes(), ReasonGiven(reason), Keep())
    assert visit.outcome == "kept"
    assert not Act.objects.exists()
    assert subscription(company).runs()


@pytest.mark.parametrize("reason", [*REASONS, ""])
def test_every_reason_may_be_left_open_and_counts_as_abandoned(
    company: Company, reason: str
) -> None:
    visit = company.says(company.comes(), ReasonGiven(reason))
    company.until(1.9)
    visit.refresh_from_db()
    assert visit.outcome == ""
    company.until(2.2)
    visit.refresh_from_db()
    assert visit.outcome == "abandoned"
    assert not Act.objects.exists()
    assert company.comes().pk != visit.pk


TAKEN = [
    ("too_expensive", 1, "discount", "coupon", {"percent": 25, "months": 3}),
    ("too_expensive", 2, "downgrade", "plan", {"plan_id": "basic", "from_plan": "pro"}),
    ("not_using", 1, "pause", "pause", None),
    ("not_using", 2, "onboarding", "", None),
    ("switching", 1, "rival_discount", "coupon", {"percent": 20, "months": 2}),
    ("switching", 2, "feedback", "", None),
    ("technical", 1, "support", "", None),
    ("technical", 2, "credit", "coupon", {"percent": 30, "months": 1}),
    ("temporary", 1, "pause", "pause", None),
    ("missing_feature", 1, "feedback", "", None),
]


@pytest.mark.parametrize(("reason", "place", "offer", "what", "terms"), TAKEN)
def test_every_offer_is_carried_out_once_on_the_terms_shown(
    company: Company, alice: Any, reason: str, place: int, offer: str, what: str, terms: Any
) -> None:
    visit = company.comes()
    before = [ReasonGiven(reason)] if place == 1 else [ReasonGiven(reason), No()]
    visit = company.says(visit, *before, Yes(offer), Yes(offer), Yes(offer))
    assert (visit.outcome, visit.accepted) == ("saved", offer)
    assert Offered.objects.get(name=offer).answer == "accepted"
    acts = list(Act.objects.filter(planned=False).values_list("what", "state"))
    assert acts == ([(what, "done")] if what else [])
    if terms:
        assert Act.objects.get(planned=False).terms == terms
    assert len(company.till.asked) == len(acts)
    helped = offer in ("onboarding", "feedback", "support", "credit")
    assert Message.objects.filter(address="alice@example.com").count() == helped
    assert ("help_wanted" in own_events()) == helped
    company.until(3)
    assert len(company.till.asked) == len(acts)


def test_a_pause_is_for_as_long_as_they_choose_and_never_longer_than_offered(
    company: Company,
) -> None:
    visit = company.says(company.comes(), ReasonGiven("temporary"))
    visit = company.says(visit, Yes("pause"), months=2)
    act = Act.objects.get(what="pause")
    assert act.terms["until"][:10] == "2026-05-02"
    assert subscription(company).state == "paused"
    again = company.says(company.comes(), ReasonGiven("temporary"), No(), Cancel())
    assert "pause" not in again.shown
    assert again.outcome == "cancelled"


def test_who_comes_back_for_another_deal_gets_none_for_a_year(company: Company) -> None:
    company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    company.until(300, every=days(1))
    second = company.says(company.comes(), ReasonGiven("switching"), No())
    assert [n for n in second.shown if n] == ["feedback"]
    company.says(second, Keep())
    company.until(370, every=days(1))
    third = company.says(company.comes(), ReasonGiven("too_expensive"))
    assert third.shown == ["discount"]


def test_two_tabs_are_one_visit_and_the_first_end_holds(company: Company) -> None:
    one, two = company.comes(), company.comes()
    assert one.pk == two.pk
    company.says(one, ReasonGiven("too_expensive"))
    saved = company.says(one, Yes("discount"))
    late = company.says(two, No(), Cancel())
    assert (saved.outcome, late.outcome) == ("saved", "saved")
    assert [a.what for a in Act.objects.filter(planned=False)] == ["coupon"]
    after_all = visits.again(late, company.now)
    assert after_all.pk != late.pk
    assert company.says(after_all, ReasonGiven(), Cancel()).outcome == "cancelled"
    assert not subscription(company).runs()


def test_billing_away_is_told_and_nothing_is_lost(company: Company) -> None:
    company.till.away = True
    visit = company.says(company.comes(), ReasonGiven(""), Cancel())
    assert visit.outcome == "cancelled"
    assert Act.objects.get().state == "waiting"
    assert subscription(company).runs()
    company.until(0.3)
    assert "waits_for_billing" in own_events()
    tries = len(company.till.asked)
    assert 5 < tries < 20
    company.till.away = False
    company.until(0.5)
    assert Act.objects.get().state == "done"
    assert len(company.till.done) == 1
    assert not subscription(company).runs()


def test_while_a_cancellation_waits_they_see_its_end_and_not_a_new_visit(company: Company) -> None:
    company.till.away = True
    visit = company.says(company.comes(), ReasonGiven(""), Cancel())
    assert company.comes().pk == visit.pk
    assert Visit.objects.count() == 1


def test_a_cancellation_overtakes_an_offer_that_still_waits(company: Company) -> None:
    company.till.away = True
    saved = company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    company.says(visits.again(saved, company.now), ReasonGiven(), Cancel())
    company.till.away = False
    company.until(1)
    assert {a.what: a.state for a in Act.objects.filter(planned=False)} == {
        "coupon": "dropped", "cancel": "done",
    }  # fmt: skip
    assert [what for what, _ in company.till.done.values()] == ["cancel"]


def test_killed_in_the_middle_of_an_act_it_is_done_again_under_the_same_key(
    company: Company,
) -> None:
    visit = company.comes()
    visits.answer(visit.code, ReasonGiven("too_expensive"), now=company.now)
    visits.answer(visit.code, Yes("discount"), now=company.now)
    company.till.dies_after = 1
    with pytest.raises(KeyboardInterrupt):
        outbox.carry_out(lambda: company.now)
    assert Act.objects.get(planned=False).state == "waiting"
    assert outbox.carry_out(lambda: company.now) == 0  # somebody may still be at it
    company.till.dies_after = -1
    company.until(0.1)
    assert Act.objects.get(planned=False).state == "done"
    assert len(set(company.till.asked)) == 1
    assert len(company.till.done) == 1


def test_a_no_of_billing_is_a_matter_for_a_person(company: Company, alice: Any) -> None:
    company.till.says_no = "the subscription is locked"
    company.says(company.comes(), ReasonGiven(""), Cancel())
    act = Act.objects.get()
    assert (act.state, act.detail) == ("refused", "the subscription is locked")
    assert "refused" in own_events()
    mail = Message.objects.get(address="alice@example.com")
    assert mail.content["subject"] == "Billing refused: cancel for Acme"
    assert "the subscription is locked" in mail.content["text"]
    company.till.says_no = ""
    fulfilment.try_again(act.pk, alice, now=company.now)
    company.until(0.1)
    act.refresh_from_db()
    assert act.state == "done"
    assert len(set(company.till.asked)) == 2  # the old key has its answer
    with pytest.raises(SpecError, match="was not refused"):
        fulfilment.try_again(act.pk, alice, now=company.now)


def test_whoever_was_refused_a_cancellation_can_come_again(company: Company) -> None:
    company.till.says_no = "locked"
    first = company.says(company.comes(), ReasonGiven(""), Cancel())
    company.till.says_no = ""
    second = company.comes()
    assert second.pk != first.pk
    assert company.says(second, ReasonGiven(""), Cancel()).outcome == "cancelled"
    assert not subscription(company).runs()


def test_who_took_the_subscription_up_again_can_cancel_again(company: Company) -> None:
    company.says(company.comes(), ReasonGiven(""), Cancel())
    company.until(5)
    company.subscribe(updated_at=company.now - days(0.1))
    again = company.comes()
    assert again.outcome == ""
    assert company.says(again, ReasonGiven(""), Cancel()).outcome == "cancelled"
    assert len(company.till.done) == 2


def test_of_several_subscriptions_they_say_which(company: Company) -> None:
    company.subscribe(subscription="s2")
    with pytest.raises(visits.Several) as asked:
        company.comes()
    assert [s.subscription_id for s in asked.value.running] == ["s1", "s2"]
    visit = company.says(company.comes(subscription_id="s2"), ReasonGiven(""), Cancel())
    assert visit.subscription_id == "s2"
    assert company.comes().subscription_id == "s1"


def test_nobody_cancels_what_is_not_theirs_or_not_there(company: Company) -> None:
    company.subscribe("other", "s9")
    for account, wanted in (("acme", "s9"), ("nobody", ""), ("acme", "s7")):
        with pytest.raises(visits.NothingRuns):
            company.comes(account, subscription_id=wanted)


def test_the_control_arm_is_offered_nothing(
    workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make(monkeypatch, arm="control")
    visit = company.says(company.comes(), ReasonGiven("too_expensive"))
    assert (visit.screen, visit.shown, visit.arm) == ("confirm", [], "control")


def test_who_is_worth_most_gets_a_person_and_the_visit_remembers_why(
    company: Company, alice: Any
) -> None:
    Segment.objects.create(name="enterprise", title="Enterprise")
    SegmentMember.objects.create(segment_id="enterprise", account_id="acme")
    visit = company.says(company.comes(), ReasonGiven("too_expensive"), Yes("outreach"))
    assert (visit.segments, visit.outcome, visit.tenure_days) == (["enterprise"], "saved", 200)
    mail = Message.objects.get()
    assert mail.content["subject"] == "Acme wants to hear from you"
    task = Task.objects.get()
    assert task.title == "Get in touch with Acme, who came to cancel"
    assert task.due_at - visit.ended_at == timedelta(hours=4)
    told = pa.Table.from_pylist([{
        "event": promises.EVENT, "account_id": "acme", "person_id": "ann",
        "timestamp": visit.ended_at, "properties": json.dumps({"visit": visit.pk}),
    }])  # fmt: skip
    promises.on_help_wanted(told, company.now)  # the same fact again
    assert Task.objects.count() == 1


def test_who_stood_at_high_risk_before_is_found_later(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.health import queries as health

    history = [(90, "high"), (60, "low"), (40, "high"), (20, "critical"), (-5, "low")]
    rows = [{"as_of": MONDAY - days(n), "risk_level": level} for n, level in history]
    monkeypatch.setattr(health, "account_history", lambda _: rows)
    visit = company.comes()
    assert visits.look_back(company.now) == 1
    assert visits.look_back(company.now) == 0
    visit.refresh_from_db()
    assert visit.first_signal_at == MONDAY - days(40)


def test_while_switched_off_nobody_is_let_in(company: Company) -> None:
    policy.save(settings.DOCUMENT, settings.DEFAULT.read_text("utf-8"), "alice", "", MONDAY)
    with pytest.raises(visits.Closed):
        company.comes()


def test_ending_at_once_where_policy_says_so(
    workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make(monkeypatch, TEXT.replace("at_period_end = true", "at_period_end = false"))
    visit = company.says(company.comes(), ReasonGiven(""), Cancel())
    assert visit.last_day == visit.ended_at
    assert Act.objects.get().terms == {"at_period_end": False}


def test_what_they_say_at_the_end_is_kept(company: Company) -> None:
    visit = company.says(company.comes(), ReasonGiven("other"), Cancel(), more="It was fine.")
    visit = visits.feedback(visit.code, "Faster exports", "maybe", now=company.now)
    visit = visits.feedback(visit.code, "", "perhaps", now=company.now)
    assert (visit.more, visit.improve, visit.would_return) == (
        "It was fine.", "Faster exports", "maybe",
    )  # fmt: skip
    assert visit.outcome == "cancelled"


def test_a_person_is_forgotten_and_the_visit_stays(company: Company, alice: Any) -> None:
    from tenure.facts import erasure

    visit = company.says(company.comes(), ReasonGiven("other"), more="Call ann@acme.example")
    visits.feedback(visit.code, "x", "no", now=company.now)
    exported = erasure.export_person("ann", alice, company.now)
    assert exported["cancel_visits"][0]["more"] == "Call ann@acme.example"
    erasure.erase_person("ann", alice, company.now)
    visit.refresh_from_db()
    assert visit.person_id.startswith("erased-")
    assert (visit.more, visit.improve, visit.reason) == ("", "", "other")

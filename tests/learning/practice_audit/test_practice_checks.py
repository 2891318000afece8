"""Each fault is found in a firm that has exactly it, and not in one that does not; where the ground
is missing, nothing is called well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from learning.practice_audit.acting_firms import (
    aimed,
    begun,
    coupon,
    failed,
    leaving,
    one_answer,
    playing,
    sprayed,
    studied,
    switch_the_flow_on,
    through,
    visited,
)
from learning.practice_audit.firms import (
    accounts,
    add,
    ago,
    answers,
    champion,
    contacts,
    events,
    look,
    scored,
    subscriptions,
    validated,
)
from people import NOW

from tenure.core import policy as documents
from tenure.learning.practice_audit.checks import CHECKS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
Firm = Callable[[], None]


def change(document: str, old: str, new: str) -> None:
    body = documents.text(document)
    assert old in body
    documents.save(document, body.replace(old, new), "alice@example.com", "test", NOW)


def usage_only() -> None:
    """A default model that looks at logins alone."""
    body = """
        name = "logins"
        title = "Logins"
        [[bands]]
        name = "bad"
        title = "Bad"
        min = 0
        max = 49
        color = "bad"
        action = ""
        [[bands]]
        name = "good"
        title = "Good"
        min = 50
        max = 100
        color = "good"
        action = ""
        [[dimensions]]
        key = "usage"
        title = "Usage"
        weight = 100
        [[dimensions.signals]]
        signal = "logins_28d"
        weight = 100
        curve = { points = [[0, 0], [20, 100]] }"""
    _default("logins", body)


def payments_only() -> None:
    """A default model that looks at money alone."""
    usage_only()
    body = documents.text("health/models/logins")
    own = body.replace('"logins"', '"money"').replace("logins_28d", "open_invoices")
    _default("money", own)


def _default(name: str, body: str) -> None:
    documents.save(f"health/models/{name}", body, "alice@example.com", "own", NOW)
    head = documents.text("health").splitlines()
    lines = [f'default_model = "{name}"' if x.startswith("default_model") else x for x in head]
    documents.save("health", "\n".join(lines), "alice@example.com", "own", NOW)


def same_calls() -> None:
    for tier in ("enterprise", "self_serve"):
        contacts(accounts(6, tier), (30, 120, 210))


def more_calls_for_the_large() -> None:
    contacts(accounts(6, "enterprise"), range(10, 360, 30))
    contacts(accounts(6, "self_serve"), (200,))


def calls_in_year(days: range) -> Firm:
    """Yearly terms that ended ten days ago, with contacts that long before now."""

    def firm() -> None:
        ids = accounts(5, "enterprise", renews=355)
        subscriptions(ids, start=375, renews_at=ago(10))
        contacts(ids, days)

    return firm


def support_notes() -> None:
    contacts(accounts(6), (5, 20, 40), note="How do I reset the export?")
    contacts(["acc0"], range(1, 9), kind="qbr")


def strategy_notes() -> None:
    contacts(accounts(6), (5, 20, 40), note="Agreed the goals of the quarter")
    contacts(["acc0"], range(1, 5), kind="support")


def promoters(met: bool) -> Firm:
    def firm() -> None:
        ids = accounts(6)
        answers(ids, 9, 100)
        contacts([*ids, "other"] if met else ["other"], (50,))

    return firm


def power_users(met: bool) -> Firm:
    def firm() -> None:
        ids = accounts(6, "mid_market")
        scored(ids, "healthy")
        contacts([*ids, "other"] if met else ["other"], (50,))

    return firm


def critics(days_later: float) -> Firm:
    def firm() -> None:
        ids = accounts(4)
        answers(ids, 3, 40)
        contacts(ids, (40 - days_later,))

    return firm


def champions(*, successor: bool) -> Firm:
    def firm() -> None:
        accounts(2)
        champion("acc0", "ada", left=60)
        champion("acc1", "bo")
        if successor:
            champion("acc0", "cy")

    return firm


def owned(n: int) -> Firm:
    def firm() -> None:
        accounts(n, name="hers", owner="ada@firm.example")
        accounts(3, name="his", owner="bo@firm.example")

    return firm


def lost(involuntary: int) -> Firm:
    def firm() -> None:
        ids = [f"gone{i}" for i in range(6)]
        subscriptions(ids, ended_at=ago(60))
        add("payments", (
            {"account_id": i, "attempted_at": ago(65),
             "status": "failed" if n < involuntary else "succeeded"}
            for n, i in enumerate(ids)
        ))  # fmt: skip

    return firm


def paused(days: float) -> Firm:
    def firm() -> None:
        subscriptions(accounts(3))
        subscriptions(["acc0"], status="paused", updated_at=ago(days))

    return firm


def left_alone(met: bool) -> Firm:
    def firm() -> None:
        ids = accounts(6, "enterprise", renews=200)
        contacts([*ids, "other"] if met else ["other"], (60,))

    return firm


def revenue_without_use() -> None:
    subscriptions(accounts(2))
    events(3, days=200)


def revenue_and_use() -> None:
    subscriptions(accounts(2))
    events(3)


def use_that_the_score_does_not_see() -> None:
    revenue_and_use()
    payments_only()


# finding: (firm with the fault, what its sentence says), (firm without)
FIRMS: list[tuple[str, Firm, str, Firm]] = [
    ("only_revenue_measured", revenue_without_use, "0 product events", revenue_and_use),
    ("only_revenue_measured", use_that_the_score_does_not_see, "0 % of the weight",
     revenue_and_use),
    ("usage_for_satisfaction", usage_only, "0 % of the weight of Logins", lambda: None),
    ("health_does_not_predict", lambda: validated("does_not_predict", (0.52, 0.44, 0.6)),
     "in 52 of 100 pairs (95 % interval 44 to 60", lambda: validated("predicts", (0.8, 0.7, 0.9))),
    ("vanity_score", lambda: validated("weak", (0.6, 0.53, 0.67), green=0.55),
     "22 of 40 churned accounts (55 %)", lambda: validated("predicts", (0.8, 0.7, 0.9))),
    ("vanity_score", lambda: validated("does_not_predict", (0.52, 0.44, 0.6)),
     "from 44 to 60", lambda: validated("weak", (0.6, 0.53, 0.67))),
    ("same_effort_for_all", same_calls, "1.0 times as many", more_calls_for_the_large),
    ("success_doing_support", support_notes, "18 of 26", strategy_notes),
    ("engaged_only_at_renewal", calls_in_year(range(12, 100, 18)), "25 of 25 contacts (100 %)",
     calls_in_year(range(20, 370, 70))),
    ("waiting_for_renewals", left_alone(False), "6 of 6", left_alone(True)),
    ("advocates_ignored", promoters(False), "6 of 6", promoters(True)),
    ("power_users_ignored", power_users(False), "6 of 6", power_users(True)),
    ("negative_feedback_ignored", critics(20), "4 of 4", critics(2)),
    ("champion_left", champions(successor=False), "1 of 1", champions(successor=True)),
    ("scaling_by_hand", owned(101), "ada@firm.example looks after 101", owned(100)),
    ("involuntary_churn_ignored", lost(2), "2 of 6 churns", lost(1)),
    ("churn_not_studied", studied(2), "4 of 6 losses", studied(4)),
    ("pausing_too_long", paused(120), "1 of 1 paused", paused(60)),
    ("spray_and_pray", sprayed, "25 of 25 messages", aimed),
    ("no_dunning_mails", failed(None), "4 of 4 accounts", failed(9.9)),
    ("no_dunning_mails", failed(10.1), "4 of 4 accounts", failed(9.9)),
    ("expansion_as_pitch", playing("More for all", "expansion", "tenure_days"),
     "1 of 1 plays that offer more", playing("Near the limit", "expansion", "limit_use")),
    ("guilt_copy", playing("Please", "help", "seats", "Please do not go: don't leave us."),
     "1 of 1 plays that write", playing("Help", "help", "seats")),
    ("no_cancel_flow", leaving(False), "1 accounts ended", leaving(True)),
    ("same_offer_for_every_reason", one_answer, "Of 9 reasons", switch_the_flow_on),
    ("deep_discounts", coupon(60), "2 of 2 accounts", coupon(25)),
    ("onboarding_too_long", begun(3, others=8), "4 of 12 accounts that began", begun(3)),
    ("onboarding_too_long", begun(9), "0 of 12", begun(6.9)),
    ("onboarding_as_checklist", through(25), "6 of 6 accounts", through(20)),
    ("generic_onboarding", playing("Hello", "onboarding", "tenure_days"),
     "0 of 1 onboarding plays", playing("Hello, large", "onboarding", "employees")),
    ("saving_only_at_cancellation", visited(False), "6 of 6 visits", visited(True)),
]  # fmt: skip
NAMES = [f"{key}-{n}" for n, (key, *_) in enumerate(FIRMS)]


@pytest.mark.parametrize(("key", "firm", "words", "_"), FIRMS, ids=NAMES)
def test_the_firm_with_the_fault_is_told_so(key: str, firm: Firm, words: str, _: Firm) -> None:
    firm()
    outcome = look(key)
    assert (outcome.state, words in outcome.evidence) == ("open", True), outcome


@pytest.mark.parametrize(("key", "_", "__", "firm"), FIRMS, ids=NAMES)
def test_the_firm_without_it_passes(key: str, _: Firm, __: str, firm: Firm) -> None:
    firm()
    outcome = look(key)
    assert (outcome.state, outcome.accounts) == ("passed", ()), outcome


def test_how_much_those_did_who_got_to_first_value_is_told() -> None:
    begun(9)()
    assert "had done - different things" in look("onboarding_too_long").evidence
    events(1, 39.5, account_id="acc5", event="Board Made")
    assert "1 of 12" in look("onboarding_too_long").evidence
    assert "had done 2 different things" in look("onboarding_too_long").evidence


def test_every_check_has_its_firms() -> None:
    assert {key for key, *_ in FIRMS} == set(CHECKS)


@pytest.mark.parametrize("key", sorted(set(CHECKS) - {"usage_for_satisfaction"}))
def test_an_empty_workspace_is_never_called_well(key: str) -> None:
    outcome = look(key)
    assert outcome.state == "not_assessed"
    assert outcome.evidence.endswith(".")


def test_a_validation_of_an_earlier_version_tells_nothing_of_this_one() -> None:
    validated("predicts", (0.8, 0.7, 0.9), version="1+old")
    outcome = look("health_does_not_predict")
    assert outcome.state == "not_assessed"
    assert "1+old" in outcome.evidence


def test_the_accounts_behind_a_fault_are_named() -> None:
    left_alone(False)()
    assert look("waiting_for_renewals").accounts == tuple(f"enterprise{i}" for i in range(6))


def test_what_customers_do_by_themselves_is_nobodys_effort() -> None:
    promoters(False)()
    contacts([f"acc{i}" for i in range(6)], (20,), kind="community")
    assert look("advocates_ignored").state == "open"


def test_monthly_terms_say_nothing_about_renewal() -> None:
    ids = accounts(5)
    subscriptions(ids, start=40, renews_at=ago(10))
    contacts(ids, range(12, 40, 5))
    assert look("engaged_only_at_renewal").state == "not_assessed"


def test_a_term_given_up_early_could_not_be_waited_for() -> None:
    ids = accounts(5)
    subscriptions(ids, start=375, renews_at=ago(10), ended_at=ago(200))
    contacts(ids, range(12, 100, 18))
    assert look("engaged_only_at_renewal").state == "not_assessed"


def test_a_renewed_term_begins_where_the_one_before_ended() -> None:
    ids = accounts(5)
    subscriptions(ids, start=740, renews_at=ago(375))
    subscriptions(ids, start=740, renews_at=ago(10), updated_at=ago(374))
    contacts(ids, [*range(380, 460, 18), *range(12, 100, 18)])
    assert "25 of 25 contacts (100 %) in the 5 terms" in look("engaged_only_at_renewal").evidence


def test_calls_without_a_word_do_not_tell_whether_they_were_support() -> None:
    contacts(accounts(30), (5,))
    outcome = look("success_doing_support")
    assert (outcome.state, "Of 30 contacts only 0" in outcome.evidence) == ("not_assessed", True)


def test_an_answer_of_yesterday_may_still_be_replied_to() -> None:
    answers(accounts(5), 2, 1)
    contacts(["other"], (50,))
    assert look("negative_feedback_ignored").state == "not_assessed"


def test_a_champion_who_left_last_week_is_given_time() -> None:
    accounts(1)
    champion("acc0", "ada", left=7)
    assert look("champion_left").state == "passed"


def test_what_is_not_known_yet_is_not_looked_at() -> None:
    left_alone(False)()
    late = NOW + timedelta(hours=1)
    contacts([f"enterprise{i}" for i in range(6)], (60,), received_at=late)
    assert look("waiting_for_renewals").state == "open"


def test_the_threshold_is_that_of_the_workspace() -> None:
    owned(60)()
    assert look("scaling_by_hand").state == "passed"
    change("audit", "most_accounts = 100", "most_accounts = 50")
    outcome = look("scaling_by_hand")
    assert (outcome.state, len(outcome.accounts)) == ("open", 60)

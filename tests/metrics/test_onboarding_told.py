"""Onboarding from facts: against a count by hand in Python, as known then, late ones, the command,
the API and the page."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import time_machine
from django.test import Client
from health.companies import accounts, add, subscription

from tenure.accounts.models import Account, Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.core import policy
from tenure.metrics.onboarding import queries
from tenure.metrics.revenue import scope

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = ("Signed In", "Task Completed", "Report Shared", "Profile Completed", "identify me")
CATALOGUE = [
    {"feature_id": "tasks", "event": "Task Completed", "core": True, "high_value": False},
    {"feature_id": "reports", "event": "Report Shared", "core": False, "high_value": True},
]


def facts(seed: int, number: int = 120) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Accounts that began over the last 250 days, and what they did, before and after."""
    rng = np.random.default_rng(seed)
    born, done = [], []
    for n in range(number):
        begun = NOW - timedelta(days=float(rng.uniform(0, 250)))
        born.append({"account_id": f"a{n}", "created_at": begun, "updated_at": begun})
        for k in range(int(rng.integers(0, 25))):
            at = begun + timedelta(days=float(rng.exponential(9)) - 0.5)
            if at >= NOW:
                continue
            kind = str(rng.choice(KINDS))
            done.append({
                "message_id": f"m{n}-{k}", "account_id": f"a{n}", "person_id": f"p{n}",
                "event": kind, "timestamp": at,
                "kind": "identify" if kind == "identify me" else "track",
                "received_at": at + timedelta(seconds=1),
            })  # fmt: skip
    return born, done


@pytest.fixture
def company() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    born, done = facts(7)
    accounts(*(r["account_id"] for r in born))
    add(1, accounts=born, events=done,
        features=[f | {"updated_at": NOW - 400 * DAY} for f in CATALOGUE])  # fmt: skip
    return born, done


def by_hand(born: list[dict[str, Any]], done: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same, an account and an event at a time."""
    found = {}
    for row in born:
        begun = row["created_at"]
        mine = sorted(
            (e for e in done if e["account_id"] == row["account_id"]
             and begun <= e["timestamp"] < begun + 37 * DAY),
            key=lambda e: e["timestamp"],
        )  # fmt: skip
        used = [e for e in mine if e["kind"] != "identify"]
        days: dict[Any, datetime] = {}
        for e in used:
            days.setdefault(e["timestamp"].date(), e["timestamp"])
        streak = next(
            (days[d] for d in sorted(days) if d - DAY in days and d - 2 * DAY in days), None
        )

        def first(name: str, listed: list[dict[str, Any]] = mine) -> datetime | None:
            return next((e["timestamp"] for e in listed if e["event"] == name), None)

        value = first("Report Shared")
        found[row["account_id"]] = {
            "account_created": begun, "profile_complete": first("Profile Completed"),
            "first_core_action": first("Task Completed"), "first_value": value, "streak": streak,
            "day_one": any(begun + DAY <= e["timestamp"] < begun + 2 * DAY for e in used),
            "kept": any(begun + 30 * DAY <= e["timestamp"] < begun + 37 * DAY for e in used),
            "actions": len({e["event"] for e in used if value and e["timestamp"] <= value}),
        }  # fmt: skip
    return found


def test_beginnings_are_what_a_count_in_python_says(company: Any) -> None:
    born, done = company
    expected = by_hand(born, done)
    found = queries.beginnings(NOW - 300 * DAY, NOW, NOW)
    assert sorted(found.account) == sorted(expected)
    seen: dict[str, int] = defaultdict(int)
    for index, account in enumerate(found.account):
        mine = expected[account]
        for key, at in found.at.items():
            told = None if np.isnan(at[index]) else int(at[index])
            hand = mine[key]
            assert told == (None if hand is None else round(hand.timestamp() * 1e6)), (account, key)
            seen[key] += told is not None
        assert (found.day_one[index], found.kept[index], found.actions[index]) == (
            mine["day_one"], mine["kept"], mine["actions"],
        )  # fmt: skip
    assert all(n > 5 for n in seen.values())  # nothing was trivially empty


def test_only_accounts_for_which_all_is_decided_are_counted(company: Any) -> None:
    born, _ = company
    told = queries.report(NOW)
    inside = [r for r in born if NOW - 217 * DAY <= r["created_at"] < NOW - 37 * DAY]
    assert told.whole.accounts == len(inside) > 30
    assert (told.since, told.until) == (NOW - 217 * DAY, NOW - 37 * DAY)


def test_facts_that_come_later_change_nothing_of_what_was_told(company: Any) -> None:
    then = NOW - 60 * DAY
    before = queries.report(then).whole.to_dict()
    late = [
        {"message_id": f"late{n}", "account_id": f"a{n}", "person_id": "p", "kind": "track",
         "event": "Report Shared", "timestamp": then - timedelta(days=n), "received_at": then + DAY}
        for n in range(100)
    ]  # fmt: skip
    add(2, events=late)
    assert queries.report(then).whole.to_dict() == before
    assert queries.report(NOW).whole.value.reached != before["value"]["reached"]


def test_who_is_late_for_first_value_and_what_is_next() -> None:
    accounts("soon", "late", "later", "there")
    born = {"soon": 2, "late": 5, "later": 20, "there": 10}
    add(1, accounts=[{"account_id": a, "created_at": NOW - n * DAY, "updated_at": NOW - n * DAY}
                     for a, n in born.items()],
        features=[f | {"updated_at": NOW - 400 * DAY} for f in CATALOGUE],
        events=[
            {"message_id": f"{a}{e}", "account_id": a, "person_id": "p", "event": e,
             "timestamp": NOW - 1.5 * DAY}
            for a, e in (("later", "Task Completed"), ("there", "Report Shared"),
                         ("there", "Task Completed"))
        ])  # fmt: skip
    told = queries.under_way(NOW)
    assert (told.accounts, told.valued) == (4, 1)
    assert [(x.account_id, x.missing, x.hours_late) for x in told.late] == [
        ("later", "First value", 17 * 24.0), ("late", "First core action", 2 * 24.0),
    ]  # fmt: skip
    assert told.late[0].begun == NOW - 20 * DAY


def test_a_segment_is_asked_for_and_has_its_own_time_to_first_value(company: Any) -> None:
    Segment.objects.create(name="self_serve", title="Self-serve", packaged=True)
    few = [f"a{n}" for n in range(40)]
    SegmentMember.objects.bulk_create(
        SegmentMember(segment_id="self_serve", account_id=a) for a in few
    )
    whole = queries.report(NOW, of=scope.Scope("segment", "self_serve"))
    assert 0 < whole.whole.accounts < 40
    assert whole.whole.value_target_hours == pytest.approx(5 / 60)
    with pytest.raises(SpecError, match="cannot be 'colour'"):
        queries.report(NOW, by="colour")


def test_first_value_that_took_long_is_first_value_all_the_same() -> None:
    """What the audit asks is when it came, not whether it came in the days of the milestones."""
    accounts("slow")
    begun, came = NOW - 90 * DAY, NOW - 30 * DAY
    add(1, accounts=[{"account_id": "slow", "created_at": begun, "updated_at": begun}],
        features=[f | {"updated_at": NOW - 400 * DAY} for f in CATALOGUE],
        events=[{"message_id": "m", "account_id": "slow", "person_id": "p",
                 "event": "Report Shared", "timestamp": came}])  # fmt: skip
    (one,) = queries.firsts(NOW - 100 * DAY, NOW)
    assert one.reached == round(came.timestamp() * 1e6)
    assert queries.report(NOW).whole.value.reached["value"] == 0


def test_who_left_stands_in_the_tier_that_it_paid_for(company: Any) -> None:
    """Were tiers told by what is paid now, all who left would stand in the lowest."""
    born, _ = company
    counted = [r for r in born if NOW - 217 * DAY <= r["created_at"] < NOW - 37 * DAY][:3]
    ids = [r["account_id"] for r in counted]
    ended = {ids[0]: NOW - 20 * DAY, ids[1]: None, ids[2]: NOW - 10 * DAY}
    mrr = {ids[0]: 100_000, ids[1]: 100_000, ids[2]: 500}
    add(2, subscriptions=[
        subscription(r["account_id"], r["created_at"], mrr_minor=mrr[r["account_id"]],
                     ended_at=ended[r["account_id"]])
        for r in counted
    ])  # fmt: skip
    parts = {p.group: p.told for p in queries.report(NOW).parts}
    assert {group: told.accounts for group, told in parts.items()} == {
        "mid_market": 2, "self_serve": 1,
    }  # fmt: skip
    assert parts["self_serve"].value_target_hours == pytest.approx(5 / 60)
    assert parts["mid_market"].value_target_hours == 48


def test_without_a_feature_of_high_value_it_says_what_it_needs(alice: Any) -> None:
    accounts("a")
    add(1, accounts=[{"account_id": "a", "created_at": NOW - DAY, "updated_at": NOW - DAY}],
        events=[{"message_id": "m", "account_id": "a", "person_id": "p", "event": "Aha",
                 "timestamp": NOW - timedelta(hours=1)}])  # fmt: skip
    assert not queries.known()
    body = policy.text("onboarding").replace(
        'title = "First value"\nfeature = "high_value"', 'title = "First value"\nevents = ["Aha"]'
    )
    policy.save("onboarding", body, alice, "our own", NOW)
    assert queries.known()
    assert queries.under_way(NOW).valued == 1


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
def test_who_sees_page_file_and_api(company: Any, colleague: Any, api: Any, role: str) -> None:
    """Everybody who sees health; the file whoever may export."""
    client = Client()
    assert client.get("/onboarding/").status_code == 302  # to sign in
    client.force_login(colleague(role), backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(NOW, tick=False):
        assert client.get("/onboarding/").status_code == 200
        exports = role != "support"
        assert client.get("/onboarding/late.csv").status_code == (200 if exports else 403)
        assert api(role).get("/api/v1/onboarding").status_code == 200
        assert api(role).get("/api/v1/onboarding/late").status_code == 200


def test_the_page_the_file_and_the_api_tell_the_same(company: Any, alice: Any, api: Any) -> None:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(NOW, tick=False):
        page = client.get("/onboarding/").content.decode()
        told = api("analyst").get("/api/v1/onboarding").json()
        late = api("analyst").get("/api/v1/onboarding/late").json()
        file = client.get("/onboarding/late.csv").content.decode().splitlines()
        odd = client.get("/onboarding/?of=segment:none&by=colour")
        refused = client.get("/onboarding/late.csv?of=segment:none")
        bad = api("analyst").get("/api/v1/onboarding?of=segment:none")
    whole = queries.report(NOW).whole
    assert told["accounts"] == whole.accounts
    assert told["value"]["median_hours"] == whole.value.median_hours
    assert f"{whole.accounts} accounts that began" in page
    assert f"{100 * whole.activation.share['value']:.0f} %" in page
    for words in ("Time to first value", "First core action", "Milestones as a flow",
                  "Late for first value now", "said to be +15"):  # fmt: skip
        assert words in page, words
    assert len(file) == len(late) + 1 > 3
    assert Account.objects.get(pk=late[0]["account_id"]).name in page
    assert odd.status_code == 200
    assert "names no segment" in odd.content.decode()
    assert (refused.status_code, bad.status_code) == (400, 422)


def test_before_there_are_facts_the_page_says_what_it_needs(alice: Any) -> None:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/onboarding/").content.decode()
    assert "Nothing to tell yet" in page
    assert "created_at" in page

"""Nobody who left is written to as a customer, and nobody who is one as if they had left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds
from health.companies import accounts, add, subscription, use

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message
from tenure.core import policy as documents
from tenure.health import scoring
from tenure.plays import dry_run, ending, entering, policy, switching, triggers, whom
from tenure.plays.models import ACTIVE, EXITED, Enrolment, Standing
from tenure.plays.spec import parse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
BODY = """title = "Quiet"
about = "Nobody signed in for two weeks."
purpose = "reengagement"
{whom}holdout = 0

[trigger]
{trigger}

[[steps]]
id = "wait"
kind = "wait"
days = 5
"""
SILENT = 'kind = "when"\nrule = { field = "days_since_login", op = ">=", value = 14 }'


def play(name: str, by: Any, whom: str = "", trigger: str = SILENT) -> None:
    line = f'whom = "{whom}"\n' if whom else ""
    documents.save(f"plays/{name}", BODY.format(whom=line, trigger=trigger), by, "test", NOW)


@pytest.fixture(autouse=True)
def _nobody_is_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The share held out of all plays falls on other accounts in each workspace."""
    monkeypatch.setattr(entering, "held_out", lambda *_: set())


@pytest.fixture
@worlds.once
def company() -> None:
    """Two fell silent a month ago: one is a customer still, the other left a week ago; and one who
    never bought."""
    accounts("still", "left", "looking")
    first = NOW - 200 * DAY
    add(
        1,
        accounts=[{"account_id": a, "created_at": first, "updated_at": first}
                  for a in ("still", "left", "looking")],
        subscriptions=[subscription("still", first),
                       subscription("left", first, ended_at=NOW - 7 * DAY)],
        events=[e for a in ("still", "left", "looking") for e in use(a, first, 170)],
    )  # fmt: skip
    Account.objects.update(created_at=first)
    Account.objects.filter(pk="still").update(status="active")
    Account.objects.filter(pk="left").update(status="churned", churned_at=NOW - 7 * DAY)
    Account.objects.filter(pk="looking").update(status="prospect")


def inside(name: str) -> set[str]:
    found = Enrolment.objects.filter(play=name, state=ACTIVE)
    return set(found.values_list("account_id", flat=True))


def test_a_play_takes_customers_unless_it_says_otherwise(company: None, alice: Any) -> None:
    for name, meant in (("own", ""), ("gone", "former"), ("any", "everyone")):
        play(name, alice, meant)
        switching.switch_on(name, alice, now=NOW)
    scoring.run_scoring(NOW, now=NOW)
    assert inside("own") == {"still", "looking"}
    assert inside("gone") == {"left"}
    assert inside("any") == {"still", "looking", "left"}
    assert set(Standing.objects.filter(play="own").values_list("account_id", flat=True)) == {
        "still", "looking",
    }  # fmt: skip


def test_the_packaged_plays_leave_those_who_left_alone_and_only_win_back_takes_them() -> None:
    meant = {name: policy.play(name).meant_for for name in policy.names()}
    assert {n for n, m in meant.items() if m != "customers"} == {"win-back"}
    assert meant["win-back"] == "former"


def test_a_play_that_begins_at_an_end_is_for_those_who_left() -> None:
    at_end = parse(
        "x", BODY.format(whom="", trigger='kind = "date"\nfield = "churned_at"\ndays = 1')
    )
    renewing = parse(
        "x", BODY.format(whom="", trigger='kind = "date"\nfield = "renews_at"\ndays = -30')
    )
    assert (at_end.meant_for, renewing.meant_for) == ("former", "customers")


def test_who_leaves_is_taken_out_at_once_and_what_waits_for_them_is_not_sent(
    company: None, alice: Any
) -> None:
    play("own", alice)
    switching.switch_on("own", alice, now=NOW)
    scoring.run_scoring(NOW, now=NOW)
    row = Enrolment.objects.get(play="own", account_id="still")
    draft = Draft(
        f"play:own:{row.pk}:wait", "mail", "reengagement", "ann@still.example",
        {"subject": "Hello", "text": "Are you there?"}, NOW + 2 * DAY, "play:own",
        account_id="still",
    )  # fmt: skip
    submit([draft], now=NOW)
    Account.objects.filter(pk="still").update(status="churned", churned_at=NOW + DAY)
    ending.by_the_clock(NOW + DAY)
    row.refresh_from_db()
    assert (row.state, row.ended_at) == (EXITED, NOW + DAY)
    assert Message.objects.get().state == "cancelled"
    assert inside("own") == {"looking"}


def test_who_comes_back_is_not_won_back_any_longer(company: None, alice: Any) -> None:
    play("gone", alice, trigger='kind = "date"\nfield = "churned_at"\ndays = 8')
    switching.switch_on("gone", alice, now=NOW)
    triggers.by_the_clock(NOW + 2 * DAY)
    assert inside("gone") == {"left"}
    Account.objects.filter(pk="left").update(status="active", churned_at=None)
    ending.by_the_clock(NOW + 3 * DAY)
    assert inside("gone") == set()


def test_by_hand_nobody_is_put_in_for_whom_it_is_not(company: None, alice: Any) -> None:
    play("own", alice)
    switching.switch_on("own", alice, now=NOW)
    with pytest.raises(SpecError, match="is for customers, and not for left"):
        switching.put_in("own", ["still", "left"], alice, now=NOW)
    assert inside("own") == set()
    assert switching.put_in("own", ["still"], alice, now=NOW) == 1


def test_on_history_who_had_left_by_then_would_not_have_come_in(company: None, alice: Any) -> None:
    trigger = SILENT.replace("14", "26")  # silent since day 170: met from four days ago on
    for name, meant, expected in (("own", "", {"still", "looking"}), ("gone", "former", {"left"})):
        play(name, alice, meant, trigger)
        found = dry_run.run(policy.play(name), NOW)
        assert {e.account_id for e in found.entries} == expected
    dates = (
        ("created_at", "", 2),
        ("created_at", "former", 1),
        ("churned_at", "", 1),
        ("churned_at", "customers", 0),
    )
    for field, meant, count in dates:
        days = 195 if field == "created_at" else 2
        play("date", alice, meant, f'kind = "date"\nfield = "{field}"\ndays = {days}')
        assert dry_run.run(policy.play("date"), NOW).count == count, (field, meant)


def test_what_an_unknown_group_is_refused(alice: Any) -> None:
    with pytest.raises(SpecError, match="whom"):
        play("own", alice, "friends")


def test_who_is_meant_is_asked_page_by_page(company: None, alice: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(whom, "_PAGE", 1)
    play("own", alice)
    found = policy.play("own")
    assert whom.among(found, ["still", "left", "looking", "unknown"]) == {
        "still", "looking", "unknown",
    }  # fmt: skip

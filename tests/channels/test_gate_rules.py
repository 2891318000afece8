"""The send gate's rules, as a table and as properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.channels import settings as settings
from tenure.channels.policy import (
    Before,
    Decision,
    Recipient,
    SendRequest,
    decide,
    free_at,
    loud_from,
)
from tenure.channels.settings import Cap

NUMBERS = settings.packaged()
NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)  # a Wednesday
MAIL = SendRequest("mail", "help", NOON, source="play:help")


def days(count: float) -> timedelta:
    return timedelta(days=count)


def sent(ago: float, source: str = "play:help", transactional: bool = False) -> Before:
    return Before(NOON - days(ago), "mail", source, transactional)


def answer(ask: SendRequest, who: Recipient, now: datetime = NOON) -> tuple[str, str]:
    found = decide(ask, who, NUMBERS, now)
    return found.verdict, found.rule


@pytest.mark.parametrize(
    ("ask", "who", "expected"),
    [
        (MAIL, Recipient(), ("send", "")),
        (MAIL, Recipient(suppressed="bounced"), ("withhold", "suppressed")),
        (MAIL, Recipient(refused=frozenset({("mail", "help")})), ("withhold", "consent")),
        (MAIL, Recipient(refused=frozenset({("mail", "any")})), ("withhold", "consent")),
        (MAIL, Recipient(refused=frozenset({("any", "any")})), ("withhold", "consent")),
        (MAIL, Recipient(refused=frozenset({("push", "any")})), ("send", "")),
        (MAIL, Recipient(refused=frozenset({("mail", "news")})), ("send", "")),
        (replace(MAIL, held_out=True), Recipient(), ("withhold", "hold-out")),
        (MAIL, Recipient(before=[sent(0.2)]), ("withhold", "cap")),
        (MAIL, Recipient(before=[sent(0.2, transactional=True)]), ("send", "")),
        (MAIL, Recipient(before=[sent(2), sent(4), sent(6)]), ("withhold", "cap")),
        (MAIL, Recipient(before=[sent(2), sent(4), sent(7)]), ("send", "")),
        (MAIL, Recipient(colleagues=2), ("send", "")),
        (MAIL, Recipient(colleagues=3), ("withhold", "account")),
        (replace(MAIL, channel="in_app"), Recipient(colleagues=3), ("send", "")),
        (replace(MAIL, purpose="onboarding"), Recipient(colleagues=3), ("send", "")),
        (replace(MAIL, purpose="payment"), Recipient(colleagues=3), ("send", "")),
        (replace(MAIL, source=""), Recipient(colleagues=3), ("send", "")),
        (MAIL, Recipient(before=[sent(2, source="play:other")]), ("wait", "conversation")),
        (MAIL, Recipient(before=[sent(3, source="play:other")]), ("send", "")),
        (replace(MAIL, urgent=True), Recipient(before=[sent(2, source="x")]), ("send", "")),
        (replace(MAIL, due_at=NOON - days(4)), Recipient(), ("withhold", "stale")),
        (MAIL, Recipient(zone="Asia/Tokyo"), ("wait", "quiet")),  # 21:00 there
        (replace(MAIL, channel="in_app"), Recipient(zone="Asia/Tokyo"), ("send", "")),
        (replace(MAIL, channel="webhook"), Recipient(before=[sent(0.1)] * 9), ("send", "")),
    ],
)
def test_the_gate_answers_by_the_first_rule_that_says_no(
    ask: SendRequest, who: Recipient, expected: tuple[str, str]
) -> None:
    assert answer(ask, who) == expected


EXPANSION = SendRequest("mail", "expansion", NOON, source="play:limit")


@pytest.mark.parametrize(
    ("ask", "who", "expected"),
    [
        (EXPANSION, Recipient(), ("send", "")),
        (EXPANSION, Recipient(in_trouble=True), ("withhold", "trouble")),
        (EXPANSION, Recipient(last_no_at=NOON - days(29)), ("withhold", "no")),
        (EXPANSION, Recipient(last_no_at=NOON - days(30)), ("send", "")),
        (replace(EXPANSION, purpose="winback"), Recipient(in_trouble=True), ("send", "")),
        (MAIL, Recipient(in_trouble=True, last_no_at=NOON), ("send", "")),
    ],
)
def test_nothing_is_sold_to_an_account_in_trouble_or_soon_after_a_no(
    ask: SendRequest, who: Recipient, expected: tuple[str, str]
) -> None:
    assert answer(ask, who) == expected


def test_a_transactional_message_passes_caps_and_consent_but_no_dead_address() -> None:
    bill = SendRequest("mail", "payment", NOON, source="dunning")
    busy = Recipient(before=[sent(0.1)] * 9, refused=frozenset({("any", "any")}), zone="Asia/Tokyo")
    assert answer(bill, busy) == ("send", "")
    assert answer(bill, Recipient(suppressed="bounced")) == ("withhold", "suppressed")


def test_a_cap_says_when_the_next_message_would_be_possible() -> None:
    who = Recipient(zone="Europe/Berlin", before=[sent(1, source="play:dormant"), sent(20)])
    ask = replace(MAIL, caps=(Cap(channel="mail", most=2, per="month"),))
    found = decide(ask, replace(who, before=[sent(12), sent(20)]), NUMBERS, NOON)
    assert found.reason == "mail cap of 2 a month reached, next possible on 21 March 2026, 13:00"
    assert found.until == NOON + days(10)


def test_a_play_counts_only_its_own_messages_against_its_own_cap() -> None:
    ask = replace(MAIL, caps=(Cap(channel="mail", most=1, per="month"),))
    assert answer(ask, Recipient(before=[sent(20, source="play:other")])) == ("send", "")
    assert answer(ask, Recipient(before=[sent(20)])) == ("withhold", "cap")


def test_a_message_due_on_saturday_waits_until_monday_morning_where_the_person_is() -> None:
    saturday = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
    found = decide(
        replace(MAIL, due_at=saturday), Recipient(zone="America/New_York"), NUMBERS, saturday
    )
    assert found.verdict == "wait"
    assert found.until == datetime(2026, 3, 16, 12, 0, tzinfo=UTC)  # 08:00, summer time by then


def test_a_channel_down_for_days_is_followed_by_no_burst() -> None:
    assert answer(MAIL, Recipient(), NOON + timedelta(hours=85)) == ("withhold", "stale")
    assert answer(MAIL, Recipient(), NOON + timedelta(hours=24)) == ("send", "")


def test_a_day_is_the_calendar_day_of_the_person() -> None:
    # 23:30 yesterday in Berlin is 22:30 UTC; ten hours later is another day there, not in Honolulu.
    late = Before(datetime(2026, 3, 10, 22, 30, tzinfo=UTC), "mail", "play:help")
    morning = datetime(2026, 3, 11, 8, 30, tzinfo=UTC)
    cap = Cap(channel="mail", most=1, per="day")
    assert free_at(cap, [late.at], "Europe/Berlin", NUMBERS, morning) == morning
    assert free_at(cap, [late.at], "Pacific/Honolulu", NUMBERS, morning) == datetime(
        2026, 3, 11, 10, 0, tzinfo=UTC
    )


MOMENTS = st.datetimes(
    datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC), allow_imaginary=False
)
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", ""]
)


@given(now=MOMENTS, zone=ZONES)
def test_no_message_leaves_in_quiet_hours_whatever_the_clocks_do(now: datetime, zone: str) -> None:
    until = loud_from(zone, NUMBERS, now)
    local = until.astimezone(ZoneInfo(zone or "UTC"))
    assert now <= until <= now + timedelta(hours=62)
    assert local.weekday() < 5
    assert "08:00" <= f"{local:%H:%M}" < "20:00"


@given(
    start=MOMENTS,
    gaps=st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=60),
    zone=ZONES,
)
def test_what_the_gate_lets_through_never_exceeds_a_cap(
    start: datetime, gaps: list[int], zone: str
) -> None:
    went: list[Before] = []
    now = start
    for gap in gaps:
        now += timedelta(minutes=gap)
        ask = replace(MAIL, due_at=now)
        if decide(ask, Recipient(zone=zone, before=tuple(went)), NUMBERS, now).verdict == "send":
            went.append(Before(now, "mail", ask.source))
    local = [b.at.astimezone(ZoneInfo(zone or "UTC")).date() for b in went]
    assert len(set(local)) == len(local)  # one mail a day
    for this in went:
        assert sum(this.at - days(7) < b.at <= this.at for b in went) <= 3


@given(now=MOMENTS, past=st.lists(st.integers(0, 40 * 24 * 60), max_size=12), zone=ZONES)
def test_the_moment_a_cap_names_is_the_first_at_which_it_would_pass(
    now: datetime, past: list[int], zone: str
) -> None:
    cap = Cap(channel="mail", most=2, per="month")
    moments = [now - timedelta(minutes=m) for m in past]
    free = free_at(cap, moments, zone, NUMBERS, now)
    assert free is not None
    assert free_at(cap, moments, zone, NUMBERS, free) == free
    if free > now:
        just_before = free - timedelta(microseconds=1)
        assert free_at(cap, moments, zone, NUMBERS, just_before) == free


def test_a_selling_purpose_cannot_be_declared_transactional() -> None:
    text = settings.DEFAULT.read_text().replace(
        'title = "Payment problem or notice", category',
        'selling = true, title = "Payment problem or notice", category',
    )
    with pytest.raises(SpecError, match="transactional purpose cannot sell"):
        settings.parse("channels", text)


def test_a_cap_on_an_unknown_channel_is_refused_with_the_known_ones() -> None:
    text = settings.DEFAULT.read_text().replace('channel = "push"', 'channel = "pigeon"', 1)
    with pytest.raises(SpecError, match=r"pigeon.*mail, push"):
        settings.parse("channels", text)


def test_a_cap_of_none_at_all_says_so() -> None:
    ask = replace(MAIL, caps=(Cap(channel="mail", most=0, per="day"),))
    assert decide(ask, Recipient(), NUMBERS, NOON) == Decision(
        "withhold", "cap", "mail cap of 0 a day: nothing is sent at all"
    )

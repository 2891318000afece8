"""Digests: chosen by each colleague, sent on a local morning, once, with what they may see."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels.models import Endpoint, Message
from tenure.core import policy, schedule
from tenure.core.models import AuditEntry
from tenure.documents.digests import actions, queries
from tenure.documents.digests import policy as rules
from tenure.documents.digests.models import SentDigest, Wish
from tenure.documents.digests.policy import due, packaged
from tenure.health.models import ScoringRun
from tenure.metrics.alerts import actions as alerts
from tenure.metrics.alerts.actions import Condition
from tenure.metrics.indicators.models import IndicatorValue
from tenure.work.tasks.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def berlin() -> None:
    text = policy.text("digests").replace('zone = ""', 'zone = "Europe/Berlin"')
    policy.save("digests", text, "alice", "", SUNDAY)


def minutes(start: datetime, end: datetime, step: timedelta = HOUR / 2) -> Iterator[datetime]:
    while start < end:
        yield start
        start += step


def test_examples() -> None:
    assert doctest.testmod(rules).failed == 0


@given(
    st.sampled_from(rules.KINDS), st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
)  # fmt: skip
def test_a_turn_is_a_local_morning_within_its_lateness(kind, zone, moment) -> None:
    now, place, rule = moment.replace(tzinfo=UTC), ZoneInfo(zone), packaged()
    found = due(kind, now, place, rule)
    if found is None:
        return
    local = found.at.astimezone(place)
    assert (local.hour, local.date()) == (rule.hour, found.day)
    assert found.at <= now < found.at + rule.late_hours * HOUR
    assert found.since < found.at
    if kind == "weekly":
        assert local.weekday() == rule.weekday
    if kind == "monthly":
        assert local.day == 1


def test_a_fortnight_gives_each_digest_once_at_seven_in_berlin(alice: Any, bob: Any) -> None:
    """From Sunday noon 1 March, over the change to summer time at the end of the month."""
    berlin()
    actions.choose(alice, {"daily": "mail", "weekly": "mail", "monthly": "mail"}, now=SUNDAY)
    with time_machine.travel(SUNDAY, tick=False) as clock:
        for now in minutes(SUNDAY, SUNDAY + 32 * DAY):
            clock.move_to(now)
            schedule.duties["digests"].act(now)
            actions.send_due(now)
    kinds = list(SentDigest.objects.order_by("pk").values_list("kind", flat=True))
    assert {k: kinds.count(k) for k in set(kinds)} == {"daily": 32, "weekly": 5, "monthly": 1}
    hours = {at.astimezone(BERLIN).hour for at in SentDigest.objects.values_list("at", flat=True)}
    assert hours == {7}
    assert Message.objects.count() == len(kinds)
    assert set(Message.objects.values_list("address", flat=True)) == {alice.email}


def test_who_asks_after_the_hour_waits_for_the_next(bob: Any) -> None:
    seven = datetime(2026, 3, 2, 7, tzinfo=UTC)
    actions.choose(bob, {"daily": "mail"}, now=seven + HOUR)
    assert actions.send_due(seven + 2 * HOUR) == 0
    assert actions.send_due(seven + DAY) == 1
    assert actions.send_due(seven + DAY) == 0


def test_a_worker_that_slept_sends_late_but_not_too_late(bob: Any) -> None:
    seven = datetime(2026, 3, 2, 7, tzinfo=UTC)
    actions.choose(bob, {"daily": "mail"}, now=SUNDAY)
    assert actions.send_due(seven + 13 * HOUR) == 0
    assert actions.send_due(seven + 11 * HOUR) == 1


def test_choosing_anew_within_a_period_sends_nothing_twice(bob: Any) -> None:
    seven = datetime(2026, 3, 2, 7, tzinfo=UTC)
    actions.choose(bob, {"daily": "mail"}, now=SUNDAY)
    actions.send_due(seven)
    actions.choose(bob, {}, now=seven)
    actions.choose(bob, {"daily": "mail"}, now=seven)
    assert actions.send_due(seven + HOUR) == 0


def test_nobody_who_left_and_nobody_who_did_not_ask(bob: Any, alice: Any) -> None:
    actions.choose(bob, {"daily": "mail"}, now=SUNDAY)
    bob.is_active = False
    bob.save()
    assert actions.send_due(datetime(2026, 3, 2, 8, tzinfo=UTC)) == 0


@pytest.fixture
def company(bob: Any) -> None:
    """A bit of everything on Monday morning."""
    Account.objects.create(id="a", name="Acme & Sons", owner=bob, status="active")
    monday = datetime(2026, 3, 2, 6, tzinfo=UTC)
    IndicatorValue.objects.create(
        indicator="active_people", start=date(2026, 3, 1), known_at=monday, value=20, base=20,
        expected=60, low=40, high=80, status="low", made_by="x", computed_at=monday,
    )  # fmt: skip
    alerts.sync("risk", [
        Condition("risk:data_export:a", "data_export", "critical", "Data export started", "", "a")
    ], now=monday)  # fmt: skip
    for n, (title, at) in enumerate((("Call them", monday - DAY), ("Write", monday + HOUR))):
        Task.objects.create(
            key=f"k{n}", account_id="a", title=title, due_at=at, owner=bob, created_at=SUNDAY,
            updated_at=SUNDAY,
        )  # fmt: skip
    for n, (good, bad) in enumerate(((10, 5), (7, 8))):
        at = monday - (1 - n) * 3 * DAY
        ScoringRun.objects.create(
            model="six_dimensions", model_version="1", as_of=at, state="done", started_at=at,
            finished_at=at, summary={"accounts": 15, "bands": {"healthy": good, "critical": bad}},
        )  # fmt: skip
    Message.objects.all().delete()


@pytest.mark.usefixtures("company")
def test_a_mail_says_what_moved_in_words_and_html(bob: Any) -> None:
    actions.choose(bob, {"daily": "mail"}, now=SUNDAY)
    assert actions.send_due(datetime(2026, 3, 2, 7, tzinfo=UTC)) == 1
    message = Message.objects.get()
    text, page = message.content["text"], message.content["html"]
    assert message.content["subject"] == "Daily digest, 2 March 2026"
    for said in (
        "Active people: 20 (expected 60): below what is expected",
        "1 opened, 0 over, 1 to look at",
        "[critical] Acme & Sons: Data export started",
        "1 overdue, 1 due by 3 March",
        "overdue: Acme & Sons: Call them",
        "Healthy: 7 (-3)",
        "Critical: 8 (+3)",
        "/indicators/",
    ):
        assert said in text
    assert "<li>[critical] Acme &amp; Sons: Data export started</li>" in page
    assert (message.purpose, message.source) == ("service", "digests")


@pytest.mark.usefixtures("company")
def test_a_digest_goes_to_a_chat_endpoint(bob: Any) -> None:
    Endpoint.objects.create(
        name="cs", channel="chat", url="https://chat.example", created_at=SUNDAY
    )
    actions.choose(bob, {"weekly": "cs"}, now=SUNDAY)
    assert actions.send_due(datetime(2026, 3, 2, 7, tzinfo=UTC)) == 1
    message = Message.objects.get()
    assert (message.channel, message.address) == ("chat", "cs")
    assert message.content["text"].startswith("*Weekly digest, 2 March 2026*")
    assert "Acme &amp; Sons: Data export started" in message.content["text"]


def test_an_endpoint_that_is_gone_is_told_on_the_profile(bob: Any) -> None:
    Endpoint.objects.create(
        name="cs", channel="chat", url="https://chat.example", created_at=SUNDAY
    )
    actions.choose(bob, {"daily": "cs"}, now=SUNDAY)
    Endpoint.objects.all().delete()
    assert actions.send_due(datetime(2026, 3, 2, 7, tzinfo=UTC)) == 0
    last = queries.choices(bob)[0].last
    assert last is not None
    assert "there is no chat endpoint" in last.problem


@pytest.mark.usefixtures("company")
def test_a_digest_shows_nothing_its_reader_may_not_see(bob: Any) -> None:
    """A role without alerts and health."""
    text = policy.text("roles").replace('"alerts.view", "alerts.handle",', "")
    text = text.replace('"health.view",', "")
    policy.save("roles", text, "alice", "", SUNDAY)
    actions.choose(bob, {"daily": "mail"}, now=SUNDAY)
    actions.send_due(datetime(2026, 3, 2, 7, tzinfo=UTC))
    told = Message.objects.get().content["text"]
    assert "Your tasks" in told
    assert "Healthy" not in told
    assert "Data export started" not in told
    assert "Active people" not in told


def test_choosing_is_checked_and_audited(bob: Any) -> None:
    for wrong in ({"hourly": "mail"}, {"daily": "nowhere"}):
        with pytest.raises(SpecError):
            actions.choose(bob, wrong, now=SUNDAY)
    actions.choose(bob, {"daily": "mail", "weekly": ""}, now=SUNDAY)
    actions.choose(bob, {"daily": "mail"}, now=SUNDAY + DAY)
    assert Wish.objects.get().since == SUNDAY
    assert AuditEntry.objects.get(action="digests.chosen").after == {"daily": "mail"}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('zone = ""', 'zone = "Mars/Base"', "zone"),
        ('purpose = "service"', 'purpose = "news"', "purpose"),
        ("hour = 7", "hour = 24", "hour"),
        ("[kinds.daily]", "[kinds.hourly]", "kinds.hourly"),
    ],
)
def test_a_wrong_document_is_refused(old: str, new: str, key: str) -> None:
    with pytest.raises(SpecError) as refused:
        policy.save("digests", policy.text("digests").replace(old, new, 1), "t", "", SUNDAY)
    assert refused.value.key.startswith(key.rsplit(".", 1)[0] if "kinds" in key else key)


def test_what_was_sent_is_forgotten_in_the_end(bob: Any) -> None:
    SentDigest.objects.create(user=bob, kind="daily", day=date(2025, 1, 1), at=SUNDAY)
    assert actions.forget(SUNDAY + 400 * DAY) == 0
    assert actions.forget(SUNDAY + 401 * DAY) == 1


def test_the_profile_page_offers_and_keeps_them(client: Any, bob: Any) -> None:
    Endpoint.objects.create(
        name="cs", channel="chat", url="https://chat.example", created_at=SUNDAY
    )
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    assert "Daily digest" in client.get("/profile/").content.decode()
    client.post("/profile/digests/", {"daily": "mail", "weekly": "cs", "monthly": ""})
    assert dict(Wish.objects.values_list("kind", "channel")) == {"daily": "mail", "weekly": "chat"}
    answer = client.post("/profile/digests/", {"daily": "nowhere"})
    assert answer.status_code == 302
    assert Wish.objects.count() == 2
    assert client.get("/profile/digests/").status_code == 405

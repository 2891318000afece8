"""Plays that write in the product and to devices: whom they reach, how often, and about what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.accounts.models import Account, Membership, Person
from tenure.analytics.errors import SpecError
from tenure.channels import periodic_tasks
from tenure.channels.kinds import About, clipped
from tenure.channels.mail.kind import MailText
from tenure.channels.models import Endpoint, Message, PushSubscription, Reception
from tenure.core import policy as policies
from tenure.plays import (
    advance,
    entering,
    history,
    jobs,
    policy,
    settings,
    spec,
    streaks,
    switching,
)
from tenure.plays.contents import content
from tenure.plays.models import Enrolment
from tenure.plays.step_specs import MailStep

NOW = datetime(2026, 3, 11, 17, 0, tzinfo=UTC)  # a Wednesday
PLAY = """
title = "Try"
about = "A play for tests."
purpose = "help"
to = ["champion"]
caps = [{ channel = "in_app", most = 1, per = "month" }]
[trigger]
kind = "manual"
[goal]
title = "Used"
event = "*"
days = 7
[[steps]]
id = "tip"
kind = "in_app"
slot = "checklist"
title = "For {{ account.name }}"
text = "Two things."
items = \"\"\"
Invite a colleague | /team
Import a file
\"\"\"
[[steps]]
id = "nudge"
kind = "push"
title = "Hello"
text = "From {{ company }}"
link = "https://shop.example/x"
"""


@pytest.fixture
def acme(db: None, workspace: Any, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One account; its champion has neither address nor device."""
    monkeypatch.setattr(entering, "held_out", lambda *_: set())
    monkeypatch.setattr("tenure.core.worker.utc_now", lambda: NOW)
    Account.objects.create(
        pk="acme", name="Acme", owner=alice, mrr_minor=1000, currency="EUR", status="active",
        created_at=NOW - timedelta(days=400),
    )  # fmt: skip
    person = Person.objects.create(pk="ann", last_seen_at=NOW - timedelta(days=4))
    Membership.objects.create(person=person, account_id="acme", role="champion")


def device(person: str = "ann") -> None:
    PushSubscription.objects.create(
        endpoint=f"https://fcm.googleapis.com/{person}", p256dh="x", auth="x", person_id=person,
        created_at=NOW,
    )  # fmt: skip


def run(moment: datetime) -> None:
    jobs.look(moment)
    while advance.advance_due(moment):
        pass


def test_a_play_writes_in_the_product_without_an_address_and_pushes_where_a_device_is(
    acme: None, alice: Any
) -> None:
    policies.save("plays/try", PLAY, alice, "test", NOW)
    switching.switch_on("try", alice, now=NOW)
    switching.put_in("try", ["acme"], alice, now=NOW)
    run(NOW)
    periodic_tasks.work(lambda: NOW)
    (message,) = Message.objects.all()
    assert (message.channel, message.address, message.person_id) == ("in_app", "ann", "ann")
    assert message.content["items"][0] == {"text": "Invite a colleague", "link": "/team"}
    assert message.caps == [{"channel": "in_app", "most": 1, "per": "month"}]
    assert message.content["title"] == "For Acme"
    assert Reception.objects.get().slot == "checklist"
    assert "nudge: nobody to write to" in Enrolment.objects.get().note
    switching.stop("try", alice, now=NOW)
    assert Reception.objects.get().withdrawn_at == NOW  # gone from the product with its play


def test_with_a_device_the_push_is_handed_in_for_the_person(acme: None, alice: Any) -> None:
    device()
    policies.save("plays/try", PLAY, alice, "test", NOW)
    switching.switch_on("try", alice, now=NOW)
    switching.put_in("try", ["acme"], alice, now=NOW)
    run(NOW)
    push = Message.objects.get(channel="push")
    assert (push.address, push.content["link"]) == ("ann", "https://shop.example/x")


def test_a_customers_name_calls_nobody_in_a_chat_and_the_plays_own_words_may(
    acme: None, alice: Any
) -> None:
    Account.objects.filter(pk="acme").update(name="<!channel> <https://evil.example|A> & Co")
    Endpoint.objects.create(name="team", channel="chat", url="https://c.example", created_at=NOW)
    step = """
[[steps]]
id = "say"
kind = "chat"
endpoint = "team"
text = "<!here> {{ account.name }}"
"""
    policies.save("plays/try", PLAY.split("[[steps]]")[0] + step, alice, "test", NOW)
    switching.switch_on("try", alice, now=NOW)
    switching.put_in("try", ["acme"], alice, now=NOW)
    run(NOW)
    said = "<!here> &lt;!channel&gt; &lt;https://evil.example|A&gt; &amp; Co"
    assert Message.objects.get().content == {"text": said}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("https://shop.example/x", "javascript:alert(1)", "is no link"),
        ("| /team", "| //evil.example", "is no link"),
        ('slot = "checklist"', 'slot = "banner"', "only a checklist"),
        ('slot = "checklist"', 'slot = "popup"', "slot"),
        ("From {{ company }}", "{{ person.name }}", "can be missing"),
        ('title = "Hello"', f'title = "{"x" * 61}"', "longer than 60"),
        ("Import a file", "\n".join(f"Step {n}" for n in range(11)), "too many"),
    ],
)
def test_what_could_not_be_shown_is_refused_when_the_play_is_saved(
    db: None, alice: Any, old: str, new: str, problem: str
) -> None:
    assert old in PLAY
    with pytest.raises(SpecError, match=problem):
        policies.save("plays/try", PLAY.replace(old, new, 1), alice, "test", NOW)


@given(st.text(max_size=90), st.integers(1, 80))
def test_what_is_clipped_fits(text: str, most: int) -> None:
    assert len(clipped(text, most)) <= most


EXPECTED = {
    "quiet-person": ("push", 4, (3, 7)),
    "dormant-person": ("mail", 2, (7, 14)),
    "onboarding-incomplete": ("mail", 3, None),
    "unused-feature": ("in_app", 1, None),
    "streak-ending": ("push", None, None),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_five_ways_back_have_their_channel_and_cap(name: str) -> None:
    play = spec.parse(name, (settings.LIBRARY / f"{name}.toml").read_text())
    channel, most, days = EXPECTED[name]
    assert play.ways() == {channel}
    assert [(c.channel, c.most, c.per) for c in play.caps] == (
        [(channel, most, "month")] if most else []
    )
    if days:
        assert isinstance(play.trigger, spec.InactiveTrigger)
        assert (play.trigger.days, play.trigger.until_days) == days
    if name == "streak-ending":
        assert isinstance(play.trigger, spec.StreakTrigger)
        assert play.trigger.hours == 6


def test_only_people_who_can_be_reached_go_into_a_play_about_people(
    acme: None, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenure.plays.matching.now", lambda _rule, accounts: set(accounts))
    bo = Person.objects.create(pk="bo", email="bo@x.example", last_seen_at=NOW - timedelta(days=4))
    Membership.objects.create(person=bo, account_id="acme")
    device("ann")
    switching.switch_on("quiet-person", alice, now=NOW)
    run(NOW)
    assert list(Enrolment.objects.values_list("subject", flat=True)) == ["ann"]


def lake_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, events: list[tuple[str, Any]]) -> None:
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "person_id": [person for person, _ in events],
            "event": ["Signed In"] * len(events),
            "timestamp": pa.array([at for _, at in events], pa.timestamp("us", "UTC")),
        }
    )
    pq.write_table(table, tmp_path / "events.parquet")
    monkeypatch.setattr(history, "_files", lambda _since: [str(tmp_path / "events.parquet")])


def test_a_streak_counts_days_of_the_persons_own_zone(
    acme: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """Tokyo is nine hours ahead: 16:00 UTC is one in the night of the next day there."""
    Person.objects.update(timezone="Asia/Tokyo")
    morning = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)  # 18:00 in Tokyo
    tokyo_nights = [datetime(2026, 3, d, 16, 0, tzinfo=UTC) for d in range(5, 10)]  # 6th to 10th
    lake_of(monkeypatch, tmp_path, [("ann", at) for at in tokyo_nights])
    Person.objects.update(last_seen_at=tokyo_nights[-1])
    five = spec.StreakTrigger(kind="streak", days=5, hours=6)
    six = spec.StreakTrigger(kind="streak", days=6, hours=6)
    assert [c.person_id for c in streaks.at_risk(five, morning, ["in_app"])] == ["ann"]
    assert streaks.at_risk(six, morning, ["in_app"]) == []
    assert streaks.at_risk(five, morning - timedelta(minutes=1), ["in_app"]) == []
    assert streaks.at_risk(five, morning, ["push"]) == []  # no device
    Person.objects.update(last_seen_at=morning)
    assert streaks.at_risk(five, morning, ["in_app"]) == []  # here today already


def test_a_gap_ends_a_streak(acme: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    late = datetime(2026, 3, 11, 18, 0, tzinfo=UTC)
    days = [late - timedelta(days=n) for n in (1, 2, 4, 5, 6)]
    lake_of(monkeypatch, tmp_path, [("ann", at) for at in days])
    Person.objects.update(last_seen_at=days[0])
    three = spec.StreakTrigger(kind="streak", days=3, hours=6)
    two = spec.StreakTrigger(kind="streak", days=2, hours=6)
    assert streaks.at_risk(three, late, ["in_app"]) == []
    assert len(streaks.at_risk(two, late, ["in_app"])) == 1


def test_the_streak_push_comes_once_an_evening_and_again_the_next(
    acme: None, alice: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("tenure.plays.matching.now", lambda _rule, accounts: set(accounts))
    device()
    start = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
    visits = [start - timedelta(days=n) for n in range(-1, 8)]  # until the 11th
    lake_of(monkeypatch, tmp_path, [("ann", at) for at in visits])
    switching.switch_on("streak-ending", alice, now=start)
    for last, evening in ((9, 10), (11, 12)):
        Person.objects.update(last_seen_at=datetime(2026, 3, last, 10, 0, tzinfo=UTC))
        for quarter in range(20):
            run(datetime(2026, 3, evening, 17, 0, tzinfo=UTC) + timedelta(minutes=15 * quarter))
    days = Message.objects.order_by("due_at").values_list("due_at", flat=True)
    assert [(at.day, at.hour) for at in days] == [(10, 18), (12, 18)]
    assert policy.play("streak-ending").ways() == {"push"}


@pytest.mark.parametrize("link", ["example.com", "/path", "https://a b.example", ""])
def test_a_link_of_a_mail_that_leads_nowhere_is_refused_when_saved(link: str) -> None:
    with pytest.raises(ValueError, match="leads nowhere"):
        MailStep(id="m", kind="mail", subject="Hello", text=f"See [the page]({link}).")


@pytest.mark.django_db
def test_a_mail_says_in_which_language_it_is_and_keeps_names_words() -> None:
    hallo = MailText(subject="Hallo", text="Hallo {{ account.name }}, [mehr](https://a.example)")
    step = MailStep(id="m", kind="mail", subject="Hi", text="Hi", locales={"de": hallo})
    got = content(step, {"account.name": "[Pay](https://evil.example)"}, About(locale="de-AT"))
    assert (got["language"], got["marked"]) == ("de", True)
    assert got["text"] == "Hallo [Pay] (https://evil.example), [mehr](https://a.example)"
    assert content(step, {}, About(locale="fr"))["language"] == ""

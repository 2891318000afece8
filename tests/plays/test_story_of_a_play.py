"""A story with moving time: an account fades, gets the right things at the right hours and no
others, recovers, and leaves the play."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from channels.servers import Clock, Mailbox, mail_server
from health.companies import accounts, add, subscription, use

from tenure.accounts.models import Account, Membership, Person
from tenure.channels import periodic_tasks
from tenure.channels.models import Message
from tenure.core.models import User
from tenure.health import actions as health
from tenure.plays import advance, jobs, switching
from tenure.plays.models import Enrolment
from tenure.work.tasks.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
START = MONDAY - timedelta(days=120)


@pytest.fixture
def mailbox(settings: Any) -> Any:
    with mail_server(Mailbox()) as box:
        settings.MAIL_IS_SET_UP = True
        settings.EMAIL_BACKEND = "tenure.channels.mail.transport.TellingBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_USE_TLS = False
        yield box


def live(clock: Clock, until: datetime) -> None:
    """Hours pass: the worker looks, advances and sends each hour; scoring is at half past twelve
    at night."""
    while clock.now < until:
        if clock.now.hour == 0:
            health.run_scoring(clock.now, now=clock.now)
        jobs.look(clock.now)
        while advance.advance_due(clock.now):
            pass
        periodic_tasks.work(clock)
        clock.forward(hours=1)


def test_an_account_fades_is_helped_at_the_right_hours_recovers_and_leaves(
    mailbox: Mailbox, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenure.plays.entering.held_out", lambda *_: set())
    accounts("fading", "steady")
    Account.objects.update(owner=bob, mrr_minor=10_000, currency="USD")
    for name in ("fading", "steady"):
        person = Person.objects.create(
            pk=f"{name}-0", email=f"ann@{name}.example", name="Ann Example",
            timezone="America/New_York",
        )  # fmt: skip
        Membership.objects.create(person=person, account_id=name, role="champion")
    add(
        1,
        accounts=[{"account_id": a, "name": a} for a in ("fading", "steady")],
        subscriptions=[subscription("fading", START), subscription("steady", START)],
        events=[
            *use("steady", START, 200),
            *use("fading", START, 120),
            *use("fading", MONDAY, 14, every=4, people=1, actions=1),
            *use("fading", MONDAY + timedelta(days=30), 60, people=3),
        ],
    )
    clock = Clock(MONDAY)
    for play in ("usage-halved", "no-login-14-days"):
        switching.switch_on(play, "alice", now=clock.now)

    # Two weeks of little use: one mail, to the champion, when it is morning in New York.
    live(clock, MONDAY + timedelta(days=16))
    (mail,) = mailbox.mails
    assert mail["To"] == "ann@fading.example"
    assert mail["Subject"] == "Is something in your way?"
    text = mail.get_body().get_content()  # type: ignore[attr-defined]
    assert "Hello Ann," in text
    assert "Fading has been using less" in text
    sent = Message.objects.get(state="sent")
    assert sent.settled_at is not None
    assert 8 <= (sent.settled_at - timedelta(hours=5)).hour < 20

    # Still down five days later: a call for the owner, with the evidence, and no second mail.
    live(clock, MONDAY + timedelta(days=24))
    task = Task.objects.get(source="play:usage-halved")
    assert (task.owner, task.title) == (bob, "Call Fading: use has halved")
    assert re.search(r"against the 14 before: −\d+ %;", task.reason)
    assert task.value_minor == 120_000

    # A fortnight without any login: the other play's mail, and only its own.
    live(clock, MONDAY + timedelta(days=29))
    assert [m["Subject"] for m in mailbox.mails] == [
        "Is something in your way?", "It has been quiet at Fading",
    ]  # fmt: skip

    # They are back: out of the play, nothing more is sent, what was asked for is taken back.
    live(clock, MONDAY + timedelta(days=50))
    assert len(mailbox.mails) == 2
    assert {(m["To"]) for m in mailbox.mails} == {"ann@fading.example"}
    ended = Enrolment.objects.get(play="no-login-14-days")
    assert ended.state == "exited"
    assert ended.goal_at is not None
    assert not Task.objects.filter(source="play:no-login-14-days", state="open").exists()
    assert not Enrolment.objects.filter(account_id="steady").exists()

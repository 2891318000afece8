"""A channel that is down and comes back, servers that hang, clocks that jump, shared work."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connections
from servers import NOON, Clock, Mailbox, mail_server

from tenure.accounts.models import Person
from tenure.channels import outbox, pacing, periodic_tasks
from tenure.channels import settings as numbers
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import ChannelState, Message
from tenure.core import policy
from tenure.facts.models import InboxRow

Mail = Callable[..., Draft]


def change(*changes: tuple[str, str]) -> None:
    """Change the numbers of restraint in the workspace."""
    text = numbers.DEFAULT.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    policy.save(numbers.DOCUMENT, text, "alice", "", NOON)


def to_many(mail: Mail, count: int, name: str = "m", **fields: Any) -> None:
    for n in range(count):
        own = {
            "person_id": f"{name}{n}",
            "account_id": f"{name}{n}",
            "address": f"{name}{n}@example.com",
        }
        submit([mail(f"{name}{n}", **(own | fields))], now=NOON)


def states() -> Counter[str]:
    return Counter(Message.objects.values_list("state", flat=True))


@pytest.fixture
def closed(settings: Any) -> Iterator[Callable[[], Mailbox]]:
    """Tenure told of a mail server that is not there; call it to have it start."""
    with mail_server(Mailbox()) as probe:
        port = probe.port
    settings.MAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "tenure.channels.mail.transport.TellingBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    running = []

    def start() -> Mailbox:
        running.append(mail_server(Mailbox(port=port)))
        return running[-1].__enter__()

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.mark.django_db
def test_after_a_day_the_stale_are_named_and_the_rest_leaves_slowly_bills_first(
    closed: Callable[[], Mailbox], mail: Mail, clock: Clock
) -> None:
    to_many(mail, 20, "old", due_at=NOON - timedelta(hours=62))  # makes sense for 22 h more
    to_many(mail, 130, "tip")
    to_many(mail, 10, "bill", purpose="payment")
    for _ in range(48):  # a day, looked at every half hour
        assert periodic_tasks.work(clock) == 0
        clock.forward(minutes=30)
    box = closed()
    left = []
    for _ in range(4 * 30):  # four minutes, a tick every two seconds
        periodic_tasks.work(clock)
        left.append(len(box.mails))
        clock.forward(seconds=2)
    assert states() == {"withheld": 20, "sent": 140}
    for start in range(0, 90, 15):  # no minute in which more than a minute's share left
        later = left[min(start + 29, len(left) - 1)]
        assert later - (left[start - 1] if start else 0) <= 60
    assert left[5] == 60
    first = [str(m["X-Tenure-Message"]) for m in box.mails[:10]]
    bills = set(Message.objects.filter(purpose="payment").values_list("pk", flat=True))
    assert {int(text.split("_")[1]) for text in first} == bills
    stale = Message.objects.filter(state="withheld")
    assert {row.rule for row in stale} == {"stale"}
    assert all("comes too late now" in row.reason for row in stale)
    bodies = InboxRow.objects.values_list("body", flat=True)
    told = [fact["event"] for body in bodies for fact in msgspec.json.decode(bytes(body))]
    assert Counter(told) == {"tenure.message_withheld": 20, "tenure.message_sent": 140}


@pytest.mark.django_db
def test_when_nothing_waits_any_more_the_pace_ends(
    closed: Callable[[], Mailbox], mail: Mail, clock: Clock
) -> None:
    to_many(mail, 5)
    periodic_tasks.work(clock)
    clock.forward(hours=2)
    box = closed()
    periodic_tasks.work(clock)
    assert len(box.mails) == 5
    row = ChannelState.objects.get()
    assert (row.closed_since, row.paced_since) == (None, None)
    to_many(mail, 130, "later", due_at=clock.now)
    periodic_tasks.work(clock)
    assert len(box.mails) == 135


@pytest.mark.django_db
def test_a_short_outage_is_followed_by_the_usual_pace(
    closed: Callable[[], Mailbox], mail: Mail, clock: Clock
) -> None:
    to_many(mail, 130)
    periodic_tasks.work(clock)
    clock.forward(minutes=10)
    box = closed()
    periodic_tasks.work(clock)
    assert len(box.mails) == 130


@pytest.mark.django_db
def test_a_closed_channel_is_asked_now_and_then_and_the_log_says_so_once(
    closed: Callable[[], Mailbox], mail: Mail, clock: Clock, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked, real = [], pacing.closed
    monkeypatch.setattr(pacing, "closed", lambda *given: (asked.append(1), real(*given))[1])
    to_many(mail, 200)
    for _ in range(60):  # two minutes
        periodic_tasks.work(clock)
        clock.forward(seconds=2)
    assert len(asked) == 4
    assert caplog.text.count("mail is closed") == 1
    assert states() == {"ready": 200}
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}


@pytest.mark.django_db
def test_what_was_let_through_in_the_afternoon_does_not_go_out_at_night(
    closed: Callable[[], Mailbox], mail: Mail, clock: Clock
) -> None:
    clock.now = NOON.replace(hour=19, minute=50)
    submit([mail(due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert states() == {"ready": 1}
    clock.forward(hours=3)
    box = closed()
    periodic_tasks.work(clock)
    kept = Message.objects.get()
    assert (kept.state, kept.rule, box.mails) == ("queued", "quiet", [])
    clock.now = NOON.replace(hour=8) + timedelta(days=1)
    periodic_tasks.work(clock)
    assert len(box.mails) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("mood", ["mute", "hang"])
def test_a_server_that_hangs_is_left_after_the_time_that_policy_gives_it(
    mailbox: Mailbox, mail: Mail, clock: Clock, mood: str
) -> None:
    change(("timeout_seconds = 20 ", "timeout_seconds = 0.3 "))
    mailbox.mood = mood
    submit([mail()], now=NOON)
    begun = datetime.now(UTC)
    assert periodic_tasks.work(clock) == 0
    assert datetime.now(UTC) - begun < timedelta(seconds=5)
    # Before the message began: sure that nothing left. After: nobody knows, and a person decides.
    assert states() == {"ready" if mood == "mute" else "doubt": 1}
    mailbox.mood = "well"
    mailbox.answered.set()
    clock.forward(seconds=30)
    periodic_tasks.work(clock)
    assert states() == {"sent" if mood == "mute" else "doubt": 1}
    assert len(mailbox.mails) == 1


BERLIN = (("weekends = true ", "weekends = false "),)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("due", "leaves"),
    [
        # 29 March 2026: 02:00 becomes 03:00; eight in the morning is six in UTC, no longer seven.
        ("2026-03-28T20:30:00+00:00", "2026-03-29T06:00:00+00:00"),
        ("2026-03-29T01:30:00+00:00", "2026-03-29T06:00:00+00:00"),
        # The evening before, on winter time, ends an hour later in UTC.
        ("2026-03-27T20:30:00+00:00", "2026-03-28T07:00:00+00:00"),
        # 25 October 2026: 03:00 becomes 02:00; the hour from two to three comes twice.
        ("2026-10-24T20:30:00+00:00", "2026-10-25T07:00:00+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T07:00:00+00:00"),  # 02:30, the first
        ("2026-10-25T01:30:00+00:00", "2026-10-25T07:00:00+00:00"),  # 02:30, the second
        ("2026-10-23T20:30:00+00:00", "2026-10-24T06:00:00+00:00"),
    ],
)
def test_quiet_hours_end_at_eight_by_the_persons_clock_on_the_days_clocks_change(
    mailbox: Mailbox, mail: Mail, due: str, leaves: str
) -> None:
    change(*BERLIN)
    Person.objects.create(pk="ann", timezone="Europe/Berlin")
    clock = Clock(datetime.fromisoformat(due))
    submit([mail(due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    clock.now = datetime.fromisoformat(leaves) - timedelta(minutes=1)
    periodic_tasks.work(clock)
    assert mailbox.mails == []
    clock.forward(minutes=1)
    periodic_tasks.work(clock)
    assert len(mailbox.mails) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("quiet_end", "now", "leaves"),
    [
        # Quiet until half past two, which the spring night does not have: 03:30, the moment it
        # would have been.
        ("02:30", "2026-03-28T23:00:00+00:00", "2026-03-29T01:30:00+00:00"),
        # ... and which the autumn night has twice: the first, if it is still ahead.
        ("02:30", "2026-10-24T22:00:00+00:00", "2026-10-25T00:30:00+00:00"),
    ],
)
def test_an_hour_that_is_missing_or_comes_twice_ends_the_quiet_once(
    mailbox: Mailbox, mail: Mail, quiet_end: str, now: str, leaves: str
) -> None:
    change(*BERLIN, ('until = "08:00" ', f'until = "{quiet_end}" '))
    Person.objects.create(pk="ann", timezone="Europe/Berlin")
    clock = Clock(datetime.fromisoformat(now))
    submit([mail(due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert Message.objects.get().send_after == datetime.fromisoformat(leaves)
    clock.now = datetime.fromisoformat(leaves)
    periodic_tasks.work(clock)
    assert len(mailbox.mails) == 1


@pytest.mark.django_db
def test_a_clock_that_goes_back_sends_nothing_twice_and_keeps_the_caps(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    clock.forward(hours=-3)
    submit([mail(), mail("second", due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert Message.objects.get(key="second").state == "withheld"  # one mail a day is out already
    clock.forward(days=-2)
    for _ in range(5):
        periodic_tasks.work(clock)
        clock.forward(minutes=30)
    assert len(mailbox.mails) == 1


@pytest.mark.django_db
def test_a_clock_that_goes_back_holds_no_channel_closed_for_longer(
    closed: Callable[[], Mailbox], mail: Mail, clock: Clock
) -> None:
    to_many(mail, 3)
    periodic_tasks.work(clock)
    clock.forward(hours=-1)
    box = closed()
    to_many(mail, 3, "bill", purpose="payment", due_at=clock.now)
    Message.objects.update(send_after=clock.now)
    periodic_tasks.work(clock)
    assert len(box.mails) == 6


@pytest.mark.django_db
def test_a_clock_that_jumps_ahead_and_back_takes_no_message_from_a_worker_at_work(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail()], now=NOON)
    outbox.renew(NOON)
    from tenure.channels import gate

    gate.pass_due(NOON)
    (row,) = outbox._claim("mail", "one", NOON)
    clock.forward(days=1)  # wrongly, for a moment: another worker takes it over and sends it
    periodic_tasks.work(clock)
    clock.forward(days=-1)
    from tenure.channels.mail.transport import TRANSPORT

    with TRANSPORT.session() as send:
        assert outbox._send(row, send, "one", clock) == 0
    assert len(mailbox.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_outbox_send_each_message_once(mailbox: Mailbox, mail: Mail) -> None:
    clock = Clock(NOON)
    to_many(mail, 120)
    sent: list[int] = []

    def work(name: str) -> None:
        try:
            sent.append(periodic_tasks.work(clock, name))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    periodic_tasks.work(clock)
    assert states() == {"sent": 120}
    marks = Counter(str(m["X-Tenure-Message"]) for m in mailbox.mails)
    assert (len(marks), set(marks.values())) == (120, {1})
    assert sum(sent) == 120


@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_the_pace_together(mail: Mail) -> None:
    given = numbers.packaged()
    for n in range(5):
        pacing.closed("mail", given, NOON + timedelta(minutes=n * 10), "no server")
    now = NOON + timedelta(hours=1)
    taken: list[int] = []

    def claim() -> None:
        from django.db import transaction

        try:
            for _ in range(5):
                with transaction.atomic():
                    room = pacing.room("mail", 20, given, now)
                    pacing.claimed("mail", room, room, now)
                taken.append(room)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=claim) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(taken) == given.outage.per_minute

"""Delivery reports and complaints that come as mails, whole and broken, true and forged."""

from __future__ import annotations

import io
import mailbox
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import NOON, Clock, Mailbox

from tenure.analytics.errors import SpecError
from tenure.channels import periodic_tasks
from tenure.channels.drafts import Draft, submit
from tenure.channels.mail import mailboxes, marks, notices, reading, reports
from tenure.channels.models import MailNotice, Message, Suppression
from tenure.channels.outbox import identity_of
from tenure.channels.settings import packaged
from tenure.core.models import AuditEntry

CAPTURED = Path(__file__).parent / "captured"
BOUNCES = packaged().mail.bounces
REPORTS = {
    "dsn_postfix.eml": [("hard", "ann@example.com")],
    "dsn_exchange_full.eml": [("soft", "ann@example.com")],
    "dsn_delayed.eml": [],
    "arf_abuse.eml": [("complaint", "redacted@example.com")],
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_says_what_became_of_whose_mail(name: str) -> None:
    found = reports.read((CAPTURED / name).read_bytes(), BOUNCES)
    assert [(n.kind, n.address) for n in found] == REPORTS[name]


def test_a_report_says_it_in_the_servers_words() -> None:
    (found,) = reports.read((CAPTURED / "dsn_postfix.eml").read_bytes(), BOUNCES)
    assert found.said == ("550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown")
    assert found.at
    assert found.at.isoformat() == "2026-03-11T12:10:00+00:00"


def _report(status: str, diagnosis: str, action: str = "failed", explained: str = "") -> bytes:
    raw = (CAPTURED / "dsn_postfix.eml").read_text()
    head, _, tail = raw.partition("Diagnostic-Code:")
    tail = tail.partition("\n\n")[2]
    code = f"Diagnostic-Code: {diagnosis}\n\n" if diagnosis else "\n"
    text = (head + code + tail).replace("Status: 5.1.1", f"Status: {status}")
    text = text.replace("Action: failed", f"Action: {action}")
    start, _, rest = text.partition("This is the mail system")
    return f"{start}{explained}\n\n--A1B2C3{rest.partition('--A1B2C3')[2]}".encode()


@pytest.mark.parametrize(
    ("status", "diagnosis", "kind"),
    [
        ("5.0.0", 'smtp; 550 "Unknown User"', "hard"),
        ("5.0.0", "smtp; 550 5.0.0 <ann@example.com>... User unknown", "hard"),
        (
            "5.0.0",
            "smtp; 554 delivery error: dd This user doesn't have a yahoo.com account",
            "hard",
        ),
        ("5.0.0", "x-unix; unknown user: ann", "hard"),
        ("5.4.4", "dns; Host or domain name not found", "hard"),
        ("5.4.4", "", "hard"),
        ("5.1.6", "smtp; 551 5.1.6 Mailbox has moved", "hard"),
        ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied.", "hard"),
        ("5.0.0", "smtp; 550 Unrouteable address", "hard"),
        ("5.0.0", "smtp; 550 No such user (spam.filter.example.com)", "hard"),
        ("5.2.1", "smtp; 550 5.2.1 The account is disabled", "hard"),
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", "soft"),
        ("5.0.0", "smtp; 552 user unknown or mailbox over quota", "soft"),
        ("5.0.0", "smtp; 550 Message rejected as spam", "soft"),
        ("5.7.1", "smtp; 550 5.7.1 Blocked: no such user can be told", "soft"),
        (
            "5.0.0",
            "smtp; 554 Service unavailable; Client host blocked using zen.spamhaus.org",
            "soft",
        ),
        ("5.0.0", "smtp; 550 Out of office until Monday", "soft"),
        ("5.0.0", "smtp; 550 SPF check failed", "soft"),
        ("5.3.4", "smtp; 552 5.3.4 Message too large", "soft"),
        ("4.4.7", "smtp; 451 4.4.7 delivery time expired: user unknown?", "soft"),
        ("4.2.2", "smtp; 452 4.2.2 The email account is over quota", "soft"),
        ("5.0.0", "", "soft"),
    ],
)
def test_what_a_failure_says_of_the_address(status: str, diagnosis: str, kind: str) -> None:
    (found,) = reports.read(_report(status, diagnosis), BOUNCES)
    assert found.kind == kind


def test_words_for_people_count_where_machines_are_told_nothing() -> None:
    told = "This is a permanent error. The following address failed: Unrouteable address"
    (found,) = reports.read(_report("5.0.0", "", explained=told), BOUNCES)
    assert found.kind == "hard"


def test_a_delay_is_no_bounce_whatever_its_words() -> None:
    assert reports.read(_report("4.4.1", "smtp; user unknown", "delayed"), BOUNCES) == []


def test_several_recipients_are_several_notices() -> None:
    raw = (CAPTURED / "dsn_postfix.eml").read_bytes()
    more = (
        b"Final-Recipient: rfc822; bo@example.com\nAction: delivered\nStatus: 2.0.0\n\n"
        b"Final-Recipient: rfc822; ann@example.com"
    )
    raw = raw.replace(b"Final-Recipient: rfc822; ann@example.com", more)
    found = reports.read(raw, BOUNCES)
    assert [(n.kind, n.address) for n in found] == [
        ("delivered", "bo@example.com"), ("hard", "ann@example.com"),
    ]  # fmt: skip
    assert len({n.key for n in found}) == 2


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"Subject: hello\n\nOut of office until Monday", "no delivery report"),
        (b"\x00\xff\xfe" * 50, "no delivery report"),
        (
            b"Content-Type: multipart/report; report-type=delivery-status\n\nno boundary",
            "no delive",
        ),
        (b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n", "no recipient"),
        (b"Content-Type: message/feedback-report\n\nVersion: 1\n", "of what type"),
        (b"x" * (reports.MOST_BYTES + 1), "larger"),
    ],
)
def test_what_is_no_report_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(reports.Misread, match=why):
        reports.read(raw, BOUNCES)


@pytest.mark.parametrize("name", REPORTS)
@given(data=st.data())
def test_a_report_cut_or_scrambled_anywhere_is_read_or_misread_but_breaks_nothing(
    name: str, data: st.DataObject
) -> None:
    raw = bytearray((CAPTURED / name).read_bytes())
    cut = data.draw(st.integers(0, len(raw)))
    for place in data.draw(st.lists(st.integers(0, max(cut - 1, 0)), max_size=8)):
        if place < cut:
            raw[place] = data.draw(st.integers(0, 255))
    try:
        found = reports.read(bytes(raw[:cut]), BOUNCES)
    except reports.Misread:
        return
    assert all(n.kind in ("hard", "soft", "delivered", "complaint", "unsubscribed") for n in found)
    assert all(len(n.key) == 64 for n in found)


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (("5.1.1", ""), "5.1.1"),
        (("5.0.0", "smtp; 550 5.1.1 unknown"), "5.1.1"),
        (("", "smtp; 552-5.2.2 over quota"), "5.2.2"),
        (("", "host mail[10.5.1.1] said: 550 no"), ""),
        (("", ""), ""),
    ],
)
def test_the_status_that_says_most_is_found(texts: tuple[str, str], status: str) -> None:
    assert notices.status_in(*texts) == status


@pytest.fixture
def sent(mailbox: Mailbox, mail: Callable[..., Draft], clock: Clock) -> Message:
    """A mail that left by SMTP."""
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    return Message.objects.get()


def about(name: str, row: Message) -> bytes:
    mark = marks.mark(identity_of(row))
    return (CAPTURED / name).read_bytes().replace(b"MARK", mark.encode())


@pytest.mark.django_db
def test_the_mark_that_left_is_the_one_that_comes_back(sent: Message, mailbox: Mailbox) -> None:
    (got,) = mailbox.mails
    found = marks.find(str(got["X-Tenure-Message"]))
    assert found == (sent.pk, identity_of(sent))
    assert marks.find(str(got["Message-ID"])) == found
    assert marks.find(str(got["Message-ID"]).replace("msg_", "msg_1")) is None


@pytest.mark.django_db
def test_a_bounced_mail_is_known_and_its_address_left_alone(sent: Message) -> None:
    mails = [("one", about("dsn_postfix.eml", sent)), ("again", about("dsn_postfix.eml", sent))]
    found = reading.read(mails, "command line", now=NOON)
    assert found.counts == {"taken in": 1, "known already": 1}
    sent.refresh_from_db()
    assert sent.outcome == "bounced"
    assert Suppression.objects.get().address == "ann@example.com"
    entry = AuditEntry.objects.get(action="mail.bounces_read")
    assert entry.after == {"taken in": 1, "known already": 1, "mails": 2}


@pytest.mark.django_db
def test_a_complaint_whose_addresses_are_blacked_out_is_known_by_its_mark(sent: Message) -> None:
    reading.read([("fbl", about("arf_abuse.eml", sent))], "command line", now=NOON)
    sent.refresh_from_db()
    assert sent.outcome == "complained"
    assert Suppression.objects.get().address == "ann@example.com"


@pytest.mark.django_db
def test_a_report_without_our_mark_is_left_alone_unless_told_to_believe(sent: Message) -> None:
    forged = (CAPTURED / "dsn_postfix.eml").read_bytes()
    found = reading.read([("forged", forged)], "command line", now=NOON)
    assert not MailNotice.objects.exists()
    assert found.left == [("forged", "it does not bring the mark of a mail of ours back")]
    reading.read([("forged", forged)], "command line", now=NOON, believe=True)
    assert Suppression.objects.get().address == "ann@example.com"


@pytest.mark.django_db
def test_a_mailbox_with_everything_in_it_is_read_to_its_end(sent: Message) -> None:
    mails = [
        ("late", about("dsn_delayed.eml", sent)),
        ("note", b"Subject: thanks\n\nThank you!"),
        ("junk", b"\xff" * 100),
        ("full", about("dsn_exchange_full.eml", sent)),
    ]
    found = reading.read(mails, "command line", now=NOON)
    assert found.counts == {"changes nothing": 1, "no report": 2, "taken in": 1}
    assert [name for name, _ in found.left] == ["note", "junk"]
    assert not Suppression.objects.exists()


def test_an_mbox_a_maildir_a_file_and_a_pipe_give_the_same_mails(tmp_path: Path) -> None:
    raw = [(CAPTURED / name).read_bytes() for name in ("dsn_postfix.eml", "arf_abuse.eml")]
    mbox, maildir = mailbox.mbox(str(tmp_path / "box")), mailbox.Maildir(str(tmp_path / "dir"))
    for one in raw:
        mbox.add(one)
        maildir.add(one)
    mbox.close()
    (tmp_path / "one.eml").write_bytes(raw[0])

    def kinds(mails: Any) -> set[str]:
        return {reports.read(one, BOUNCES)[0].kind for _, one in mails}

    both = {"hard", "complaint"}
    assert kinds(mailboxes.from_path(tmp_path / "box")) == both
    assert kinds(mailboxes.from_path(tmp_path / "dir")) == both
    assert kinds(mailboxes.from_path(tmp_path / "one.eml")) == {"hard"}
    assert kinds(mailboxes.from_pipe(io.BytesIO((tmp_path / "box").read_bytes()))) == both
    assert kinds(mailboxes.from_pipe(io.BytesIO(raw[1]))) == {"complaint"}
    with pytest.raises(SpecError, match="no Maildir"):
        list(mailboxes.from_path(tmp_path))

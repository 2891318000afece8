"""Firms that send, sell and let go, each with or without one fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import count

from learning.practice_audit.firms import accounts, add, ago, contacts, events, subscriptions
from people import NOW

from tenure.channels.models import SENT, Message
from tenure.core import policy as documents
from tenure.learning.investigations.models import Investigation
from tenure.plays import switching
from tenure.plays.models import Enrolment
from tenure.programs.cancel.models import Visit

Firm = Callable[[], None]
_number = count(1)

PLAY = """
title = "{title}"
about = "For a test."
purpose = "{purpose}"
to = ["champion"]
[trigger]
kind = "when"
rule = {{ field = "{field}", op = ">=", value = 0.9 }}
[goal]
title = "They grow"
rule = {{ field = "seats", op = ">=", value = 10 }}
days = 30
[[steps]]
id = "mail"
kind = "mail"
subject = "Hello"
text = "{text}"
"""


def mails(
    ids: Iterable[str], days: float, *, source: str = "play:news", purpose: str = "help"
) -> None:
    """A mail to each account, so many days ago."""
    Message.objects.bulk_create(
        Message(
            key=f"mail-{next(_number)}", channel="mail", purpose=purpose, source=source,
            recipient=f"ann@{i}.example", account_id=i, state=SENT, due_at=ago(days),
            send_after=ago(days), passed_at=ago(days), settled_at=ago(days), created_at=ago(days),
        )
        for i in ids
    )  # fmt: skip


def sprayed() -> None:
    mails(accounts(25), 9)


def aimed() -> None:
    for n, account in enumerate(accounts(25)):
        mails([account], 9 + n)


def failed(written_days_ago: float | None) -> Firm:
    """Four payments failed ten days ago; a mail about a payment went out then or then."""

    def firm() -> None:
        ids = accounts(4)
        add("payments", (
            {"account_id": i, "attempted_at": ago(10), "status": "failed"} for i in ids
        ))  # fmt: skip
        if written_days_ago is not None:
            mails(ids, written_days_ago, source="dunning:i1", purpose="payment")

    return firm


def playing(title: str, purpose: str, field: str, text: str = "There is more for you.") -> Firm:
    """A play is on."""

    def firm() -> None:
        body = PLAY.format(title=title, purpose=purpose, field=field, text=text)
        documents.save("plays/own", body, "alice@example.com", "test", NOW)
        switching.switch_on("own", "alice@example.com", now=NOW)

    return firm


def switch_the_flow_on(*changes: tuple[str, str]) -> None:
    text = documents.text("cancel").replace("on = false ", "on = true ", 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    documents.save("cancel", text, "alice@example.com", "test", NOW)


def leaving(asked: bool) -> Firm:
    def firm() -> None:
        subscriptions(accounts(3))
        subscriptions(["acc0"], status="cancelled", updated_at=ago(20), ended_at=ago(20))
        if asked:
            switch_the_flow_on()

    return firm


def one_answer() -> None:
    """Whoever comes to cancel is offered a pause, whatever the reason."""
    text = documents.text("cancel")
    start, end = text.index("[[paths]]"), text.index("[words.en]")
    switch_the_flow_on((text[start:end], '[[paths]]\noffers = ["pause"]\n\n'))


def coupon(percent: int) -> Firm:
    def firm() -> None:
        told = json.dumps({"coupon": {"percent": percent, "months": 2}})
        subscriptions(accounts(2), properties=told)

    return firm


def visited(known: bool) -> Firm:
    """Six customers came to cancel ten days ago; half of them were in touch shortly before, half
    had a mail."""

    def firm() -> None:
        ids = accounts(6)
        Visit.objects.bulk_create(
            Visit(
                code=f"c-{i}", account_id=i, subscription_id=f"s-{i}", language="en",
                origin="page", policy="0", split="x", arm="offers", started_at=ago(10),
                seen_at=ago(10), outcome="cancelled", ended_at=ago(10),
            )
            for i in ids
        )  # fmt: skip
        contacts(ids[:3] if known else [], (30,))
        contacts(ids, (9,))  # after they came: too late
        if known:
            mails(ids[3:], 20)

    return firm


def studied(confirmed: int) -> Firm:
    """Six losses of sixty days ago, so many of them looked into."""

    def firm() -> None:
        ids = accounts(6)
        subscriptions(ids)
        Investigation.objects.bulk_create(
            Investigation(
                account_id=i, churned_at=ago(60), opened_at=ago(45), kind="voluntary",
                proposed_verdict="unclear", verdict="unclear",
                state="confirmed" if n < confirmed else "open",
            )
            for n, i in enumerate(ids)
        )  # fmt: skip

    return firm


def begun(reached_within: float, others: int = 4) -> Firm:
    """Twelve accounts began forty days ago; all but so many of them used the core so soon after."""

    def firm() -> None:
        ids = accounts(12, since=40)
        add("accounts", ({"account_id": i, "created_at": ago(40)} for i in ids))
        add(
            "features",
            [{"feature_id": "board", "event": "Board Made", "core": True, "high_value": True}],
        )
        for n, account in enumerate(ids):
            at = 40 - (reached_within if n >= others else 30)
            events(1, 40 - 0.01, account_id=account, event="Tour Begun")
            events(1, at, account_id=account, event="Board Made")

    return firm


def through(first_value_on_day: float) -> Firm:
    """Six accounts were seen through onboarding to its end on day 21, whatever they did."""

    def firm() -> None:
        begun(first_value_on_day, others=0)()
        Enrolment.objects.bulk_create(
            Enrolment(
                play="onboarding-mails", version=0, subject=f"acc{n}", account_id=f"acc{n}",
                state="done", step="end", due_at=ago(19), entered_at=ago(40), ended_at=ago(19),
            )
            for n in range(6)
        )  # fmt: skip

    return firm

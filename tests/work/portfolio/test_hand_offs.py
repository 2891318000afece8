"""Work handed to others: to a person, a tracker or a chat; and what came back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from people import NOW

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels import endpoints
from tenure.channels.models import CANCELLED, Message
from tenure.core.models import AuditEntry
from tenure.facts import lake, sweeping
from tenure.facts.flush import Flusher
from tenure.facts.models import InboxRow
from tenure.facts.persons import Subject
from tenure.facts.routing import ROUTING
from tenure.work.portfolio import handoffs
from tenure.work.portfolio.handoffs import Answer, Request
from tenure.work.portfolio.models import BACK, OPEN, WITHDRAWN, HandOff
from tenure.work.tasks import actions as tasks
from tenure.work.tasks.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


@pytest.fixture
def acme(bob: Any, colleague: Callable[[str], Any]) -> Account:
    colleague("cs_lead")
    return Account.objects.create(
        id="acme", name="Acme", owner=bob, mrr_minor=10_000, currency="USD", status="active"
    )


def ask(account: Account | None = None, **more: Any) -> Request:
    given = {"kind": "product_feedback", "title": "Bulk export", "why": "They copy row by row.",
             "account": account, "links": ["https://example.com/call/7"]}  # fmt: skip
    return Request(**{**given, **more})


def opened(bob: Any, account: Account | None = None, **more: Any) -> HandOff:
    return handoffs.open_hand_off(ask(account, **more), bob, now=NOW)


def events() -> str:
    return " ".join(bytes(row.body).decode() for row in InboxRow.objects.order_by("pk"))


def test_a_person_gets_a_task_with_all_they_need(acme, bob):
    row = opened(bob, acme)
    task = Task.objects.get()
    assert task.owner.email == row.owner.email == "cs_lead@example.com"
    assert task.title == "Product feedback: Bulk export"
    assert task.due_at == row.due_at == NOW + timedelta(days=14)
    for part in ("They copy row by row.", "https://example.com/call/7", "/portfolio/hand-offs/"):
        assert part in task.reason
    assert "tenure.hand_off_opened" in events()
    assert AuditEntry.objects.filter(action="hand_off.opened").exists()


def test_a_tracker_gets_the_context_as_json(acme, bob):
    endpoints.make("tracker", "webhook", "https://tracker.example/in", bob, now=NOW)
    row = opened(bob, acme, receiver="webhook:tracker")
    message = Message.objects.get()
    assert (message.key, message.channel, message.address) == (row.source, "webhook", "tracker")
    told = message.content["data"]
    assert told["account"]["yearly_value_minor"] == 120_000
    assert told["account"]["owner"] == bob.email
    assert told["answer_to"].endswith(f"/api/v1/portfolio/hand-offs/{row.pk}/back")
    assert not Task.objects.exists()


def test_a_chat_gets_it_in_words(acme, bob):
    endpoints.make("team", "chat", "https://chat.example/in", bob, now=NOW)
    opened(bob, acme, receiver="chat:team")
    text = Message.objects.get().content["text"]
    for part in ("*Product feedback: Bulk export*", "Account: Acme http", "asked by bob@example"):
        assert part in text


def test_names_and_words_call_nobody_in_a_chat(acme, bob):
    Account.objects.filter(pk="acme").update(name="<!channel>")
    acme.refresh_from_db()
    endpoints.make("team", "chat", "https://chat.example/in", bob, now=NOW)
    links = ["https://example.com/?a=1&b=2"]
    opened(bob, acme, receiver="chat:team", title="<@U1>", why="<!here>", links=links)
    text = Message.objects.get().content["text"]
    assert "<" not in text
    for part in ("&lt;!channel&gt;", "&lt;@U1&gt;", "&lt;!here&gt;", "?a=1&amp;b=2"):
        assert part in text


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"kind": "cooking"}, "kind"),
        ({"title": " "}, "title"),
        ({"why": ""}, "why"),
        ({"receiver": "webhook:nowhere"}, "receiver"),
        ({"receiver": "person:nobody@example.com"}, "receiver"),
        ({"receiver": "role:analyst"}, "receiver"),  # nobody has it
        ({"receiver": "whoever"}, "receiver"),
        ({"links": ["javascript:alert(1)"]}, "links"),
        ({"links": ["https://[broken"]}, "links"),
        ({"links": ["https://example.com"] * 21}, "links"),
    ],
)
def test_what_cannot_be_handed_over_is_refused(acme, bob, more, key):
    with pytest.raises(SpecError) as refused:
        opened(bob, acme, **more)
    assert refused.value.key == key
    assert not HandOff.objects.exists()
    assert not InboxRow.objects.exists()


def test_a_person_may_be_named_and_an_account_left_out(acme, bob):
    row = opened(bob, None, receiver="person:BOB@example.com")
    assert Task.objects.get().owner == bob
    assert row.account_id == ""


def test_what_came_back_is_recorded_and_its_task_is_over(acme, bob):
    row = opened(bob, acme)
    answer = Answer("done", " Shipped in 4.2 ", ["https://tracker.example/7"], "PROJ-7")
    handoffs.came_back(row.pk, answer, "key: tracker", now=NOW + timedelta(days=3))
    row.refresh_from_db()
    assert (row.state, row.outcome, row.note, row.reference, row.closed_by) == (
        BACK, "done", "Shipped in 4.2", "PROJ-7", "key: tracker",
    )  # fmt: skip
    assert Task.objects.get().state == CANCELLED
    assert "tenure.hand_off_back" in events()
    with pytest.raises(SpecError, match="only an open one"):
        handoffs.came_back(row.pk, answer, bob, now=NOW)
    with pytest.raises(SpecError, match="there is no outcome"):
        handoffs.came_back(row.pk, Answer("eaten"), bob, now=NOW)


def test_a_withdrawn_hand_off_is_not_sent(acme, bob):
    endpoints.make("tracker", "webhook", "https://tracker.example/in", bob, now=NOW)
    row = opened(bob, acme, receiver="webhook:tracker")
    handoffs.withdraw(row.pk, "Solved otherwise", bob, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.note) == (WITHDRAWN, "Solved otherwise")
    assert Message.objects.get().state == CANCELLED


@pytest.mark.parametrize(("outcome", "ours"), [("reached", "done"), ("not_needed", "not_needed")])
def test_closing_its_task_says_what_came_back(acme, bob, outcome, ours):
    row = opened(bob, acme)
    tasks.close(Task.objects.get(), outcome, "It is on the roadmap", bob, now=NOW)
    Flusher(lake.current(), ROUTING, "test").drain(NOW)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.note) == (BACK, ours, "It is on the roadmap")
    assert row.closed_by == bob.email


def test_the_same_closing_told_twice_changes_nothing(acme, bob):
    import pyarrow as pa

    row = opened(bob, acme)
    tasks.close(Task.objects.get(), "reached", "Yes", bob, now=NOW)
    told = pa.table({"properties": [f'{{"task": "{row.source}"}}', '{"task": "play:x"}', None,
                                    '{"task": "hand-off:x"}']})  # fmt: skip
    for _ in range(2):
        handoffs.on_task_closed(told, NOW)
    assert AuditEntry.objects.filter(action="hand_off.back").count() == 1


def test_an_erased_person_is_mentioned_no_more(acme, bob):
    row = opened(
        bob, acme, why="ada@acme.example wants it", links=["https://x.example/ada@acme.example"]
    )
    ada = Subject(("person-0017",), ("ada@acme.example",))
    assert {m["field"] for m in sweeping.mentions(ada)} == {"why", "links", "reason"}
    assert sweeping.sweep(ada, "nobody") == 3  # with the tasks of who is to do it
    row.refresh_from_db()
    assert (row.why, row.state) == ("[erased] wants it", OPEN)
    assert row.links == ["https://x.example/[erased]"]
    assert sweeping.mentions(ada) == []

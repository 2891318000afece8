"""A message in the product: laid in once, whatever dies, and taken out again when it must."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from servers import NOON, Clock

from tenure.analytics.errors import SpecError
from tenure.channels import actions, gate, outbox, periodic_tasks, reception
from tenure.channels.drafts import Draft, cancel, submit
from tenure.channels.in_app import inbox, keys, tokens
from tenure.channels.in_app.limiting import Limiter
from tenure.channels.in_app.tokens import Holder
from tenure.channels.models import InAppKey, Message, Reception, Refusal, SaidNo
from tenure.core.models import AuditEntry
from tenure.facts.models import InboxRow

pytestmark = pytest.mark.django_db
ANN = Holder("app_1", "ann", "acme")


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr("tenure.core.worker.utc_now", clock)


def draft(key: str = "tip", slot: str = "banner", **fields: Any) -> Draft:
    content = {"slot": slot, "title": "Exports", "text": "They run at night, too.",
               "link": "/exports", "link_text": "See how"} | fields.pop("content", {})  # fmt: skip
    given: dict[str, Any] = {
        "purpose": "help", "address": "ann", "content": content, "due_at": NOON,
        "source": "play:tips", "person_id": "ann", "account_id": "acme",
    } | fields  # fmt: skip
    return Draft(key, "in_app", **given)


def seen_by(holder: Holder = ANN, slot: str = "", days: float = 0) -> list[str]:
    return [m.id for m in inbox.find(holder, slot, NOON + timedelta(days=days))]


def code(key: str = "tip") -> str:
    return str(Reception.objects.get(message__key=key).code)


def told(event: str) -> list[dict[str, Any]]:
    bodies = InboxRow.objects.order_by("pk").values_list("body", flat=True)
    facts = [fact for body in bodies for fact in msgspec.json.decode(bytes(body))]
    return [f for f in facts if f["event"] == f"tenure.message_{event}"]


def test_a_message_lies_in_the_product_of_its_person_and_of_nobody_else(clock: Clock) -> None:
    submit([draft()], now=NOON)
    assert periodic_tasks.work(clock) == 1
    (found,) = inbox.find(ANN, "", NOON)
    assert (found.title, found.link, found.slot) == ("Exports", "/exports", "banner")
    assert seen_by(Holder("app_1", "bo", "acme")) == []
    assert seen_by(Holder("app_1", "ann", "other")) == []
    assert inbox.one(Holder("app_1", "bo", "acme"), found.id) is None
    assert seen_by(slot="modal") == []
    assert seen_by(days=14) == []  # it has waited long enough


def test_a_worker_that_dies_after_laying_in_lays_nothing_in_twice(clock: Clock) -> None:
    submit([draft()], now=NOON)
    gate.pass_due(NOON)
    (row,) = outbox._claim("in_app", "dead worker", NOON)
    Message.objects.filter(pk=row.pk).update(handed_at=NOON)
    reception.place("tip", "banner", 14, NOON)  # and here it dies, before it says so
    first = code()
    reception.record(Reception.objects.get(), "dismissed", NOON)
    clock.forward(seconds=121)
    assert periodic_tasks.work(clock) == 1
    assert Message.objects.get().state == "sent"
    assert code() == first
    assert seen_by() == []  # what was closed does not come back


def test_seen_clicked_and_closed_are_facts_each_once(clock: Clock) -> None:
    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    row = Reception.objects.get()
    assert reception.record(row, "clicked", NOON)
    for act in ("seen", "clicked", "clicked"):
        assert not reception.record(row, act, NOON + timedelta(hours=1))
    assert [len(told(act)) for act in ("seen", "clicked", "dismissed")] == [1, 1, 0]
    (fact,) = told("clicked")
    assert (fact["account_id"], fact["person_id"]) == ("acme", "ann")
    assert fact["properties"]["source"] == "play:tips"
    assert seen_by() == []


def test_one_at_a_time_in_a_slot_and_a_modal_a_single_time(clock: Clock) -> None:
    for number in range(2):
        submit([draft(f"b{number}", purpose="payment"),
                draft(f"m{number}", "modal", purpose="payment")], now=NOON)  # fmt: skip
    periodic_tasks.work(clock)
    assert seen_by() == [code("b0"), code("m0")]
    for key in ("b0", "m0"):
        reception.record(Reception.objects.get(message__key=key), "seen", NOON)
    assert seen_by() == [code("b0"), code("m1")]


def test_what_a_stopped_play_laid_in_is_taken_out(clock: Clock) -> None:
    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    assert cancel("play:tips", now=NOON) == 0
    assert seen_by() == []


def test_who_refuses_gets_no_more_like_it_and_is_not_sold_to(clock: Clock) -> None:
    submit([draft(purpose="expansion"), draft("bill", "message", purpose="payment")], now=NOON)
    periodic_tasks.work(clock)
    assert inbox.refuse(Reception.objects.get(message__key="tip"), NOON)
    assert not inbox.refuse(Reception.objects.get(message__key="bill"), NOON)
    assert seen_by() == [code("bill")]
    assert Refusal.objects.get().channel == "in_app"
    assert SaidNo.objects.get().recipient == "ann"
    submit([draft("again", purpose="expansion")], now=NOON)
    periodic_tasks.work(clock)
    assert Message.objects.get(key="again").rule == "consent"


def test_consent_withdrawn_elsewhere_takes_effect_at_once(clock: Clock) -> None:
    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    actions.refuse("ann", "any", "help", "a colleague", now=NOON)
    assert seen_by() == []


def test_a_checklist_keeps_its_ticks_and_tells_each_item_once(clock: Clock) -> None:
    items = [{"text": "Invite a colleague", "link": "/team"}, {"text": "Import a file"}]
    submit([draft(slot="checklist", content={"items": items})], now=NOON)
    periodic_tasks.work(clock)
    row = Reception.objects.get()
    for done in (True, False, True):
        assert inbox.tick(row, 1, done, NOON)
    assert not inbox.tick(row, 2, True, NOON)
    assert [f["properties"]["item"] for f in told("ticked")] == [1]
    reception.record(row, "clicked", NOON)
    (found,) = inbox.find(ANN, "", NOON)  # opening an item does not end the list
    assert [item["done"] for item in found.items] == [False, True]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"slot": "popup"}, "slot"),
        ({"title": " "}, "title"),
        ({"text": "x" * 601}, "text"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "//evil.example"}, "link"),
        ({"items": [{"text": "x"}]}, "items"),
        ({"slot": "checklist"}, "items"),
        ({"slot": "checklist", "items": [{"text": "x", "link": "data:text/html,x"}]}, "link"),
    ],
)
def test_what_could_not_be_shown_is_refused_at_once(content: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError) as refused:
        submit([draft(content=content)], now=NOON)
    assert refused.value.key == key


def test_a_key_is_rotated_without_a_gap_and_switched_off_at_once(alice: Any) -> None:
    key = keys.make("Shop", alice, now=NOON)
    expires = int(NOON.timestamp()) + 600

    def token(secret: str) -> str:
        return tokens.make(secret, key.public_id, "ann", "acme", expires)

    first = key.secrets[0]
    second = keys.rotate(key, alice, now=NOON)
    assert {keys.holder_of(token(s), NOON).person_id for s in (first, second)} == {"ann"}
    keys.rotate(key, alice, now=NOON)
    with pytest.raises(tokens.BadToken, match="does not fit"):
        keys.holder_of(token(first), NOON)
    keys.switch(key, False, alice, now=NOON)
    with pytest.raises(tokens.BadToken, match="switched off"):
        keys.holder_of(token(second), NOON)
    with pytest.raises(SpecError, match="taken"):
        keys.make("Shop", alice, now=NOON)
    trail = str(list(AuditEntry.objects.values()))
    assert not any(secret in trail for secret in InAppKey.objects.get().secrets)


def test_the_memory_of_the_limiter_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.channels.in_app.limiting._MOST_NAMES", 3)
    limiter = Limiter()
    assert not any(limiter.wait(f"p{n}", 1, 0.0) for n in range(10))
    assert len(limiter.windows) <= 3
    assert limiter.wait("p9", 1, 1.0) == 59.0


def test_erasing_a_person_takes_what_lay_in_the_product(clock: Clock) -> None:
    from tenure.channels import erasing
    from tenure.facts.persons import Subject

    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    subject = Subject(("ann",), ())
    assert erasing.export(subject)["in_the_product"][0]["slot"] == "banner"
    erasing.erase(subject, "gone", NOON)
    assert not Reception.objects.exists()

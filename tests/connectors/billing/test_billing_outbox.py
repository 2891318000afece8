"""Acts in billing: handed in once, asked for outside of transactions, and their end is heard of."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from tenure.analytics.errors import SpecError
from tenure.connectors.billing import outbox
from tenure.connectors.billing.acts import Act, Request
from tenure.connectors.billing.contract import Outcome, Rejected, Subscription, Unavailable
from tenure.connectors.billing.models import Act as Row

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Till:
    """A billing system that notes what it is asked for, and answers as told."""

    name: str = "till"
    answer: Any = None
    asked: list[str] = field(default_factory=list)
    meanwhile: Any = None
    alone: bool = False

    def _ask(self, key: str) -> Outcome:
        assert not (self.alone and connection.in_atomic_block)
        self.asked.append(key)
        if self.meanwhile:
            self.meanwhile()
        if self.answer is not None:
            raise self.answer
        return Outcome("done", NOON, "well")

    def pause(self, which: Subscription, *, until: datetime, key: str, now: datetime) -> Outcome:
        return self._ask(key)

    def resume(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        return self._ask(key)

    def retry_invoice(self, invoice_id: str, *, key: str, now: datetime) -> Outcome:
        return self._ask(key)


@dataclass
class Shop:
    """A program that notes what it hears."""

    heard: list[tuple[str, str]] = field(default_factory=list)
    changed: str = ""

    def provider(self) -> str:
        return "till"

    def outdated(self, act: Act, now: datetime) -> str:
        return self.changed

    def done(self, act: Act, outcome: Outcome, now: datetime) -> None:
        self.heard.append(("done", act.key))

    def refused(self, act: Act, why: str, now: datetime) -> None:
        self.heard.append(("refused", why))

    def waits(self, act: Act, why: str, now: datetime) -> None:
        self.heard.append(("waits", why))


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Till:
    found = Till()
    monkeypatch.setattr(outbox, "billing", lambda name: {"till": found}[name])
    return found


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, till: Till) -> Shop:
    monkeypatch.setattr(outbox, "_programs", {"shop": (found := Shop())})
    return found


def pause(key: str = "k1", subscription: str = "s1", **more: Any) -> Request:
    terms = {"until": (NOON + timedelta(days=30)).isoformat()}
    return Request(key, "shop", "one", "acme", "pause", terms, subscription, **more)


def states() -> dict[str, str]:
    return dict(Row.objects.values_list("key", "state"))


@pytest.mark.django_db
def test_an_act_handed_in_twice_is_done_once_and_its_program_hears_of_it(
    shop: Shop, till: Till
) -> None:
    assert outbox.ask(pause(), NOON).id == outbox.ask(pause(), NOON).id
    assert outbox.carry_out(lambda: NOON) == 1
    assert outbox.carry_out(lambda: NOON) == 0
    outbox.ask(pause(), NOON + MINUTE)  # known, and done
    assert outbox.carry_out(lambda: NOON + MINUTE) == 0
    assert (till.asked, shop.heard) == (["k1"], [("done", "k1")])


@pytest.mark.django_db(transaction=True)
def test_billing_is_asked_with_no_transaction_open(shop: Shop, till: Till) -> None:
    till.alone = True
    outbox.ask(pause(), NOON)
    assert outbox.run_for("shop", "one", NOON) == 1


@pytest.mark.django_db(transaction=True)
def test_an_act_whose_callers_work_is_undone_was_never_handed_in(shop: Shop) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        outbox.ask(pause(), NOON)
        raise ZeroDivisionError
    assert states() == {}


@pytest.mark.django_db
def test_without_an_answer_it_is_tried_again_later_and_later_under_the_same_key(
    shop: Shop, till: Till
) -> None:
    till.answer = Unavailable("no answer")
    outbox.ask(pause(), NOON)
    now = NOON
    while now < NOON + timedelta(hours=4):
        outbox.carry_out(lambda at=now: at)  # type: ignore[misc]
        now += MINUTE
    assert set(till.asked) == {"k1"}
    assert 8 <= len(till.asked) <= 10  # after 1, 2, 4, 8, 16, 32, 60, 60 minutes
    assert set(shop.heard) == {("waits", "no answer")}
    till.answer = None
    assert outbox.carry_out(lambda: now + timedelta(hours=1)) == 1
    assert states() == {"k1": "done"}


@pytest.mark.django_db
def test_a_no_is_for_a_person_and_what_is_tried_again_has_a_key_of_its_own(
    shop: Shop, till: Till
) -> None:
    till.answer = Rejected("locked")
    outbox.ask(pause(), NOON)
    outbox.carry_out(lambda: NOON)
    (act,) = outbox.find()
    assert (act.state, act.detail, shop.heard) == ("refused", "locked", [("refused", "locked")])
    assert outbox.carry_out(lambda: NOON + timedelta(days=1)) == 0
    till.answer = None
    before, after = outbox.try_again(act.id, NOON)
    assert (before.key, after.key) == ("k1", "k1#2")
    assert outbox.carry_out(lambda: NOON) == 1
    assert till.asked == ["k1", "k1#2"]
    with pytest.raises(SpecError, match="was not refused"):
        outbox.try_again(act.id, NOON)


@pytest.mark.django_db
def test_what_a_program_hands_in_again_after_a_no_is_tried_again(shop: Shop, till: Till) -> None:
    till.answer = Rejected("locked")
    outbox.ask(pause(), NOON)
    outbox.carry_out(lambda: NOON)
    till.answer = None
    assert outbox.ask(pause(), NOON + MINUTE).key == "k1#2"
    assert outbox.carry_out(lambda: NOON + MINUTE) == 1


@pytest.mark.django_db
def test_what_makes_no_sense_any_more_is_dropped_unasked_and_may_come_back(
    shop: Shop, till: Till
) -> None:
    outbox.ask(pause(), NOON)
    shop.changed = "the plan has changed"
    assert outbox.carry_out(lambda: NOON) == 0
    assert (states(), till.asked) == ({"k1": "dropped"}, [])
    shop.changed = ""
    assert outbox.ask(pause(), NOON).state == "waiting"
    assert outbox.carry_out(lambda: NOON) == 1
    assert till.asked == ["k1"]


@pytest.mark.django_db
def test_acts_of_a_subscription_are_done_one_after_the_other(shop: Shop, till: Till) -> None:
    till.answer = Unavailable("away")
    outbox.ask(pause("k1"), NOON)
    outbox.carry_out(lambda: NOON)
    till.answer = None
    outbox.ask(pause("k2"), NOON)
    outbox.ask(pause("k3", "s2"), NOON)
    outbox.carry_out(lambda: NOON)
    assert states() == {"k1": "waiting", "k2": "waiting", "k3": "done"}
    outbox.carry_out(lambda: NOON + 2 * MINUTE)
    outbox.carry_out(lambda: NOON + 2 * MINUTE)
    assert till.asked == ["k1", "k3", "k1", "k2"]


@pytest.mark.django_db
def test_an_act_for_a_day_to_come_stands_in_nobodys_way(shop: Shop, till: Till) -> None:
    later = NOON + timedelta(days=30)
    outbox.ask(Request("k0", "shop", "one", "acme", "resume", {}, "s1", due_at=later), NOON)
    outbox.ask(pause("k1"), NOON)
    assert outbox.carry_out(lambda: NOON) == 1
    assert till.asked == ["k1"]
    assert outbox.carry_out(lambda: later) == 1
    assert till.asked == ["k1", "k0"]


@pytest.mark.django_db
def test_taken_back_before_it_was_done_it_is_dropped_and_after_that_undone(
    shop: Shop, till: Till
) -> None:
    waits = outbox.ask(pause("k1"), NOON)
    assert outbox.take_back(waits.id, "a mistake", "alice", NOON).state == "dropped"
    done = outbox.ask(pause("k2"), NOON)
    outbox.carry_out(lambda: NOON)
    undo = outbox.take_back(done.id, "a mistake", "alice", NOON)
    assert (undo.undoes, undo.undoes_key, undo.by) == (done.id, "k2", "alice")
    outbox.carry_out(lambda: NOON)
    assert states() == {"k1": "dropped", "k2": "undone", "k2:undo": "done"}
    for act in (waits, done):
        with pytest.raises(SpecError, match="cannot be taken back"):
            outbox.take_back(act.id, "again", "alice", NOON)


@pytest.mark.django_db
def test_a_process_that_died_while_asking_leaves_a_lease_that_runs_out(
    shop: Shop, till: Till
) -> None:
    def dies() -> None:
        raise KeyboardInterrupt

    till.meanwhile = dies
    outbox.ask(pause(), NOON)
    with pytest.raises(KeyboardInterrupt):
        outbox.carry_out(lambda: NOON)
    till.meanwhile = None
    assert outbox.carry_out(lambda: NOON + MINUTE) == 0  # somebody may still be at it
    with pytest.raises(SpecError, match="being carried out"):
        outbox.take_back(outbox.find()[0].id, "a mistake", "alice", NOON)
    assert outbox.drop("never mind", NOON) == 0
    after = NOON + outbox.lease() + MINUTE
    assert outbox.carry_out(lambda: after) == 1
    assert till.asked == ["k1", "k1"]


@pytest.mark.django_db
def test_an_act_leased_by_a_clock_that_ran_ahead_is_done(shop: Shop, till: Till) -> None:
    outbox.ask(pause(), NOON)
    Row.objects.update(lease_until=NOON + timedelta(days=270), lease_owner="dead", tries=1)
    assert outbox.carry_out(lambda: NOON) == 1


@pytest.mark.django_db
def test_the_answer_to_an_earlier_round_says_nothing_of_a_later_one(shop: Shop, till: Till) -> None:
    """A process slept on its answer; meanwhile another was refused and a person tried again."""

    def meanwhile() -> None:
        till.meanwhile = None
        till.answer = Rejected("locked")
        late = NOON + outbox.lease() + MINUTE
        assert outbox.run(act.id, late)
        till.answer = None
        outbox.try_again(act.id, late)

    act = outbox.ask(pause(), NOON)
    till.meanwhile = meanwhile
    assert outbox.run(act.id, NOON) is False
    assert states() == {"k1": "waiting"}
    assert [what for what, _ in shop.heard] == ["refused"]


@pytest.mark.django_db
def test_a_worker_that_ends_leaves_the_rest_to_another(shop: Shop, till: Till) -> None:
    for n in range(3):
        outbox.ask(pause(f"k{n}", f"s{n}"), NOON)
    assert outbox.carry_out(lambda: NOON, lambda: len(till.asked) == 1) == 1
    assert sorted(states().values()) == ["done", "waiting", "waiting"]
    assert not Row.objects.exclude(lease_until=None).exists()


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_do_each_act_once(shop: Shop, till: Till) -> None:
    for n in range(6):
        outbox.ask(pause(f"k{n}", f"s{n}"), NOON)
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        try:
            outbox.carry_out(lambda: NOON)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(states().values()) == {"done"}
    assert sorted(till.asked) == [f"k{n}" for n in range(6)]


@pytest.mark.django_db(transaction=True)
def test_acts_of_the_cancel_flow_move_into_the_outbox_with_their_keys() -> None:
    """An upgrade in the middle of things: what waited waits, what was done can be taken back."""
    old = [("cancel", "0002_first_signal_later"), ("billing", "0001_initial")]
    executor = MigrationExecutor(connection)
    latest = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "cancel"]
    try:
        executor.migrate(old)
        apps = executor.loader.project_state(old).apps
        visit = apps.get_model("cancel", "Visit").objects.create(
            code="c1", account_id="acme", subscription_id="s1", language="en", origin="page",
            policy="1", split="x", arm="offers", started_at=NOON, seen_at=NOON,
        )  # fmt: skip
        acts = apps.get_model("cancel", "Act").objects

        def old_act(key: str, what: str, **more: Any) -> Any:
            return acts.create(
                key=key, visit=visit, account_id="acme", subscription_id="s1", what=what,
                asked_at=NOON, due_at=NOON, **more,
            )  # fmt: skip

        done = old_act("cancel:c1:coupon#3", "coupon", state="done", terms={"percent": 25})
        old_act("cancel:c1:coupon#3:undo", "coupon", undoes=done)
        old_act("cancel:c1:resume", "resume")
        executor = MigrationExecutor(connection)
        executor.migrate(latest)
        found = {act.key: act for act in outbox.find(program="cancel", subject=str(visit.pk))}
        assert list(found) == ["cancel:c1:coupon#3", "cancel:c1:coupon#3:undo", "cancel:c1:resume"]
        undo = found["cancel:c1:coupon#3:undo"]
        assert (undo.undoes_key, undo.state) == ("cancel:c1:coupon#3", "waiting")
        assert found["cancel:c1:coupon#3"].terms == {"percent": 25}
        assert [act.planned for act in found.values()] == [False, False, True]
    finally:
        MigrationExecutor(connection).migrate(latest)
        Row.objects.all().delete()

"""One rule for every lease: kept while it runs, free after it, and free when a clock ran ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tenure.channels import outbox
from tenure.channels.models import Message
from tenure.core import jobs, leases, schedule
from tenure.core.models import Job
from tenure.core.worker import Worker
from tenure.facts import batches
from tenure.facts.models import Batch

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(schedule, "periodics", {})
    monkeypatch.setattr(schedule, "duties", {})


@pytest.mark.parametrize(
    ("after", "free"),
    [(-3600, True), (-1, True), (0, False), (30, False), (60, False), (75, True), (86_400, True)],
)
def test_a_lease_is_free_once_it_ran_out_and_when_it_lies_too_far_ahead(
    after: int, free: bool
) -> None:
    assert leases.is_free(NOON + timedelta(seconds=after), NOON, MINUTE) is free


def test_two_clocks_that_differ_by_seconds_do_not_take_each_others_work() -> None:
    taken_by_the_faster = NOON + leases.skew() + MINUTE
    assert not leases.is_free(taken_by_the_faster, NOON, MINUTE)


@given(st.integers(-200_000, 200_000), st.integers(1, 3600))
def test_nothing_is_held_for_longer_than_a_lease_and_the_clocks_difference(
    after: int, seconds: int
) -> None:
    until, length = NOON + timedelta(seconds=after), timedelta(seconds=seconds)
    later = NOON + length + leases.skew() + timedelta(microseconds=1)
    assert leases.is_free(until, NOON, length) or leases.is_free(until, later, length)


@pytest.mark.django_db
def test_the_database_answers_as_the_function_does() -> None:
    Batch.objects.create(name="none")
    moments = {f"{s}": NOON + timedelta(seconds=s) for s in (-60, 0, 60, 69, 70, 71, 9000)}
    for name, until in moments.items():
        Batch.objects.create(name=name, lease_until=until, lease_owner="somebody")
    found = set(Batch.objects.filter(leases.free(NOON, MINUTE)).values_list("name", flat=True))
    right = {name for name, until in moments.items() if leases.is_free(until, NOON, MINUTE)}
    assert found == {*right, "none"}


@pytest.mark.django_db
def test_a_batch_leased_by_a_clock_that_ran_ahead_is_taken_over() -> None:
    in_december = NOON + timedelta(days=270)
    assert batches.begin("inbox", "dead", lambda: [1, 2], in_december, 60) is not None
    heir = batches.begin("inbox", "heir", lambda: [3], NOON, 60)
    assert heir is not None
    assert (heir.rows, heir.resumed) == ([1, 2], True)


@pytest.mark.django_db
def test_a_message_leased_by_a_clock_that_ran_ahead_goes_out() -> None:
    Message.objects.create(
        key="hello", channel="mail", purpose="service", recipient="ann", state="sending",
        lease_owner="dead", lease_until=NOON + timedelta(days=270), due_at=NOON,
        send_after=NOON, created_at=NOON,
    )  # fmt: skip
    assert outbox.anything_due(NOON)
    assert outbox.reclaim(NOON) == 1
    assert Message.objects.get().state == "ready"


@pytest.mark.django_db
@pytest.mark.parametrize("left", ["running", "wanted at once", "to be tried again"])
def test_a_job_left_by_a_clock_that_ran_ahead_is_done(left: str) -> None:
    done = []
    jobs.register("greet", lambda job, now: done.append(now))
    ahead = NOON + timedelta(days=270)
    job = jobs.enqueue("greet", now=NOON if left == "to be tried again" else ahead)
    if left == "running":
        assert jobs.claim("dead", lambda: ahead) is not None
    if left == "to be tried again":
        Job.objects.filter(pk=job.pk).update(attempts=1, run_at=ahead + MINUTE)
    assert jobs.run_all("heir", lambda: NOON) == 1
    assert done == [NOON]


@pytest.mark.django_db
def test_a_job_that_was_asked_for_at_a_later_time_still_waits_for_it() -> None:
    jobs.register("greet", lambda job, now: None)
    jobs.enqueue("greet", now=NOON, run_at=NOON + timedelta(days=270))
    assert jobs.run_all("w1", lambda: NOON) == 0


@pytest.mark.django_db
def test_a_period_goes_on_after_a_clock_that_ran_ahead() -> None:
    jobs.register("daily", lambda job, now: None)
    schedule.every("daily", timedelta(days=1))
    schedule.enqueue_due(NOON + timedelta(days=270))
    jobs.run_all("dead", lambda: NOON + timedelta(days=270))
    assert schedule.enqueue_due(NOON) == ["daily"]
    assert schedule.enqueue_due(NOON) == []


@pytest.mark.django_db
def test_a_job_of_a_worker_that_stops_goes_on_elsewhere_at_once() -> None:
    stop, seen = threading.Event(), []

    def count(job: jobs.Running, now: datetime) -> None:
        for number in range(int(job.checkpoint.get("upto", 0)), 4):
            seen.append(number)
            job.save({"upto": number + 1})
            if number == 1:
                stop.set()

    jobs.register("count", count)
    jobs.enqueue("count", now=NOON)
    first = jobs.claim("w1", lambda: NOON, stop.is_set)
    assert first is not None
    assert jobs.run(first) is False
    kept = Job.objects.get()
    assert (kept.state, kept.lease_owner, kept.attempts) == ("ready", "", 0)
    assert jobs.run_all("w2", lambda: NOON) == 1
    assert seen == [0, 1, 2, 2, 3]  # what was begun and not saved is done by the heir


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_stops_lets_go_of_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_at_stop", {})
    worker = Worker(lambda: NOON)
    leases.at_stop("facts", lambda: batches.release_of(worker.name))
    held: list[str] = []

    def hold(now: datetime) -> None:
        batches.begin("inbox", worker.name, lambda: [1], now, 60)
        held.extend(Batch.objects.values_list("lease_owner", flat=True))
        worker.stop.set()

    schedule.duty("hold", 1.0, hold)
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        hold(NOON)  # threads would have databases of their own
    worker.run()
    assert held == [worker.name]
    assert list(Batch.objects.values_list("lease_owner", "lease_until")) == [("", None)]


@pytest.mark.django_db
def test_a_job_shows_life_until_it_has_ended_also_when_the_worker_is_told_to_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: dict[str, threading.Event] = {}

    def note(self: Worker, step: Callable[[], float], until: threading.Event) -> None:
        ended[step.__name__] = until

    monkeypatch.setattr(Worker, "_loop", note)
    monkeypatch.setattr(leases, "_at_stop", {})
    worker = Worker(lambda: NOON)
    worker.run()
    assert ended["_job"] is worker.stop
    assert ended["_show_life"] is not worker.stop
    assert ended["_show_life"].is_set()

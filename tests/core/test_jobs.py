"""Jobs are done once, survive their worker, and give up in the open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from tenure.core import jobs, schedule
from tenure.core.leases import LeaseLost
from tenure.core.models import Job

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(schedule, "periodics", {})


def test_a_job_is_done_once(clock: Clock) -> None:
    done = []
    jobs.register("greet", lambda job, now: done.append((job.payload["who"], now)))
    jobs.enqueue("greet", payload={"who": "Alice"}, now=NOON)
    assert jobs.run_all("w1", clock) == 1
    assert jobs.run_all("w2", clock) == 0
    assert done == [("Alice", NOON)]
    assert Job.objects.get().state == "done"


def test_an_open_job_is_not_asked_for_twice(clock: Clock) -> None:
    jobs.register("greet", lambda job, now: None)
    first = jobs.enqueue("greet", "alice", now=NOON)
    assert jobs.enqueue("greet", "alice", now=NOON).pk == first.pk
    assert jobs.enqueue("greet", "bob", now=NOON).pk != first.pk
    jobs.run_all("w1", clock)
    assert jobs.enqueue("greet", "alice", now=NOON).pk != first.pk


def test_a_job_waits_for_its_time(clock: Clock) -> None:
    jobs.register("greet", lambda job, now: None)
    jobs.enqueue("greet", now=NOON, run_at=NOON + timedelta(hours=1))
    assert jobs.claim("w1", clock) is None
    clock.passes(hours=1)
    assert jobs.claim("w1", clock) is not None


def test_only_one_worker_holds_a_job_until_its_lease_ends(clock: Clock) -> None:
    jobs.register("count", lambda job, now: None)
    jobs.enqueue("count", now=NOON)
    assert jobs.claim("w1", clock) is not None
    assert jobs.claim("w2", clock) is None
    clock.passes(seconds=jobs.settings()["lease"] + 1)
    assert jobs.claim("w2", clock) is not None


def test_work_goes_on_from_the_checkpoint_of_a_dead_worker(clock: Clock) -> None:
    jobs.register("count", lambda job, now: None)
    jobs.enqueue("count", now=NOON)
    dead = jobs.claim("w1", clock)
    assert dead is not None
    dead.save({"upto": 40}, done=40, total=100)
    clock.passes(hours=1)
    heir = jobs.claim("w2", clock)
    assert heir is not None
    assert heir.checkpoint == {"upto": 40}


def test_a_worker_that_slept_an_hour_cannot_count_its_chunk(clock: Clock) -> None:
    jobs.register("count", lambda job, now: None)
    jobs.enqueue("count", now=NOON)
    sleeper = jobs.claim("w1", clock)
    clock.passes(hours=1)
    heir = jobs.claim("w2", clock)
    assert sleeper is not None
    assert heir is not None
    with pytest.raises(LeaseLost), transaction.atomic():  # noqa: PT012
        jobs.enqueue("side effect", now=clock())
        sleeper.save({"upto": 80})
    assert not Job.objects.filter(kind="side effect").exists()
    assert not jobs.run(sleeper)
    assert Job.objects.get(kind="count").lease_owner == "w2"


def test_a_failing_job_is_tried_again_later_and_then_kept_as_failed(clock: Clock) -> None:
    def fails(job: jobs.Running, now: datetime) -> None:
        raise RuntimeError("no such luck")

    jobs.register("fail", fails)
    jobs.enqueue("fail", now=NOON)
    for _ in range(int(jobs.settings()["attempts"])):
        assert jobs.run_all("w1", clock) == 0
        assert jobs.claim("w1", clock) is None
        clock.passes(hours=1)
    job = Job.objects.get()
    assert job.state == "failed"
    assert "no such luck" in job.error


def test_a_periodic_job_is_asked_for_once_a_period(clock: Clock) -> None:
    jobs.register("daily", lambda job, now: None)
    schedule.every("daily", timedelta(days=1), offset=timedelta(hours=2))
    assert schedule.enqueue_due(clock()) == ["daily"]
    assert schedule.enqueue_due(clock()) == []
    jobs.run_all("w1", clock)
    clock.passes(hours=13)
    assert schedule.enqueue_due(clock()) == []
    clock.passes(hours=1)
    assert schedule.enqueue_due(clock()) == ["daily"]


def test_old_finished_jobs_are_forgotten(clock: Clock) -> None:
    jobs.register("greet", lambda job, now: None)
    jobs.enqueue("greet", now=NOON)
    jobs.run_all("w1", clock)
    assert jobs.prune(NOON + timedelta(days=1)) == 0
    assert jobs.prune(NOON + timedelta(days=31)) == 1

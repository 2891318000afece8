"""A synthetic company of any size as lake files: many accounts, people who come in visits.

A person is active on some days; an active day is one or two visits of about ten actions in all.
Accounts differ in size and activity by orders of magnitude, as real ones do. One file a day, in the
order of arrival; one event in 200 arrives up to three days late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

EVENTS = [
    "Task Completed", "Comment Added", "Signed In", "Project Created", "Report Shared",
    "Automation Run", "Integration Connected", "Teammate Invited", "Search Done", "File Uploaded",
    "Billing Page Viewed", "Data Exported",
]  # fmt: skip
WEIGHTS = np.array([30, 18, 12, 8, 6, 8, 2, 1, 8, 5, 1.5, 0.5])
FEATURES = [e for e in EVENTS if e not in ("Signed In", "Billing Page Viewed", "Data Exported")]
PEOPLE_PER_ACCOUNT = 5
ACTIONS_A_DAY = 10
DAY_US = 86_400_000_000
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Size:
    """How much: events over ``days`` days ending before ``end``, in so many accounts."""

    events: int
    accounts: int
    days: int = 365
    end: date = date(2025, 1, 1)

    @property
    def as_of(self) -> datetime:
        return datetime(self.end.year, self.end.month, self.end.day, tzinfo=UTC)


def generate(size: Size, root: Path, first: int = 0, last: int | None = None) -> None:
    """Write the days ``first`` to ``last`` before the end (0 is the day before it) that are not
    there yet, and the feature catalogue."""
    people = People(size)
    for back in range(first, last if last is not None else size.days):
        day = size.end - timedelta(days=back + 1)
        folder = root / "events" / f"received_day={day.isoformat()}"
        if not (folder / "part-0.parquet").exists():
            folder.mkdir(parents=True, exist_ok=True)
            rows = people.day(day)
            draft = folder / "draft"
            pq.write_table(rows, draft, compression="zstd", row_group_size=122_880)
            draft.replace(folder / "part-0.parquet")
    pq.write_table(features(), root / "features.parquet")


def event_files(root: Path) -> list[str]:
    return sorted(str(p) for p in root.glob("events/*/*.parquet"))


def features() -> pa.Table:
    always = pa.scalar(datetime(2000, 1, 1, tzinfo=UTC), pa.timestamp("us", tz="UTC"))
    count = len(FEATURES)
    return pa.table(
        {
            "feature_id": FEATURES, "event": FEATURES, "updated_at": [always] * count,
            "received_at": [always] * count, "message_id": FEATURES,
            "core": [e in FEATURES[:3] for e in FEATURES], "high_value": [False] * count,
        }
    )  # fmt: skip


class People:
    """Who there is, and how likely each is to come on a day."""

    def __init__(self, size: Size) -> None:
        rng = np.random.default_rng(7)
        self.active_a_day = max(1, size.events // size.days // ACTIONS_A_DAY)
        weights = rng.lognormal(0, 1.2, size.accounts)
        total = size.accounts * PEOPLE_PER_ACCOUNT
        self.account = np.sort(rng.choice(size.accounts, total, p=weights / weights.sum()))
        keen = rng.lognormal(0, 1.0, total)
        self.chance = np.cumsum(keen / keen.sum())
        self.account_ids = pa.array([f"account-{n:06d}" for n in range(size.accounts)])
        self.person_ids = pa.array([f"person-{n:07d}" for n in range(total)])

    def day(self, day: date) -> pa.Table:
        rng = np.random.default_rng([7, day.toordinal()])
        drawn = np.searchsorted(self.chance, rng.random(self.active_a_day))
        present = np.unique(np.minimum(drawn, len(self.chance) - 1))
        # as many actions a day whatever the overlap, so that sizes are what was asked for
        actions = (
            rng.poisson(ACTIONS_A_DAY * self.active_a_day / len(present) - 1, len(present)) + 1
        )
        person = np.repeat(present, actions)
        visit = rng.integers(0, 2, len(person))
        start = np.repeat(rng.integers(7 * 3600, 20 * 3600, len(present)), actions)
        second = start + visit * 3 * 3600 + rng.integers(0, 2400, len(person))
        number = (day - EPOCH).days
        happened = number * DAY_US + second * 1_000_000 + rng.integers(0, 10**6, len(person))
        late = rng.random(len(person)) < 0.005
        received = happened + rng.integers(0, 5_000_000, len(person))
        happened = np.where(late, happened - rng.integers(0, 3 * DAY_US, len(person)), happened)
        order = np.argsort(received)
        visit = np.where(late, 2, visit)  # what was done offline is a visit of its own
        return self._rows(
            rng, number, person[order], visit[order], happened[order], received[order]
        )

    def _rows(
        self, rng: np.random.Generator, number: int, person: np.ndarray, visit: np.ndarray,
        happened: np.ndarray, received: np.ndarray,
    ) -> pa.Table:  # fmt: skip
        count = len(person)
        day_visit = happened // DAY_US * 3 + visit
        ids = pc.cast(pa.array(rng.integers(0, 2**62, count)), pa.string())
        event = rng.choice(len(EVENTS), count, p=WEIGHTS / WEIGHTS.sum())
        utc = pa.timestamp("us", tz="UTC")
        return pa.table(
            {
                "message_id": pc.binary_join_element_wise(str(number), ids, "-"),
                "account_id": self.account_ids.take(pa.array(self.account[person])),
                "person_id": self.person_ids.take(pa.array(person)),
                "event": pa.array(EVENTS).take(pa.array(event)),
                "timestamp": pa.array(happened).cast(utc),
                "received_at": pa.array(received).cast(utc),
                "kind": pa.repeat("track", count),
                "source": pa.repeat("web", count),
                "session_id": pc.binary_join_element_wise(
                    pc.cast(pa.array(person), pa.string()),
                    pc.cast(pa.array(day_visit), pa.string()),
                    str(number),
                    "-",
                ),
                "properties": pa.repeat('{"app": "larkspur"}', count),
            }
        )

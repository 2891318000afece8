"""Whether a fact is new is answered exactly, however it was appended, and whenever."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.facts import times
from tenure.facts.lake import Lake
from tenure.facts.seen import Runs, Seen, first_of_each

START = datetime(2024, 1, 1, tzinfo=UTC)


def facts(ids: list[str], day: int) -> pa.Table:
    at = START + timedelta(days=day)
    rows = [{"message_id": i, "event": "x", "timestamp": at, "received_at": at} for i in ids]
    return pa.Table.from_pylist(rows)


Days = st.lists(
    st.tuples(st.integers(0, 500), st.lists(st.integers(0, 30).map(str), min_size=1, max_size=6)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15, deadline=None)
@given(Days)
def test_it_agrees_with_a_plain_set(days: list[tuple[int, list[str]]]) -> None:
    """A re-send carries its own day; ids are told apart by that day, as real ones never clash."""
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        seen, plain = Seen(lake, "events"), set()
        for number, (day, names) in enumerate(days, start=1):
            ids = [f"{name}@{day}" for name in dict.fromkeys(names)]
            moment = times.of(START + timedelta(days=day))
            today = date(2025, 12, 31)
            found = seen.known(ids, ([moment] * len(ids),), today)
            assert found.tolist() == [i in plain for i in ids]
            new = [i for i in ids if i not in plain]
            if new:
                lake.append("events", facts(new, day), ("test", number))
                seen.learn()
            plain.update(ids)


def test_facts_of_another_process_are_seen(tmp_path: Path) -> None:
    lake, seen = Lake(tmp_path), Seen(Lake(tmp_path), "events")
    moment = [times.of(START)]
    assert not seen.known(["a"], (moment,), date(2024, 1, 1)).any()
    lake.append("events", facts(["a"], 0), ("other", 1))
    assert seen.known(["a"], (moment,), date(2024, 1, 1)).all()


def test_ids_that_share_a_hash_are_told_apart(tmp_path: Path, monkeypatch) -> None:
    lake, seen = Lake(tmp_path), Seen(Lake(tmp_path), "events")
    monkeypatch.setattr(
        Seen, "_hash_of", lambda self, *a: np.zeros(len(a[2]) if len(a) > 2 else 1, np.uint64)
    )
    lake.append("events", facts(["a"], 0), ("other", 1))
    found = seen.known(["a", "b"], ([times.of(START)] * 2,), date(2024, 1, 1))
    assert found.tolist() == [True, False]


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=40), max_size=8))
def test_runs_hold_what_was_added(parts: list[list[int]]) -> None:
    runs = Runs()
    for part in parts:
        runs.add(np.array(part, np.uint64))
    everything = np.array([n for part in parts for n in part], np.uint64)
    assert runs.contains(everything).all()
    others = np.array([n ^ 1 for n in everything.tolist()], np.uint64)
    expected = np.isin(others, everything)
    assert (runs.contains(others) == expected).all()


def test_the_first_of_equal_ids_stays() -> None:
    assert first_of_each(["a", "b"]) is None
    assert first_of_each(["a", "b", "a", "c", "b"]) == [0, 1, 3]

"""Runs: what lands, what is known, what is refused; again, changed, and after a kill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure.analytics.errors import SpecError
from tenure.connectors.files import load_frame
from tenure.connectors.files.second_pass import SecondPass
from tenure.connectors.files.settings import settings
from tenure.connectors.models import FileMapping, ImportRun
from tenure.facts import lake
from tenure.facts.models import PersonAccount, Quarantined, Source, SourceDay

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Import = Callable[..., ImportRun]
Write = Callable[[str, str | bytes], Path]

EVENTS = """account_id,person_id,event,timestamp,minutes
acme,ann,Login,2024-01-01T10:00:00Z,5
acme,ann,Login,2024-01-01T10:00:00Z,5
acme,ben,Login,yesterday,5
beta,cat,Report,2024-01-03,7
"""


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.rows_read, run.rows_new, run.rows_known, run.rows_quarantined


def rows(table: str) -> list[dict[str, Any]]:
    """All facts of a table, in order of receipt."""
    paths = lake.current().files(table)["path"].to_pylist()
    found = pa.concat_tables(pq.ParquetFile(p).read() for p in paths) if paths else pa.table({})
    return sorted(found.to_pylist(), key=lambda r: (r["received_at"], r["message_id"]))


def test_good_rows_land_and_bad_ones_say_file_line_and_reason(
    do_import: Import, write: Write
) -> None:
    run = do_import("events", write("usage.csv", EVENTS))
    assert counts(run) == (4, 3, 0, 1)
    assert [r["event"] for r in rows("events")] == ["Login", "Login", "Report"]
    refused = Quarantined.objects.get()
    assert (refused.file, refused.line, refused.field) == ("usage.csv", 4, "timestamp")
    assert "'yesterday'" in refused.reason


def test_the_same_file_twice_changes_nothing(do_import: Import, write: Write) -> None:
    path = write("usage.csv", EVENTS)
    do_import("events", path)
    before = rows("events")
    assert counts(do_import("events", path)) == (4, 0, 3, 1)
    assert rows("events") == before
    assert Quarantined.objects.count() == 1


def test_the_same_rows_in_another_file_are_known(do_import: Import, write: Write) -> None:
    do_import("events", write("usage.csv", EVENTS))
    shuffled = EVENTS.splitlines()[0:1] + EVENTS.splitlines()[:0:-1]
    assert counts(do_import("events", write("b.csv", "\n".join(shuffled) + "\n")))[1:3] == (0, 3)


def test_ids_that_the_file_gives_are_facts_ids(do_import: Import, write: Write) -> None:
    text = "account_id,event,timestamp,message_id\na,E,2024-01-01,m1\na,E,2024-02-01,m1\n"
    assert counts(do_import("events", write("a.csv", text)))[1:3] == (1, 1)
    again = "account_id,event,timestamp,message_id\na,E,2024-01-01,m1\na,E,2024-02-01,m2\n"
    assert counts(do_import("events", write("b.csv", again)))[1:3] == (1, 1)


def test_facts_lie_in_whole_days(
    do_import: Import, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings(), "chunk_rows", 100)
    monkeypatch.setitem(settings(), "bucket_rows", 120)
    day = datetime(2024, 1, 1)
    body = "".join(
        f"a{i % 50},E,{(day + timedelta(days=i % 7, seconds=i)).isoformat()}\n" for i in range(1000)
    )
    run = do_import("events", write("a.csv", "account_id,event,timestamp\n" + body))
    assert counts(run) == (1000, 1000, 0, 0)
    assert lake.current().files("events").num_rows == 7
    assert run.chunk == 7


def test_a_changed_row_is_learnt_of_today(do_import: Import, write: Write) -> None:
    head = "subscription_id,account_id,started_at,ended_at\n"
    do_import("subscriptions", write("a.csv", head + "s1,acme,2024-01-01,\n"))
    run = do_import("subscriptions", write("b.csv", head + "s1,acme,2024-01-01,2024-06-01\n"))
    assert counts(run)[1:3] == (1, 0)
    first, second = rows("subscriptions")
    assert (first["received_at"].year, first["backfill"]) == (2024, True)
    assert (second["received_at"], second["backfill"]) == (NOW, False)


def test_a_change_taken_back_is_a_change(do_import: Import, write: Write) -> None:
    a, b = (write(f"{c}.csv", f"account_id,country\nacme,{c}\n") for c in ("DE", "FR"))
    later = [NOW + timedelta(days=d) for d in range(4)]
    news = [
        do_import("accounts", f, now=t).rows_new for f, t in zip((a, b, a, a), later, strict=True)
    ]
    assert news == [1, 1, 1, 0]
    assert [r["country"] for r in rows("accounts")] == ["DE", "FR", "DE"]


def test_of_several_lines_about_one_thing_the_last_holds(do_import: Import, write: Write) -> None:
    path = write("a.csv", "account_id,country\nacme,DE\nacme,FR\nacme,FR\n")
    assert counts(do_import("accounts", path))[1:3] == (1, 2)
    assert rows("accounts")[0]["country"] == "FR"
    assert counts(do_import("accounts", path))[1:3] == (0, 3)


def test_history_of_one_thing_lands_whole(do_import: Import, write: Write) -> None:
    text = "subscription_id,account_id,started_at,updated_at,quantity\n"
    text += "s,a,2024-01-01,2024-01-01,5\ns,a,2024-01-01,2024-02-01,9\n"
    assert counts(do_import("subscriptions", write("a.csv", text)))[1] == 2
    assert [r["received_at"].month for r in rows("subscriptions")] == [1, 2]


@pytest.mark.parametrize("tell_rows", [1, 4, 100])
@pytest.mark.parametrize("moment", ["spool", "append", "count"])
def test_a_run_cut_off_goes_on_where_it_stopped(
    do_import: Import, write: Write, monkeypatch: pytest.MonkeyPatch, moment: str, tell_rows: int
) -> None:
    monkeypatch.setitem(settings(), "bucket_rows", 2)
    monkeypatch.setitem(settings(), "tell_rows", tell_rows)
    body = "".join(f"a,E,2024-01-{d:02d},{d}\n" for d in range(1, 11))
    path = write("a.csv", "account_id,event,timestamp,n\n" + body)
    real = {
        "append": lake.Lake.append,
        "count": SecondPass._tell,
        "spool": SecondPass.land,
    }
    calls = []

    def dies(*arguments: Any) -> Any:
        calls.append(1)
        if moment == "append" and len(calls) == 3:
            real["append"](*arguments)
        if len(calls) >= {"spool": 1, "append": 3, "count": 1 if tell_rows > 1 else 3}[moment]:
            raise KeyboardInterrupt
        return real[moment](*arguments)

    place = {
        "append": (lake.Lake, "append"),
        "count": (SecondPass, "_tell"),
        "spool": (SecondPass, "land"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*place[moment], dies)
        with pytest.raises(KeyboardInterrupt):
            do_import("events", path)
    run = do_import("events", path)
    assert (run.state, *counts(run)) == ("done", 10, 10, 0, 0)
    assert len(rows("events")) == 10
    assert ImportRun.objects.count() == 1


def test_so_many_bad_rows_that_the_mapping_must_be_wrong_stop_the_run(
    do_import: Import, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings(), "most_refused", 2)
    path = write("a.csv", "account_id,event,timestamp\n" + "a,E,x\n" * 5)
    with pytest.raises(SpecError, match="line 2: more than 2 rows were refused"):
        do_import("events", path)
    assert ImportRun.objects.get().state == "failed"


def test_a_mapping_is_kept_and_run_again(do_import: Import, write: Write) -> None:
    text = "cust;when;what;eur\n1;1/9/2015;Buy;5\n"
    items = ("account_id=cust", "timestamp=when", "event=what")
    do_import("events", write("a.csv", text), *items, name="shop", date_format="m/d/yyyy")
    kept = FileMapping.objects.get(pk="shop")
    assert kept.options == {"date_format": "m/d/yyyy", "zone": "UTC"}
    run = do_import("events", write("b.csv", text.replace(";5", ";6")), use="shop")
    assert counts(run)[1] == 1
    with pytest.raises(SpecError, match="did you mean shop"):
        do_import("events", write("c.csv", text), use="shops")
    with pytest.raises(SpecError, match="is for events"):
        do_import("accounts", write("d.csv", text), use="shop")


def test_sources_are_counted_and_people_remembered(do_import: Import, write: Write) -> None:
    do_import("events", write("usage.csv", EVENTS))
    assert Source.objects.get(pk="file:usage.csv").rows == 3
    assert SourceDay.objects.filter(name="Login").count() == 1
    assert PersonAccount.objects.get(person_id="ann").account_id == "acme"


def test_handlers_are_told_of_new_facts_only(do_import: Import, write: Write) -> None:
    told: list[tuple[str, int]] = []
    path = write("usage.csv", EVENTS)
    for _ in range(2):
        do_import("events", path, handlers=lambda table, new, now: told.append((table, len(new))))
    assert told == [("events", 3)]


def test_frames_of_pandas_polars_and_arrow(workspace: Any, db: None) -> None:
    frame = pl.DataFrame(
        {"account_id": [1, 2], "event": ["E", "E"], "timestamp": ["2024-01-01"] * 2}
    )
    said = [load_frame("events", f, now=NOW) for f in (frame, frame.to_pandas(), frame.to_arrow())]
    assert [s["new"] for s in said] == [2, 0, 0]
    with pytest.raises(SpecError, match="is no DataFrame"):
        load_frame("events", [1])


def test_wrong_options_are_refused_before_anything_lands(do_import: Import, write: Write) -> None:
    path = write("usage.csv", EVENTS)
    for options, says in (({"zone": "Mars"}, "no time zone"), ({"date_format": "d/m"}, "no year")):
        with pytest.raises(SpecError, match=says):
            do_import("events", path, **options)
    assert not ImportRun.objects.exists()

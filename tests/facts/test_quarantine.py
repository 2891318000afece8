"""Quarantine: seen, repaired, replayed once, dismissed with a reason; and on the record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tenure.analytics.errors import SpecError
from tenure.core import policy
from tenure.core.models import AuditEntry
from tenure.facts import contracts, lake, quarantine, repairs, validate
from tenure.facts.models import InboxRow, Quarantined
from tenure.facts.rejection import remedy

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PACKAGED = Path(contracts.__file__).with_name("contracts.toml").read_text()


@pytest.fixture(autouse=True)
def _ready(workspace: Any, db: None) -> None:
    """Every test has a workspace of its own."""


def refuse(*rows: dict[str, Any], table: str = "events", file: str = "a.csv") -> list[Quarantined]:
    """Check rows as an import would; quarantine what is wrong."""
    checked = validate.check(
        table, list(rows), now=NOW, source="file:a", backfill=True, contracts=contracts.current()
    )
    lines = [r.row + 2 for r in checked.refusals]
    quarantine.keep(checked.refusals, table=table, source="file:a", file=file, lines=lines, now=NOW)
    return list(quarantine.find(state="").order_by("pk"))


def event(**fields: Any) -> dict[str, Any]:
    return {"account_id": "acme", "event": "Shared", "timestamp": "2024-05-01", **fields}


def landed(table: str = "events") -> list[dict[str, Any]]:
    paths = lake.current().files(table)["path"].to_pylist()
    return [row for p in paths for row in pq.ParquetFile(p).read().to_pylist()]


def test_the_same_refusal_is_kept_once() -> None:
    assert len(refuse(event(timestamp="x"), event(timestamp="x"))) == 2
    assert len(refuse(event(timestamp="x"), event(timestamp="x"))) == 2


def test_kinds_and_counts() -> None:
    refuse(event(timestamp="x"), event(timestamp="y"), event(event=""))
    kinds = quarantine.kinds()
    assert [(k.code, k.field, k.rows) for k in kinds] == [
        ("not_timestamp", "timestamp", 2),
        ("missing", "event", 1),
    ]
    assert quarantine.counts() == {"open": 3}
    assert quarantine.find(code="missing").count() == 1
    assert quarantine.find(search="'y'").count() == 1
    assert "ISO 8601" in remedy("not_timestamp")


def test_a_repaired_fact_lands_as_history() -> None:
    (row,) = refuse(event(timestamp="x", n=5))
    payload = {**json.loads(row.payload), "timestamp": "2024-05-01T10:00:00Z"}
    assert repairs.repair(row.pk, json.dumps(payload), "alice", NOW).landed
    (fact,) = landed()
    assert (fact["timestamp"], fact["received_at"]) == (fact["received_at"], fact["timestamp"])
    assert (fact["source"], fact["properties"]) == ("file:a", '{"n":5}')
    row.refresh_from_db()
    assert (row.state, row.resolved_by) == ("replayed", "alice")


def test_a_bad_repair_stays_open_with_the_new_reason() -> None:
    (row,) = refuse(event(timestamp="x"))
    outcome = repairs.repair(row.pk, json.dumps(event(timestamp="later")), "alice", NOW)
    row.refresh_from_db()
    assert (outcome.landed, row.state) == (False, "open")
    assert "'later'" in outcome.problem
    with pytest.raises(SpecError, match="payload"):
        repairs.repair(row.pk, "{", "alice", NOW)


def test_replaying_twice_lands_once() -> None:
    (row,) = refuse(event(timestamp="x"))
    row.payload = json.dumps(event(backfill=True))
    row.save()
    assert repairs.replay([row.pk], "alice", NOW) == repairs.Replayed(1, 0)
    assert repairs.replay([row.pk], "alice", NOW) == repairs.Replayed(0, 0)
    assert len(landed()) == 1


def test_what_a_dead_process_left_is_taken_over_and_lands_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (row,) = refuse(event(timestamp="x"))
    Quarantined.objects.update(payload=json.dumps(event(backfill=True)))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(repairs, "_close", dies)
        with pytest.raises(KeyboardInterrupt):
            repairs.replay([row.pk], "alice", NOW)
    assert len(landed()) == 1
    assert repairs.replay([row.pk], "bob", NOW).landed == 0
    assert repairs.replay([row.pk], "bob", NOW + timedelta(hours=1)).landed == 1
    assert len(landed()) == 1


def test_all_of_a_kind_are_replayed_when_the_contract_was_changed() -> None:
    strict = PACKAGED + "\n[events.Shared.fields.plan]\nallowed = ['a']\n"
    policy.save("contracts", strict, "alice", "", NOW)
    refuse(event(plan="b"), event(plan="b"), event(plan="c"), event(plan="a"))
    assert quarantine.counts() == {"open": 3}
    policy.save("contracts", strict.replace("['a']", "['a', 'b']"), "alice", "", NOW)
    done = repairs.replay(quarantine.find(code="contract_allowed"), "alice", NOW)
    assert done == repairs.Replayed(2, 1)
    assert len({f["message_id"] for f in landed()}) == 2
    assert quarantine.counts() == {"open": 1, "replayed": 2}


def test_a_warning_is_shown_once_a_day() -> None:
    text = PACKAGED + "\n[events.Shared]\nmode='warn'\n[events.Shared.fields.plan]\nrequired=true\n"
    policy.save("contracts", text, "alice", "", NOW)
    refuse(event(), event(timestamp="2024-05-02"))
    assert quarantine.counts() == {"warned": 1}


def test_a_call_of_an_sdk_goes_back_to_the_inbox_with_the_case_closed() -> None:
    call = {"type": "track", "event": "", "userId": "u", "messageId": "m"}
    row = Quarantined.objects.create(
        at=NOW, source="web", table="events", code="missing", reason="", fingerprint="x",
        payload=json.dumps(call),
    )  # fmt: skip
    assert not repairs.repair(row.pk, json.dumps(call), "alice", NOW).landed
    assert repairs.repair(row.pk, json.dumps({**call, "event": "Login"}), "alice", NOW).landed
    letter = InboxRow.objects.get()
    assert json.loads(bytes(letter.body))["batch"][0]["event"] == "Login"


def test_dismissing_needs_a_reason_and_is_final() -> None:
    (row,) = refuse(event(timestamp="x"))
    with pytest.raises(SpecError, match="say why"):
        repairs.dismiss([row.pk], " ", "alice", NOW)
    assert repairs.dismiss([row.pk], "a test row", "alice", NOW) == 1
    assert repairs.dismiss([row.pk], "again", "alice", NOW) == 0
    assert repairs.replay([row.pk], "alice", NOW) == repairs.Replayed(0, 0)
    with pytest.raises(SpecError, match="is dismissed"):
        repairs.repair(row.pk, "{}", "alice", NOW)


def test_every_act_is_on_the_record_without_the_payload() -> None:
    (row,) = refuse(event(timestamp="x", mail="ann@example.com"))
    repairs.repair(row.pk, json.dumps(event(mail="ann@example.com")), "alice", NOW)
    actions = AuditEntry.objects.order_by("pk").values_list("action", "actor")
    assert list(actions) == [("quarantine.repair", "alice"), ("quarantine.replay", "alice")]
    assert "ann@" not in json.dumps(list(AuditEntry.objects.values("before", "after", "why")))

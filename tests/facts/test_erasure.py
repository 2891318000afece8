"""Erasure: nothing of the person is left anywhere; accounts still add up; it is on the record."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tenure.accounts.models import Membership, Person
from tenure.analytics.errors import SpecError
from tenure.connectors.files import uploads
from tenure.core.models import AuditEntry
from tenure.facts import erasing, erasure, lake, quarantine, validate
from tenure.facts.inbox import RawRequest, store
from tenure.facts.models import Erasure, IdentityLink, InboxRow, PersonAccount, Quarantined
from tenure.facts.routing import ROUTING

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAIL, ME, DEVICE = "dora@acme.test", "person-dora-1", "device-4711-abc"
SECRETS = (MAIL, ME, DEVICE, "Dora Diaz", "+49 170")


def land(table: str, *rows: dict[str, Any], number: int = 1) -> None:
    good, bad = validate.accept(table, list(rows), now=NOW, source="test", backfill=True)
    assert not bad
    lake.current().append(table, good, (f"test:{table}", number))
    ROUTING.tell(table, good, NOW)


@pytest.fixture(autouse=True)
def _known(workspace: Any, db: None) -> None:
    """Dora, in many places."""
    person = {"person_id": ME, "account_id": "acme", "email": "Dora@acme.test", "name": "Dora Diaz"}
    land("people", {**person, "phone": "+49 170", "role": "champion"})
    land("people", {"person_id": "ben", "account_id": "acme", "manager": MAIL}, number=2)
    when = {"account_id": "acme", "timestamp": "2024-01-01T10:00:00Z"}
    land(
        "events",
        {**when, "event": "Login", "person_id": ME, "session_id": "s1", "minutes": 5, "q": "hi"},
        {**when, "event": "Login", "anonymous_id": DEVICE, "url": "/x"},
        {**when, "event": "Invite", "person_id": "ben", "to": MAIL.upper()},
        {**when, "event": "Login", "person_id": "ben", "session_id": "s2", "q": "stays"},
    )
    ticket = {"ticket_id": "t", "account_id": "acme", "opened_at": "2024-01-01"}
    land("tickets", {**ticket, "person_id": ME, "subject": "Help", "body": "I am Dora Diaz"})
    IdentityLink.objects.create(alias=DEVICE, person_id=ME, linked_at=NOW)
    PersonAccount.objects.create(person_id=ME, account_id="acme", since=NOW, last_at=NOW)
    body = json.dumps({"batch": [{"type": "nonsense", "userId": ME, "traits": {"email": MAIL}}]})
    store([RawRequest(NOW, "web", "segment:batch", body.encode())])
    uploads.save([f"mail\n{MAIL}\n".encode()], "list.csv")


def rows(table: str) -> list[dict[str, Any]]:
    paths = lake.current().files(table)["path"].to_pylist()
    return [row for p in paths for row in pq.ParquetFile(p).read().to_pylist()]


def found_in(folder: Path) -> list[str]:
    """Files that still hold one of the secrets, decompressed as Parquet where they are."""
    hits = []
    for path in (p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path)
            content += str(table.read().to_pylist()) + str(table.metadata.to_dict())
        hits += [f"{path}: {s}" for s in SECRETS if s.lower() in content.lower()]
    return hits


def test_nothing_of_the_person_is_left_in_the_workspace(workspace: Any) -> None:
    assert found_in(workspace.home)
    erasure.erase_person(MAIL, "alice", NOW)
    assert found_in(workspace.home) == []


def test_nothing_of_the_person_is_left_in_state() -> None:
    erasure.erase_person(MAIL, "alice", NOW)
    models = (Person, IdentityLink, PersonAccount, Quarantined, InboxRow, Erasure, AuditEntry)
    text = str([list(m.objects.values()) for m in models]).lower()
    assert [s for s in SECRETS if s.lower() in text] == []


def test_counts_and_distinct_people_of_the_account_stay() -> None:
    before = rows("events")
    erasure.erase_person(ME, "alice", NOW)
    after = rows("events")
    assert len(after) == len(before)
    assert len({r["person_id"] for r in after}) == len({r["person_id"] for r in before})
    assert sorted(r["event"] for r in after) == sorted(r["event"] for r in before)
    assert len({r["session_id"] for r in after}) == len({r["session_id"] for r in before})
    (login,) = [r for r in after if r["properties"] == '{"minutes":5}']
    assert login["person_id"].startswith("erased-")


def test_facts_of_others_lose_only_the_mention() -> None:
    erasure.erase_person(ME, "alice", NOW)
    others = {r["event"]: r for r in rows("events") if r["person_id"] == "ben"}
    assert json.loads(others["Invite"]["properties"]) == {"to": erasing.GONE}
    assert json.loads(others["Login"]["properties"]) == {"q": "stays"}
    (ben,) = [r for r in rows("people") if r["person_id"] == "ben"]
    assert json.loads(ben["properties"]) == {"manager": erasing.GONE}


def test_words_go_and_the_part_in_the_account_stays() -> None:
    erasure.erase_person(MAIL, "alice", NOW)
    (ticket,) = rows("tickets")
    assert (ticket["subject"], ticket["body"], ticket["account_id"]) == (None, None, "acme")
    nobody = Membership.objects.get(person__id__startswith="erased-")
    assert (nobody.account_id, nobody.role, nobody.person.name) == ("acme", "champion", "")


@pytest.mark.parametrize("called", [MAIL, "DORA@ACME.TEST", ME, DEVICE])
def test_a_person_is_found_under_every_name(called: str) -> None:
    record = erasure.erase_person(called, "alice", NOW)
    assert record.counts["events"] == 3
    assert record.counts["people"] == 2


def test_the_record_names_nobody_and_says_what_was_done() -> None:
    record = erasure.erase_person(MAIL, "alice", NOW)
    record.refresh_from_db()
    assert (record.kind, record.requested_by, record.completed_at) == ("erase", "alice", NOW)
    assert record.counts["files"] == 1
    assert "pseudonym" not in record.counts
    entry = AuditEntry.objects.get(action="person.erase")
    assert entry.target_id == record.person_digest


def test_an_erasure_cut_off_is_finished_by_asking_again(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = lake.Lake.amend, []

    def dies(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(lake.Lake, "amend", dies)
        with pytest.raises(KeyboardInterrupt):
            erasure.erase_person(MAIL, "alice", NOW)
    erasure.erase_person(MAIL, "alice", NOW)
    assert found_in(workspace.home) == []
    assert (len(rows("events")), len(rows("people"))) == (4, 2)
    assert Erasure.objects.count() == 1


def test_an_export_holds_what_is_theirs_and_not_what_is_others() -> None:
    found = erasure.export_person(MAIL, "alice", NOW)
    assert found["ids"] == sorted([DEVICE, MAIL, ME])
    assert {t: len(r) for t, r in found["facts"].items() if r} == {
        "events": 2, "people": 1, "tickets": 1,
    }  # fmt: skip
    assert found["facts"]["tickets"][0]["body"] == "I am Dora Diaz"
    assert found["state"][0]["memberships"][0]["role"] == "champion"
    assert "stays" not in json.dumps(found)
    assert Erasure.objects.get().kind == "export"


def test_refused_facts_are_exported_and_emptied() -> None:
    row = {"account_id": "acme", "person_id": ME, "event": "E", "timestamp": "x"}
    checked = validate.check("events", [row], now=NOW, source="s", backfill=True)
    quarantine.keep(checked.refusals, table="events", source="s", now=NOW)
    assert len(erasure.export_person(ME, "alice", NOW)["quarantine"]) >= 1
    erasure.erase_person(ME, "alice", NOW)
    assert set(Quarantined.objects.values_list("payload", "state")) == {("{}", "dismissed")}


def test_rollups_of_touched_days_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[set[date]] = []
    monkeypatch.setattr(erasure.Rollup, "drop", lambda _self, days: dropped.append(set(days)))
    erasure.erase_person(ME, "alice", NOW)
    assert dropped == [{date(2024, 1, 1)}]


def test_nobody_and_nothing() -> None:
    with pytest.raises(SpecError, match="is empty"):
        erasure.erase_person(" ", "alice", NOW)
    before = rows("events")
    erasure.erase_person("nobody-at-all", "alice", NOW)
    assert rows("events") == before


def test_what_a_worker_has_in_hand_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "flush_now", lambda _now: None)
    monkeypatch.setattr(erasure, "DRAIN_PAUSE", 0)
    with pytest.raises(SpecError, match="erase again in a minute"):
        erasure.erase_person(MAIL, "alice", NOW)
    assert not Erasure.objects.exists()

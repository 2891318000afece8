"""Facts over the API: rows in, files in, quarantine, tables out, a person's data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tenure.connectors.posted import landing
from tenure.core import jobs
from tenure.core.worker import utc_now
from tenure.facts import lake
from tenure.web.routing import wire

pytestmark = pytest.mark.django_db
Api = Callable[[str], Client]
JSON = "application/json"
GOAL = {
    "goal_id": "g1", "account_id": "acme", "updated_at": "2026-01-05T00:00:00Z",
    "title": "Go live", "message_id": "m1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _workspace(workspace: Any) -> None:
    wire()


def _post(client: Client, *rows: dict[str, Any], table: str = "goals") -> Any:
    return client.post(f"/api/v1/facts/{table}", {"rows": rows, "backfill": True}, JSON)


def _work() -> None:
    landing.land(utc_now())
    jobs.run_all("tests", utc_now)


def test_rows_land_once_and_come_out_again(api: Api) -> None:
    client = api("csm")
    for _ in range(2):
        assert _post(client, GOAL).json() == {"received": 1, "refused": 0, "examples": []}
    _work()
    out = b"".join(client.get("/api/v1/export/goals?format=json").streaming_content).decode()
    assert out.count("\n") == 1
    assert '"title":"Go live"' in out
    (source,) = client.get("/api/v1/facts/sources").json()
    assert (source["name"], source["rows"]) == ("api:test csm", 1)
    days = client.get("/api/v1/facts/sources/days?source=api:test csm").json()
    assert [d["rows"] for d in days] == [1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rows": []}, 422),
        ({"rows": [1]}, 422),
        ({"rows": [{}] * 10_001}, 422),
        ({}, 422),
        ({"rows": [{"account_id": {"deep": [[[{}]]]}}]}, 200),
    ],
)
def test_what_is_no_row_is_refused_and_what_is_a_wrong_row_is_quarantined(
    body: Any, status: int, api: Api
) -> None:
    client = api("csm")
    assert client.post("/api/v1/facts/goals", body, JSON).status_code == status
    assert client.post("/api/v1/facts/nonsense", {"rows": [{}]}, JSON).status_code == 404
    _work()
    waiting = client.get("/api/v1/quarantine").json()["items"]
    assert len(waiting) == (status == 200)


def test_a_refused_row_is_repaired_another_dismissed(api: Api) -> None:
    client = api("cs_lead")
    wrong = {**GOAL, "updated_at": "soon"}
    answer = _post(client, wrong, {**wrong, "goal_id": "g2", "message_id": "m2"}).json()
    assert (answer["refused"], answer["examples"][0]["field"]) == (2, "updated_at")
    _work()
    second, first = client.get("/api/v1/quarantine").json()["items"]
    assert client.get("/api/v1/quarantine/kinds").json()[0]["rows"] == 2
    path = f"/api/v1/quarantine/{first['id']}/repair"
    still = client.post(path, {"payload": wrong}, JSON).json()
    assert (still["landed"], bool(still["problem"])) == (False, True)
    assert client.post(path, {"payload": GOAL}, JSON).json()["landed"] is True
    ids = {"ids": [second["id"]]}
    assert client.post("/api/v1/quarantine/replay", ids, JSON).json() == {"landed": 0, "refused": 1}
    why = {**ids, "reason": "a test"}
    assert client.post("/api/v1/quarantine/dismiss", why, JSON).json() == {"dismissed": 1}
    assert lake.current().rows("goals") == 1
    assert client.get(f"/api/v1/quarantine/{second['id']}").json()["state"] == "dismissed"


def test_an_uploaded_file_is_imported_by_a_worker(api: Api) -> None:
    client = api("csm")
    file = SimpleUploadedFile("../goals.csv", b"goal,account,when\ng1,acme,2026-01-05\n")
    data = {
        "file": file, "table": "goals",
        "map": ["goal_id=goal", "account_id=account", "updated_at=when"],
    }  # fmt: skip
    job = client.post("/api/v1/imports", data).json()
    _work()
    assert client.get(f"/api/v1/jobs/{job['id']}").json()["state"] == "done"
    (run,) = client.get("/api/v1/imports").json()["items"]
    assert (run["rows_new"], run["state"], run["started_by"]) == (1, "done", "key: test csm")
    assert client.get(f"/api/v1/imports/{run['id']}").json()["table"] == "goals"


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"table": "nonsense"}, 404), ({"table": "goals", "map": ["nonsense"]}, 422), ({}, 422)],
)
def test_an_upload_that_says_nonsense_is_refused(fields: Any, status: int, api: Api) -> None:
    file = SimpleUploadedFile("a.csv", b"a\n1\n")
    assert api("csm").post("/api/v1/imports", {"file": file, **fields}).status_code == status


def test_exports_are_named_and_typed(api: Api) -> None:
    client = api("analyst")
    assert {"accounts", "scores", "signals"} <= set(client.get("/api/v1/export").json())
    csv = client.get("/api/v1/export/goals?format=csv")
    assert csv["Content-Type"].startswith("text/csv")
    assert 'filename="goals.csv"' in csv["Content-Disposition"]
    assert client.get("/api/v1/export/goals?format=xls").status_code == 422
    assert client.get("/api/v1/export/nonsense").status_code == 404


def test_a_persons_data_is_exported_then_erased_on_the_record(api: Api) -> None:
    client = api("admin")
    person = {
        "person_id": "p1", "account_id": "acme", "email": "dora@example.com",
        "updated_at": "2026-01-05T00:00:00Z",
    }  # fmt: skip
    _post(client, person, table="people")
    _work()
    exported = client.get("/api/v1/people/export?person=p1").json()
    assert "dora@example.com" in exported["mail_addresses"]
    unsure = {"person": "p1", "confirm": "p2"}
    assert client.post("/api/v1/people/erase", unsure, JSON).status_code == 422
    done = client.post("/api/v1/people/erase", {"person": "p1", "confirm": "p1"}, JSON).json()
    assert done["kind"] == "erase"
    assert client.get("/api/v1/people/export?person=p1").json()["mail_addresses"] == []
    records = client.get("/api/v1/people/records")
    assert [r["kind"] for r in records.json()] == ["export", "erase", "export"]
    assert "dora" not in records.content.decode()

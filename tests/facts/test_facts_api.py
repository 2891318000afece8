"""Facts over the API: rows in, files in, quarantine, tables out, a person's data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.utils import InterfaceError, OperationalError
from django.test import Client

from tenure.connectors.posted import accepting, ingest
from tenure.core import jobs, keys
from tenure.core.worker import utc_now
from tenure.facts import lake
from tenure.facts.models import IdentityLink

pytestmark = pytest.mark.django_db
Api = Callable[[str], Client]
JSON = "application/json"
GOAL = {
    "goal_id": "g1", "account_id": "acme", "updated_at": "2026-01-05T00:00:00Z",
    "title": "Go live", "message_id": "m1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _workspace(workspace: Any) -> None:
    """Every test has a workspace of its own."""


def _post(client: Client, *rows: dict[str, Any], table: str = "goals") -> Any:
    return client.post(f"/api/v1/facts/{table}", {"rows": rows, "backfill": True}, JSON)


def _work() -> None:
    ingest.land(utc_now())
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


def test_a_wrong_merge_is_split_and_allowed_again(api: Api, now: Any) -> None:
    IdentityLink.objects.create(alias="bob", person_id="ada", linked_at=now)
    client = api("admin")
    (join,) = client.get("/api/v1/people/joins?person=ada").json()["joined"]
    assert (join["alias"], join["person_id"]) == ("bob", "ada")
    was = client.post("/api/v1/people/split", {"alias": "bob"}, JSON).json()
    assert was["person_id"] == "ada"
    assert client.post("/api/v1/people/split", {"alias": "bob"}, JSON).status_code == 422
    found = client.get("/api/v1/people/joins?person=bob").json()
    assert (found["joined"], found["split"][0]["person_id"]) == ([], "ada")
    allowed = {"alias": "bob", "person": "ada"}
    assert client.post("/api/v1/people/allow", allowed, JSON).json()["split"] == []
    assert api("analyst").post("/api/v1/people/split", {"alias": "bob"}, JSON).status_code == 403


def _file(text: str, name: str = "goals.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


@pytest.mark.parametrize(
    ("text", "terms", "says"),
    [
        ("a,b\n1,2\n", ["goal_id=nope"], "no column nope"),
        ("a,b\n1,2\n", [], "needs it"),
        ('goal_id,account_id,updated_at\ng,"a,2026-01-01\n', [], "never closed"),
    ],
)
def test_an_import_that_cannot_be_says_so(api: Api, text: str, terms: list[str], says: str) -> None:
    client = api("csm")
    answer = client.post("/api/v1/imports", {"file": _file(text), "table": "goals", "map": terms})
    if answer.status_code == 200:
        _work()
        job = client.get(f"/api/v1/jobs/{answer.json()['id']}").json()
        assert (job["state"], job["run"]) == ("failed", None)
        assert says in job["error"]
    else:
        assert answer.status_code == 422
        assert says in answer.content.decode()
    assert not lake.current().exists("goals")


def test_an_import_job_names_its_run(api: Api) -> None:
    client = api("csm")
    text = "goal_id,account_id,updated_at\ng,a,2026-01-01\nh,a,x\n"
    job = client.post("/api/v1/imports", {"file": _file(text), "table": "goals"}).json()
    _work()
    run = client.get(f"/api/v1/jobs/{job['id']}").json()["run"]
    told = client.get(f"/api/v1/imports/{run}").json()
    assert (told["rows_read"], told["rows_new"], told["rows_quarantined"]) == (2, 1, 1)


@pytest.mark.parametrize("gone", [OperationalError, InterfaceError])
@pytest.mark.parametrize("path", ["facts/people", "facts/events", "imports"])
def test_while_the_database_is_away_senders_come_back_later(
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str, gone: type[Exception]
) -> None:
    client = api("csm")

    def away(*_: object, **__: object) -> None:
        raise gone("connection refused")

    monkeypatch.setattr(keys, "verify", away)
    answer = client.post(f"/api/v1/{path}", {"rows": [{"person_id": "ann"}]}, JSON)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert answer.json()["error"]["code"] == "unavailable"


def test_rows_that_cannot_be_kept_come_back_later(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(accepting, "store", away)
    answer = _post(api("csm"), GOAL)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")

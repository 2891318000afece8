"""Suggestions fit by name and content; values are translated, taken from objects, or left out."""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.connectors.files.job import Options
from tenure.connectors.files.pages import guessing
from tenure.connectors.files.runs import run_import
from tenure.connectors.models import ImportRun
from tenure.facts import reading
from tenure.facts.models import Quarantined

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own(workspace: Any) -> None:
    """Every test has a workspace of its own."""


@pytest.fixture
def bring(tmp_path: Path, now: datetime):
    def run(
        table: str, text: str, *items: str, name: str = "file.csv", **options: Any
    ) -> ImportRun:
        path = tmp_path / name
        path.write_text(text)
        return run_import(table, path, items, now=now, options=Options(**options))

    return run


def told(table: str, now: datetime) -> list[dict[str, Any]]:
    return reading.latest(f"SELECT * FROM {table}", now, table).to_pylist()


TICKETS = """Ticket,Account Mgr,Company,Created,Solved at
t1,Jane Doe,acme,2025-03-01 10:00,2025-03-02 10:00
t2,John Smith,globex,2025-03-03 10:00,2025-03-05 10:00
"""


def refused(bring: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(SpecError) as caught:
        bring(*arguments, **options)
    return f"{caught.value.key} {caught.value.problem} {caught.value.remedy}"


def test_what_is_missing_is_suggested_by_name_and_content_and_all_at_once(bring: Any) -> None:
    said = refused(bring, "tickets", TICKETS)
    assert "--map ticket_id=Ticket" in said
    assert "--map account_id=Company" in said
    assert "--map opened_at=Created" in said
    assert "Account Mgr" not in said.split("add ")[1]
    assert "Solved at" not in said.split("add ")[1]
    assert "CONSTANT" not in said


def test_what_is_suggested_can_be_pasted(bring: Any) -> None:
    text = "Ticket ID,Customer ID,Created at\nt1,acme,2025-03-01\nt2,bob,2025-03-02\n"
    said = refused(bring, "responses", text.replace("Ticket ID", "Org's key"))
    parts = shlex.split(said.split("add ")[1].replace("; and", ""))
    assert "response_id={Org's key}-{Customer ID}" in parts
    assert "account_id=Customer ID" in parts
    assert "responded_at=Created at" in parts


def test_a_column_of_names_is_no_id_and_one_of_words_no_time(bring: Any) -> None:
    text = "id,Account,Created\nt1,Jane Doe,soon\nt2,John Smith,later\n"
    said = refused(bring, "tickets", text)
    assert "account_id=COLUMN with the column that holds it" in said
    assert "opened_at=COLUMN" in said


def test_an_id_that_the_file_lacks_is_made_of_columns_never_a_constant(bring: Any) -> None:
    text = "account,responded_at,survey,score\n" + "".join(
        f"acme{i % 2},2025-03-0{1 + i // 2},nps,{i}\n" for i in range(6)
    )
    said = refused(bring, "responses", text, "account_id=account")
    assert "--map 'response_id={account}-{responded_at}' (an id made of columns)" in said
    assert "response_id==" not in said


@pytest.mark.parametrize(
    ("table", "target", "says"),
    [
        ("events", "user_id", "did you mean person_id (the known person who did it)?"),
        ("events", "email", "did you mean person_id (the known person who did it)?"),
        ("people", "mail", "did you mean email (mail address)?"),
        ("accounts", "company_name", "did you mean name (display name)?"),
        ("subscriptions", "seats", "did you mean quantity (seats)?"),
        ("events", "colour", "write properties.colour=COLUMN"),
        ("events", "properties.person_id", "write person_id=COLUMN"),
    ],
)
def test_an_unknown_target_is_refused_and_offered_as_what_it_is_here(
    bring: Any, table: str, target: str, says: str
) -> None:
    assert says in refused(bring, table, "a,b\n1,2\n", f"{target}=a")


def test_a_property_can_be_named(bring: Any, now: datetime) -> None:
    text = "account_id,Farbe\nacme,rot\n"
    bring("accounts", text, "properties.colour=Farbe")
    assert json.loads(told("accounts", now)[0]["properties"])["colour"] == "rot"


SUBS = "subscription_id,account_id,status,started_at\ns1,a,Churned,2025-01-01\ns2,b,LIVE,2025-01-01"


def test_values_are_translated_without_regard_to_case(bring: Any, now: datetime) -> None:
    bring("subscriptions", SUBS, words=("status:churned=cancelled", "status: Live = active"))
    found = {row["subscription_id"]: row["status"] for row in told("subscriptions", now)}
    assert found == {"s1": "cancelled", "s2": "active"}


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("Churned=cancelled", "is no translation"),
        ("status:=x", "is no translation"),
        ("state:Churned=cancelled", "not among the mapped fields"),
    ],
)
def test_a_wrong_translation_names_the_remedy(bring: Any, word: str, says: str) -> None:
    assert says in refused(bring, "subscriptions", SUBS, words=(word,))


def test_fields_inside_objects_are_reached_and_an_object_is_no_id(
    bring: Any, now: datetime
) -> None:
    rows = [
        {"at": "2025-03-01", "e": "Login", "user": {"id": "ada", "company": {"id": "acme"}}},
        {"at": "2025-03-01", "e": "Login", "user": {"id": {"x": 1}, "company": {"id": "acme"}}},
        {"at": "2025-03-01", "e": "Login", "user": {"id": 7, "company": {"id": "acme"}}},
        {"at": "2025-03-01", "e": "Login", "user": {"company": {"id": "acme"}}},
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    run = bring("events", text, "timestamp=at", "event=e", "person_id=user.id",
                "account_id=user.company.id", name="events.jsonl")  # fmt: skip
    assert (run.rows_new, run.rows_quarantined) == (3, 1)
    found = reading.latest("SELECT * FROM events", now, "events").to_pylist()
    assert {row["person_id"] for row in found} == {"ada", "7", None}
    assert {row["account_id"] for row in found} == {"acme"}
    assert Quarantined.objects.get().code == "not_text"


def test_ids_are_made_of_values_inside_objects(bring: Any, now: datetime) -> None:
    row = {"goal": {"n": 1}, "acct": {"id": "acme"}, "updated_at": "2025-03-01"}
    bring("goals", json.dumps(row), "goal_id={acct.id}-{goal.n}", "account_id=acct.id",
          name="goals.jsonl")  # fmt: skip
    assert told("goals", now)[0]["goal_id"] == "acme-1"


def test_a_column_that_would_be_taken_by_its_name_can_be_left_out(
    bring: Any, now: datetime
) -> None:
    text = "account_id,name,industry,secret\nacme,Acme,12,x\n"
    bring("accounts", text, left_out=("industry", "secret"))
    (row,) = told("accounts", now)
    assert (row["name"], row["industry"], row["properties"]) == ("Acme", None, None)
    assert "the closest are" in refused(bring, "accounts", text, left_out=("industri",))


def test_guesses_of_the_page_need_content_that_fits() -> None:
    columns = ["Ticket", "Account", "Created", "csat"]
    sample = {"Account": ["Jane Doe", "John Smith"], "Created": ["soon", "later"], "csat": ["5"]}
    assert guessing.columns(TABLES["tickets"], columns, sample) == {"csat": "csat"}
    sample = {"Account": ["acme"], "Created": ["2025-03-01"], "csat": ["good"]}
    found = guessing.columns(TABLES["tickets"], columns, sample)
    assert found == {"account_id": "Account", "opened_at": "Created"}

"""Importing a file in the browser: upload, map, preview, run, result, run again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tenure.analytics.tables import TABLES
from tenure.connectors.files.mapping import Term
from tenure.connectors.files.pages import guessing, mapping_form
from tenure.connectors.models import FileMapping, ImportRun
from tenure.core import jobs
from tenure.core.models import Job
from tenure.facts import lake, reading

CSV = b"""Customer,Plan,Start Date,MRR,Currency
a-1,pro,2026-01-05,499.00,USD
a-2,pro,2026-02-11,49.00,USD
a-3,pro,yesterday,1499.00,USD
"""
MAPPED = {
    "table": "subscriptions",
    "column:account_id": "Customer",
    "column:started_at": "Start Date",
    "column:plan_id": "Plan",
    "column:mrr_minor": "MRR",
    "column:currency": "Currency",
    "fixed:subscription_id": "{Customer}-sub",
    "major": ["mrr_minor"],
    "name": "CRM",
}


@pytest.fixture(autouse=True)
def _own(workspace: Any, db: None) -> None:
    """Every test has a workspace of its own."""


def upload(client, body=CSV, name="subscriptions.csv", **more):
    file = SimpleUploadedFile(name, body)
    answer = client.post("/facts/imports/new/", {"file": file, "table": "", **more})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return answer["Location"]


def work() -> Job:
    running = jobs.claim("test", timezone.now)
    assert running is not None
    assert jobs.run(running), Job.objects.get(pk=running.id).error
    return Job.objects.get(pk=running.id)


def test_the_table_is_told_from_the_name_and_columns_are_guessed(seen_by, bob):
    client = seen_by(bob)
    location = upload(client)
    assert location.endswith("?table=subscriptions")
    text = client.get(location).content.decode()
    assert re.search(r'name="column:account_id">.*?<option value="Customer" selected', text, re.S)
    assert "guessed from name and content" in text
    assert "499.00" in text


def test_the_preview_says_what_would_land_and_why_not(seen_by, bob):
    client = seen_by(bob)
    path = upload(client).partition("?")[0]
    text = client.post(f"{path}preview/", MAPPED).content.decode()
    assert "2 would land" in text
    assert "1 would be refused" in text
    assert "yesterday" in text
    assert "49900" in text
    missing = {k: v for k, v in MAPPED.items() if k != "fixed:subscription_id"}
    text = client.post(f"{path}preview/", missing).content.decode()
    assert "subscription_id" in text
    assert lake.current().rows("subscriptions") == 0


def test_from_upload_to_result_and_the_same_file_again(seen_by, bob):
    client = seen_by(bob)
    path = upload(client).partition("?")[0]
    follow = client.post(path, MAPPED)["Location"]
    assert "Waits for a worker" in client.get(follow).content.decode()
    work()
    result = client.get(follow)["Location"]
    text = client.get(result).content.decode()
    assert "2 new facts" in text
    assert "file=subscriptions.csv" in text
    assert client.get(follow, headers={"HX-Request": "true"})["HX-Redirect"] == result
    assert client.get(path).status_code == 404
    kept = FileMapping.objects.get()
    assert kept.mapping["mrr"] == "MRR"
    location = upload(client, mapping=kept.pk)
    assert "mapping=CRM" in location
    text = client.get(location).content.decode()
    assert 'value="{Customer}-sub"' in text
    client.post(location.partition("?")[0], MAPPED)
    work()
    run = ImportRun.objects.latest("pk")
    assert (run.rows_new, run.rows_known) == (0, 2)
    assert "Nothing new" in client.get(f"/facts/imports/{run.pk}/").content.decode() or (
        "The import is done" in client.get(f"/facts/imports/{run.pk}/").content.decode()
    )


def test_a_wrong_mapping_keeps_every_choice(seen_by, bob):
    client = seen_by(bob)
    path = upload(client).partition("?")[0]
    wrong = {**MAPPED, "zone": "Mars/Olympus", "source": "my-crm"}
    answer = client.post(path, wrong)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "is no time zone" in text
    assert 'value="{Customer}-sub"' in text
    assert 'value="my-crm"' in text
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("body", "problem"), [(b"", "empty"), (b"\x1f\x8b\x08\x00abc", "compressed")]
)
def test_what_is_no_table_is_refused_at_once(seen_by, bob, body, problem):
    file = SimpleUploadedFile("events.csv", body)
    answer = seen_by(bob).post("/facts/imports/new/", {"file": file, "table": "events"})
    assert answer.status_code == 422
    assert problem in answer.content.decode()


def test_a_hostile_file_name_is_only_ever_shown(seen_by, bob, workspace):
    client = seen_by(bob)
    location = upload(client, name="..%2F<img src=x>events.csv")
    text = client.get(location).content.decode()
    assert "<img src=x>" not in text


def test_nobody_finds_an_upload_by_guessing(seen_by, bob):
    client = seen_by(bob)
    for token in ("x", "0" * 32):
        assert client.get(f"/facts/imports/new/{token}/").status_code == 404


def test_a_mapping_can_be_deleted(seen_by, bob):
    FileMapping.objects.create(name="a/b", table="events", updated_at=timezone.now())
    seen_by(bob).post("/facts/mappings/a/b/delete")
    assert not FileMapping.objects.exists()


def test_guessing_never_gives_one_column_to_two_fields():
    for table in TABLES.values():
        for columns in (["id", "name", "date", "created_at", "user", "account", "type", "value"],):
            found = guessing.columns(table, columns)
            assert len(set(found.values())) == len(found)
            assert set(found) <= {c.name for c in table.columns}


def test_amounts_are_in_whole_units_unless_the_column_says_minor():
    asked = mapping_form.first(TABLES["invoices"], ["Amount", "amount_minor"], None)
    assert asked.terms["amount_minor"] == Term("column", "amount_minor")
    asked = mapping_form.first(TABLES["invoices"], ["Amount"], None)
    assert asked.terms["amount"] == Term("column", "Amount")


@pytest.mark.parametrize(
    "body",
    [
        b"ticket_id,account_id,opened_at,body\nc1,A,2025-02-01," + b"x" * 200_000 + b"\n",
        b"ticket_id,account_id,opened_at,body\rc1,A,2025-02-01,x\r",
        b"ticket_id,account_id,opened_at,body\r\nc1,A,2025-02-01,x\rc2,A,2025-02-01,y\n",
        "ticket_id,account_id,opened_at,body\nc1,A,2025-02-01,Zo\u00eb\n".encode("utf-16-le"),
        b"sep=;\nticket_id;account_id;opened_at;body\nc1;A;2025-02-01;x\n",
    ],
)
def test_files_as_they_are_found_are_mapped_and_landed(seen_by, bob, body):
    client = seen_by(bob)
    path = upload(client, body, "tickets.csv").partition("?")[0]
    asked = {"table": "tickets"}
    asked |= {f"column:{c}": c for c in ("ticket_id", "account_id", "opened_at", "body")}
    assert client.get(f"{path}?table=tickets").status_code == 200
    assert "would land" in client.post(f"{path}preview/", asked).content.decode()
    client.post(path, asked)
    work()
    assert ImportRun.objects.get().rows_new == len(body.split(b"2025")) - 1 or b"\0" in body


def test_an_open_quote_is_told_on_the_page(seen_by, bob):
    client = seen_by(bob)
    path = upload(client, b'account_id,name\na,"x\nb,y\n', "accounts.csv").partition("?")[0]
    for answer in (
        client.get(f"{path}?table=accounts"),
        client.post(f"{path}preview/", {"table": "accounts", "column:account_id": "account_id"}),
    ):
        assert answer.status_code in (200, 422)
        assert "never closed" in answer.content.decode()


TITLED = (
    "Export of 1 March\n\nId;Kunde;Status;Preis;Waehrung;Beginn;industry\n"
    "s1;acme;Churned;49,90;EUR;2025-01-01;x\ns2;beta;Live;99,00;EUR;2025-01-01;x\n"
    "s3;test;Live;1,00;EUR;2025-01-01;x\n"
).encode("cp1252")
SAID = {
    "table": "subscriptions", "column:subscription_id": "Id", "column:account_id": "Kunde",
    "column:status": "Status", "column:mrr_minor": "Preis", "column:currency": "Waehrung",
    "column:started_at": "Beginn", "unit": "major", "decimal": ",", "format": "csv",
    "delimiter": ";", "header": "3", "encoding": "cp1252", "only": "Kunde!=test",
    "words": "status: Churned = cancelled\nstatus: Live = active", "left_out": ["industry"],
}  # fmt: skip


def test_the_page_has_every_option_of_the_command(seen_by, bob):
    client = seen_by(bob)
    path = upload(client, TITLED, "abos.csv").partition("?")[0]
    text = client.post(f"{path}preview/", SAID).content.decode()
    assert "2 would land" in text
    assert "cancelled" in text
    follow = client.post(path, SAID)["Location"]
    work()
    client.get(follow)
    run = ImportRun.objects.get()
    assert (run.rows_new, run.rows_left_out, run.rows_quarantined) == (2, 1, 0)
    rows = reading.latest(
        "SELECT * FROM subscriptions ORDER BY 1", timezone.now(), "subscriptions"
    ).to_pylist()
    found = {r["subscription_id"]: (r["status"], r["mrr_minor"], r["properties"]) for r in rows}
    assert found == {"s1": ("cancelled", 4990, None), "s2": ("active", 9900, None)}


def test_a_field_that_is_not_in_the_file_does_not_take_a_column_of_its_name(seen_by, bob):
    client = seen_by(bob)
    body = b"account_id,name,industry\nacme,Acme,12\n"
    path = upload(client, body, "accounts.csv").partition("?")[0]
    said = {"table": "accounts", "column:account_id": "account_id", "column:name": "name",
            "column:industry": ""}  # fmt: skip
    client.post(path, said)
    work()
    (row,) = reading.latest("SELECT * FROM accounts", timezone.now(), "accounts").to_pylist()
    assert (row["name"], row["industry"]) == ("Acme", None)


def test_a_wrong_option_is_named_in_the_words_of_the_page_and_keeps_every_choice(seen_by, bob):
    client = seen_by(bob)
    path = upload(client, TITLED, "abos.csv").partition("?")[0]
    for wrong, says in (
        ({"words": "status=x"}, "Values in other words"),
        ({"only": "what"}, "Only these rows"),
        ({"encoding": "klingon"}, "Encoding"),
    ):
        answer = client.post(path, SAID | wrong)
        text = answer.content.decode()
        assert answer.status_code == 422
        assert f"<strong>{says}:" in text
        assert "--" not in text.partition('role="alert"')[2].partition("</div>")[0]
        assert re.search(r'name="column:account_id">.*?<option value="Kunde" selected', text, re.S)
    assert not ImportRun.objects.exists()


def test_a_file_read_in_another_way_shows_its_columns_and_keeps_how(seen_by, bob):
    client = seen_by(bob)
    path = upload(client, TITLED, "abos.csv").partition("?")[0]
    said = {"table": "subscriptions", "header": "6", "delimiter": ";", "words": "status:a=active"}
    text = client.post(path, said | {"again": "1"}).content.decode()
    assert '<option value="s3"' in text
    assert 'value="6"' in text
    assert "status:a=active" in text
    assert not Job.objects.exists()


def test_what_is_missing_is_said_in_the_words_of_the_page():
    from tenure.analytics.errors import SpecError
    from tenure.connectors.files.pages.mapping_page import in_words

    remedy = (
        "add --map account_id=Company; and --map 'id={a}-{b}' (an id made of columns);"
        " and --map opened_at=COLUMN with the column that holds it; and --map survey==nps"
        " if it is so in every row; and --map 'person_id=Who'\"'\"'s id'"
    )
    said = in_words(SpecError("mapping", "x", "is missing", remedy))["remedy"]
    assert said == (
        "choose Company for account_id; write {a}-{b} beside id (an id made of columns);"
        " choose the column of opened_at; write nps beside survey if it is so in every row;"
        " choose Who's id for person_id"
    )

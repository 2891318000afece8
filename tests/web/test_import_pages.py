"""Importing a file in the browser: upload, map, preview, run, result, run again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tenure.analytics.tables import TABLES
from tenure.connectors.files.mapping import Term
from tenure.connectors.models import FileMapping, ImportRun
from tenure.core import jobs
from tenure.core.models import Job
from tenure.facts import lake
from tenure.web.facts import guessing, mapping_form
from tenure.web.routing import wire

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
def _wired(workspace: Any, db: None) -> None:
    wire()


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
    assert "guessed from the name" in text
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

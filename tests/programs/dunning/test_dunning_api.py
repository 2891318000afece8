"""Dunning over REST."""

from __future__ import annotations

from typing import Any

import pytest
from people import NOW

from tenure.programs.dunning.models import Case


@pytest.fixture
def case(workspace: Any, db: None) -> Case:
    return Case.objects.create(
        invoice_id="i1", account_id="acme", amount_minor=4900, currency="EUR", opened_at=NOW,
        kind="soft", code="insufficient_funds", tries=1,
    )  # fmt: skip


def test_cases_are_listed_a_page_at_a_time(case, api):
    Case.objects.create(
        invoice_id="i2", account_id="bolt", amount_minor=1, currency="EUR", opened_at=NOW,
        kind="hard", state="recovered", closed_at=NOW,
    )  # fmt: skip
    client = api("analyst")
    first = client.get("/api/v1/dunning?limit=1").json()
    assert [c["invoice_id"] for c in first["items"]] == ["i2"]
    second = client.get(f"/api/v1/dunning?limit=1&cursor={first['next_cursor']}").json()
    assert [c["invoice_id"] for c in second["items"]] == ["i1"]
    alive = client.get("/api/v1/dunning?state=alive").json()
    assert [c["invoice_id"] for c in alive["items"]] == ["i1"]
    assert client.get("/api/v1/dunning?account=bolt").json()["items"][0]["invoice_id"] == "i2"
    assert client.get("/api/v1/dunning?state=lost").status_code == 422


def test_recovery_is_told_with_its_interval(case, api):
    Case.objects.filter(pk=case.pk).update(state="recovered", closed_at=NOW)
    told = api("analyst").get("/api/v1/dunning/recovery").json()
    assert set(told) >= {"recovered", "by_kind", "by_try", "by_mail", "money", "at_stake"}
    assert told["at_stake"] == []


def test_a_person_takes_over_and_hands_back(case, api):
    client, path = api("csm"), f"/api/v1/dunning/{case.pk}"
    post = {"content_type": "application/json"}
    assert api("analyst").post(f"{path}/take-over", {}, **post).status_code == 403
    assert client.post(f"{path}/take-over", {}, **post).json()["taken_by"] == "key: test csm"
    assert client.post(f"{path}/hand-back", {}, **post).json()["taken_by"] == ""
    more = client.post(f"{path}/extend", {"days": 3, "reason": "On holiday"}, **post).json()
    assert more["extended_days"] == 3
    assert client.post(f"{path}/extend", {"days": 60, "reason": "x"}, **post).status_code == 422
    whole = client.get(path).json()
    assert [s["what"] for s in whole["steps"]] == ["extended"]
    assert whole["plan"] == []  # the ledger does not know the invoice
    assert client.get("/api/v1/dunning/999").status_code == 404
    Case.objects.filter(pk=case.pk).update(state="recovered")
    assert client.post(f"{path}/take-over", {}, **post).status_code == 422

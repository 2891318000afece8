"""Losses over REST."""

from __future__ import annotations

from typing import Any

import pytest
from people import NOW

from tenure.learning.investigations.models import Investigation


@pytest.fixture
def loss(workspace: Any, db: None) -> Investigation:
    return Investigation.objects.create(
        account_id="acme", churned_at=NOW, opened_at=NOW, kind="voluntary", segments=["big"],
        mrr_minor=4900, currency="EUR", cause="price", verdict="unclear", proposed_cause="price",
        proposed_verdict="unclear", dossier={"warnings": []},
        evidence=[["price", "seats_removed", "Seats removed", 1]],
    )  # fmt: skip


def test_losses_are_listed_and_narrowed(loss, api):
    client = api("analyst")
    found = client.get("/api/v1/churned").json()
    assert [row["account_id"] for row in found["items"]] == ["acme"]
    for query, n in (("cause=price", 1), ("cause=none", 0), ("segment=big", 1), ("account=x", 0),
                     ("verdict=unclear", 1), ("state=confirmed", 0)):  # fmt: skip
        assert len(client.get(f"/api/v1/churned?{query}").json()["items"]) == n, query
    assert client.get("/api/v1/churned?state=lost").status_code == 422
    whole = client.get(f"/api/v1/churned/{loss.pk}").json()
    assert whole["evidence"][0]["text"] == "Seats removed"
    assert whole["interview"] is None
    assert client.get("/api/v1/churned/999").status_code == 404


def test_a_verdict_needs_the_permission_and_a_reason(loss, api):
    path, post = f"/api/v1/churned/{loss.pk}/decide", {"content_type": "application/json"}
    assert api("analyst").post(path, {}, **post).status_code == 403
    client = api("csm")
    assert client.post(path, {"verdict": "preventable"}, **post).status_code == 422
    told = client.post(path, {"verdict": "preventable", "why": "I know"}, **post).json()
    assert (told["state"], told["verdict"]) == ("confirmed", "preventable")
    refused = client.post(f"/api/v1/churned/{loss.pk}/interview", **post)
    assert (refused.status_code, "mail address" in refused.content.decode()) == (422, True)

"""A person who is erased is named by no notice of Stripe's, whether it waits or is in trouble."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connectors.stripe.stripe_things import START, event, invoice

from tenure.connectors.models import StripeParked, StripeTrouble
from tenure.connectors.stripe import ingest
from tenure.facts import sweeping
from tenure.facts.persons import Subject

pytestmark = pytest.mark.django_db
ANN = Subject(("ann",), ("ann@acme.example", "zoë@acme.example"))


def _bodies() -> str:
    rows = [*StripeParked.objects.all(), *StripeTrouble.objects.all()]
    return " ".join(bytes(row.body).decode() for row in rows)


def _kept(body: Any) -> None:
    """One notice that waits and one in trouble, both naming her; and one that names nobody."""
    for name, text in (("evt_1", body), ("evt_3", {"to": "bob@acme.example"})):
        StripeParked.objects.create(
            event_id=name, needs="cus:x", received_at=START, body=json.dumps(text).encode()
        )
    StripeTrouble.objects.create(
        event_id="evt_2", kind="x", received_at=START, body=b"{broken Ann@Acme.example",
        error="ValueError: ann@acme.example",
    )  # fmt: skip


@pytest.mark.parametrize("mail", ["ann@acme.example", "Zoë@acme.example"])
def test_notices_that_name_a_person_are_handed_out_and_then_name_them_no_more(mail: str) -> None:
    _kept({"to": mail, "amount": 4900})
    found = [(told["table"], told["field"]) for told in sweeping.mentions(ANN)]
    assert found == [
        ("connectors.StripeParked", "body"),
        ("connectors.StripeTrouble", "error"),
        ("connectors.StripeTrouble", "body"),
    ]
    assert sweeping.sweep(ANN, "erased-1") == 2
    assert sweeping.mentions(ANN) == []
    assert "bob@acme.example" in _bodies()
    assert "ann@" not in StripeTrouble.objects.get().error.lower()
    assert json.loads(bytes(StripeParked.objects.get(pk="evt_1").body))["amount"] == 4900


def test_an_erased_notice_can_still_be_read_again(workspace: Any) -> None:
    bill = event("invoice.paid", {**invoice("paid"), "customer_email": "ann@acme.example"}, START)
    StripeTrouble.objects.create(
        event_id=bill["id"], kind="invoice.paid", received_at=START, error="KeyError: 'x'",
        body=json.dumps(bill).encode(),
    )  # fmt: skip
    sweeping.sweep(ANN, "erased-1")
    assert ingest.read_again(bill["id"], START)

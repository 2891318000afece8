"""A person's data leaves the history of cases; the money's history stays."""

from __future__ import annotations

import pytest
from people import NOW

from tenure.facts import sweeping
from tenure.facts.persons import Subject
from tenure.programs.dunning.models import Case, Step

pytestmark = pytest.mark.django_db


def test_whom_a_case_wrote_to_is_told_and_forgotten() -> None:
    case = Case.objects.create(
        invoice_id="i1", account_id="acme", amount_minor=1, opened_at=NOW, kind="soft"
    )
    for n, detail in enumerate(("ann@acme.example", "bo@acme.example")):
        Step.objects.create(case=case, key=f"k{n}", what="mail:failed", at=NOW, detail=detail)
    ann = Subject(("ann",), ("ann@acme.example",))
    assert [m["says"] for m in sweeping.mentions(ann)] == ["ann@acme.example"]
    assert sweeping.sweep(ann, "gone-1") == 1
    left = sorted(Step.objects.values_list("detail", flat=True))
    assert "ann" not in " ".join(left)
    assert "bo@acme.example" in left
    assert sweeping.mentions(ann) == []

"""Segments as kept: own rules, static lists, and who is in them."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from tenure.accounts import segments
from tenure.accounts.models import Account, Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.core.models import AuditEntry

pytestmark = pytest.mark.django_db
T = datetime(2026, 3, 2, tzinfo=UTC)
KNOWN = {"seats", "yearly_value"}
BIG = 'field = "seats"\nop = ">="\nvalue = 10'


@pytest.fixture(autouse=True)
def _accounts() -> None:
    Account.objects.bulk_create([Account(id=n, name=n) for n in ("ada", "bob", "cyd")])


def table(**seats: float) -> pa.Table:
    return pa.table(
        {"account_id": list(seats), "seats": list(seats.values()),
         "arr_minor": [60_000_00.0] * len(seats), "currency": ["USD"] * len(seats)}
    )  # fmt: skip


def members(name: str) -> set[str]:
    rows = SegmentMember.objects.filter(segment=name)
    return set(rows.values_list("account_id", flat=True))


def test_members_follow_the_rule(alice: Any) -> None:
    segments.save_rule("big", "Big", BIG, KNOWN, alice, T)
    segments.refresh(table(ada=20, bob=5), T)
    assert members("big") == {"ada"}
    sizes = segments.refresh(table(ada=5, bob=50, unknown=99), T)
    assert (members("big"), sizes["big"]) == ({"bob"}, 1)
    assert members("enterprise") == {"ada", "bob"}
    assert Segment.objects.get(pk="enterprise").counted_at == T


def test_a_static_list_keeps_its_members(alice: Any) -> None:
    segments.save_list("pilots", "Pilots", ["ada", "cyd"], alice, T)
    segments.refresh(table(bob=1), T)
    assert members("pilots") == {"ada", "cyd"}
    found = segments.memberships(table(ada=1, bob=1))
    assert found["pilots"].tolist() == [True, False]


def test_an_unknown_account_is_refused(alice: Any) -> None:
    with pytest.raises(SpecError, match="no account dora"):
        segments.save_list("pilots", "Pilots", ["ada", "dora"], alice, T)
    assert not Segment.objects.filter(pk="pilots").exists()


@pytest.mark.parametrize(
    ("name", "rule", "problem"),
    [
        ("Big One", BIG, "not usable"),
        ("enterprise", BIG, "packaged segment"),
        ("big", 'field = "seets"\nop = "missing"', "no field 'seets'"),
        ("big", 'field = "seats"', "needs an op"),
    ],
)
def test_an_unsound_segment_is_refused(alice: Any, name: str, rule: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        segments.save_rule(name, "Big", rule, KNOWN, alice, T)


def test_changes_are_on_record_and_an_own_segment_can_go(alice: Any) -> None:
    segments.save_rule("big", "Big", BIG, KNOWN, alice, T)
    segments.delete("big", alice, T)
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["segment.saved", "segment.deleted"]
    with pytest.raises(SpecError, match="no segment of your own"):
        segments.delete("enterprise", alice, T)

"""A wrong merge is taken apart: what was known stays, what comes is told apart again."""

from __future__ import annotations

import pytest
from sending import NOON, Company, track

from tenure.analytics.errors import SpecError
from tenure.core.models import AuditEntry
from tenure.facts import erasure, splitting
from tenure.facts.models import IdentityLink, IdentitySplit

pytestmark = pytest.mark.django_db(transaction=True)


def alias(message_id: str, older: str, person: str) -> dict:
    return {"type": "alias", "messageId": message_id, "userId": person, "previousId": older,
            "timestamp": NOON.isoformat()}  # fmt: skip


def persons(company: Company) -> dict[str, str | None]:
    return {row["message_id"]: row["person_id"] for row in company.rows()}


@pytest.fixture
def merged(company: Company) -> Company:
    """Bob was taken for Alice, and did something under her name."""
    company.sends(alias("a1", "bob", "alice"))
    company.flush()
    company.sends(track("m1", user="bob"))
    company.flush()
    assert persons(company)["m1"] == "alice"
    return company


def test_after_a_split_each_id_stands_for_itself_and_earlier_facts_stay(merged: Company) -> None:
    was = splitting.split("bob", "carol", merged.now)
    assert (was.alias, was.person_id) == ("bob", "alice")
    merged.sends(track("m2", user="bob"), track("m3", user="alice"))
    merged.flush()
    found = persons(merged)
    assert {k: found[k] for k in ("m1", "m2", "m3")} == {
        "m1": "alice", "m2": "bob", "m3": "alice"
    }  # fmt: skip
    entry = AuditEntry.objects.get(action="person.split")
    assert (entry.actor, entry.before, entry.after) == (
        "carol", {"person": "alice"}, {"person": "bob"}
    )  # fmt: skip


@pytest.mark.parametrize(
    "again",
    [
        [alias("b1", "bob", "alice")],
        [alias("b1", "alice", "bob")],
        [alias("b1", "bob", "eve"), alias("b2", "eve", "alice")],
        [{**track("b1", user="alice"), "anonymousId": "bob"}],
    ],
)
def test_no_call_joins_them_again_neither_way_round_nor_over_a_third(
    merged: Company, again: list[dict]
) -> None:
    splitting.split("bob", "carol", merged.now)
    merged.sends(*again)
    merged.flush()
    merged.another_process()
    merged.sends(track("m2", user="bob"), track("m3", user="alice"))
    merged.flush()
    found = persons(merged)
    assert found["m2"] != found["m3"]


def test_a_split_id_may_become_somebody_else(merged: Company) -> None:
    splitting.split("bob", "carol", merged.now)
    merged.sends(alias("b1", "bob", "robert"))
    merged.flush()
    merged.sends(track("m2", user="bob"))
    merged.flush()
    assert persons(merged)["m2"] == "robert"


def test_a_split_taken_back_lets_calls_join_them(merged: Company) -> None:
    splitting.split("bob", "carol", merged.now)
    splitting.allow("bob", "alice", "carol", merged.now)
    merged.sends(alias("b1", "bob", "alice"))
    merged.flush()
    merged.sends(track("m2", user="bob"))
    merged.flush()
    assert persons(merged)["m2"] == "alice"
    assert AuditEntry.objects.filter(action="person.unsplit").count() == 1


def test_joins_are_listed_from_any_of_their_ids(merged: Company) -> None:
    merged.sends(alias("b1", "bobby", "bob"))
    merged.flush()
    for one in ("alice", "bob", "bobby"):
        assert {j.alias for j in splitting.joined(one)} == {"bob", "bobby"}
    assert splitting.joined("eve") == []


def test_who_is_joined_to_nobody_cannot_be_split(merged: Company) -> None:
    for one in ("alice", "eve"):
        with pytest.raises(SpecError, match="joined to nobody"):
            splitting.split(one, "carol", merged.now)
    with pytest.raises(SpecError, match="was not split"):
        splitting.allow("bob", "alice", "carol", merged.now)


def test_an_erasure_reaches_splits(merged: Company, workspace: object) -> None:
    splitting.split("bob", "carol", merged.now)
    erasure.erase_person("bob", "carol", merged.now)
    assert not IdentitySplit.objects.exists()
    assert not IdentityLink.objects.filter(alias="bob").exists()

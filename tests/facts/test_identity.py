"""Whose a fact is: said, remembered, or found out later without changing what was known before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sending import NOON, Company, track

from tenure.facts import identity
from tenure.facts.models import SourceDay
from tenure.facts.resolve import resolve

pytestmark = pytest.mark.django_db(transaction=True)


def identify(message_id: str, user: str, anonymous: str | None = None, **traits: object) -> dict:
    call = {"type": "identify", "messageId": message_id, "userId": user, "traits": traits}
    return {
        **call,
        "timestamp": NOON.isoformat(),
        **({"anonymousId": anonymous} if anonymous else {}),
    }


def group(message_id: str, user: str, account: str, **traits: object) -> dict:
    call = {"type": "group", "messageId": message_id, "userId": user, "groupId": account}
    return {**call, "traits": traits, "timestamp": NOON.isoformat()}


def anonymous(message_id: str, device: str = "device-1", **more: object) -> dict:
    return track(message_id, user=None, anonymousId=device, **more)


def accounts_of(company: Company) -> dict[str, str | None]:
    return {row["message_id"]: row["account_id"] for row in company.rows()}


def test_a_person_counts_for_the_account_they_were_grouped_into(company: Company) -> None:
    company.sends(group("g1", "alice", "acme"))
    company.flush()
    company.another_process()
    company.sends(track("m1"))
    company.flush()
    assert accounts_of(company)["m1"] == "acme"


def test_of_two_accounts_the_one_said_wins_and_else_the_one_last_used(company: Company) -> None:
    company.sends(group("g1", "alice", "acme"), group("g2", "alice", "beta"))
    company.flush()
    later = (NOON + timedelta(minutes=5)).isoformat()
    company.passes(minutes=6)
    company.sends(track("m1", context={"groupId": "acme"}, timestamp=later))
    company.flush()
    company.another_process()
    company.sends(track("m2"), track("m3", context={"groupId": "beta"}))
    company.flush()
    found = accounts_of(company)
    assert (found["m1"], found["m2"], found["m3"]) == ("acme", "acme", "beta")


def test_an_anonymous_device_is_its_person_from_identify_on(company: Company) -> None:
    company.sends(group("g1", "alice", "acme"), identify("i1", "alice", "device-1"))
    company.flush()
    company.sends(anonymous("m1"))
    company.flush()
    row = next(r for r in company.rows() if r["message_id"] == "m1")
    assert (row["person_id"], row["account_id"], row["anonymous_id"]) == (
        "alice",
        "acme",
        "device-1",
    )


def test_earlier_anonymous_facts_are_credited_from_the_moment_of_the_link(company: Company) -> None:
    company.sends(anonymous("m1"), anonymous("other", "device-2"))
    company.flush()
    company.passes(days=2)
    company.sends(group("g1", "alice", "acme"), identify("i1", "alice", "device-1"))
    company.flush()
    assert resolve(company.lake, company.routing, "test", company.now) == 1
    rows = {row["message_id"]: row for row in company.rows()}
    copy, original = rows["m1#resolved"], rows["m1"]
    assert original["account_id"] is None
    assert (copy["account_id"], copy["person_id"]) == ("acme", "alice")
    assert copy["timestamp"] == original["timestamp"]
    assert copy["received_at"] == NOON + timedelta(days=2)
    assert "other#resolved" not in rows


def test_crediting_again_changes_nothing(company: Company) -> None:
    company.sends(anonymous("m1"))
    company.flush()
    company.sends(group("g1", "alice", "acme"), identify("i1", "alice", "device-1"))
    company.flush()
    assert resolve(company.lake, company.routing, "test", company.now) == 1
    assert resolve(company.lake, company.routing, "test", company.now) is None
    company.sends(identify("i2", "alice", "device-3"))
    company.flush()
    assert resolve(company.lake, company.routing, "test", company.now) == 0
    assert sum(SourceDay.objects.filter(table="events").values_list("rows", flat=True)) == 5


def test_a_person_grouped_later_brings_earlier_facts_and_devices(company: Company) -> None:
    company.sends(anonymous("m1"))
    company.sends(identify("i1", "alice", "device-1"), track("m2"))
    company.flush()
    assert resolve(company.lake, company.routing, "test", company.now) == 0
    company.passes(hours=1)
    company.sends(group("g1", "alice", "acme"))
    company.flush()
    assert resolve(company.lake, company.routing, "test", company.now) == 3
    credited = {i for i, account in accounts_of(company).items() if account == "acme"}
    assert credited == {"g1", "i1#resolved", "m1#resolved", "m2#resolved"}


def test_facts_older_than_the_look_back_stay_anonymous(company: Company) -> None:
    company.sends(anonymous("m1"))
    company.flush()
    company.passes(days=120)
    company.sends(group("g1", "alice", "acme"), identify("i1", "alice", "device-1"))
    company.flush()
    assert resolve(company.lake, company.routing, "test", company.now) == 0


def test_dying_between_copies_and_their_record_doubles_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.sends(anonymous("m1"))
    company.flush()
    company.sends(group("g1", "alice", "acme"), identify("i1", "alice", "device-1"))
    company.flush()
    with monkeypatch.context() as patch:
        patch.setattr("tenure.facts.resolve.sources.count", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            resolve(company.lake, company.routing, "test", company.now)
    resolve(company.lake, company.routing, "test", company.now)
    assert [i for i in company.ids() if i.endswith("#resolved")] == ["m1#resolved"]


def test_alias_joins_an_older_person_id_to_the_newer(company: Company) -> None:
    company.sends(group("g1", "old-alice", "acme"))
    alias = {"type": "alias", "messageId": "a1", "previousId": "old-alice", "userId": "alice"}
    company.sends({**alias, "timestamp": NOON.isoformat()})
    company.flush()
    company.sends(track("m1", user="old-alice"))
    company.flush()
    row = next(r for r in company.rows() if r["message_id"] == "m1")
    assert row["person_id"] == "alice"


def test_aliases_in_a_circle_end(company: Company) -> None:
    for n, (one, other) in enumerate([("a", "b"), ("b", "c"), ("c", "a")]):
        call = {"type": "alias", "messageId": f"a{n}", "previousId": one, "userId": other}
        company.sends({**call, "timestamp": NOON.isoformat()})
    company.sends(track("m1", user="a"), track("m2", user="b"), track("m3", user="c"))
    company.flush()
    people = {r["message_id"]: r["person_id"] for r in company.rows()}
    assert people["m1"] == people["m2"] == people["m3"]


def test_an_anonymous_device_may_be_in_a_group(company: Company) -> None:
    company.sends(anonymous("m1", context={"groupId": "acme"}))
    company.flush()
    company.sends(anonymous("m2"))
    company.flush()
    assert accounts_of(company)["m2"] == "acme"
    assert company.rows("people") == []


def test_traits_are_facts_about_people_and_accounts(company: Company) -> None:
    company.sends(
        identify(
            "i1", "alice", email="alice@example.com", firstName="Alice", lastName="Ng", tier=2
        ),
        group("g1", "alice", "acme", name="Acme", employees="250", plan="pro"),
    )
    company.flush()
    people = {row["message_id"]: row for row in company.rows("people")}
    assert people["i1"]["email"] == "alice@example.com"
    assert people["i1"]["name"] == "Alice Ng"
    assert people["i1"]["properties"] == '{"tier":2}'
    (account,) = company.rows("accounts")
    assert (account["name"], account["employees"]) == ("Acme", 250)
    assert account["properties"] == '{"plan":"pro"}'


def test_a_later_fact_keeps_what_earlier_ones_said(company: Company) -> None:
    company.sends(group("g1", "alice", "acme"), identify("i1", "alice", email="a@example.com", x=1))
    company.flush()
    company.passes(days=1)
    company.another_process()
    later = {"timestamp": company.now.isoformat()}
    company.sends({**identify("i2", "alice", title="CTO", y=2), **later})
    company.flush()
    newest = max(company.rows("people"), key=lambda row: row["updated_at"])
    assert (newest["email"], newest["title"], newest["account_id"]) == (
        "a@example.com",
        "CTO",
        "acme",
    )
    assert newest["properties"] == '{"x":1,"y":2}'


def test_saying_the_same_again_adds_no_fact_about_the_person(company: Company) -> None:
    for n in range(3):
        company.sends(identify(f"i{n}", "alice", email="a@example.com"))
        company.flush()
        company.passes(minutes=5)
    assert len(company.rows("people")) == 1
    assert len(company.rows()) == 3


def test_accounts_seen_only_in_events_are_known(company: Company) -> None:
    company.sends(
        track("m1", context={"groupId": "acme"}), track("m2", context={"groupId": "acme"})
    )
    company.flush()
    company.sends(track("m3", context={"groupId": "acme"}))
    company.flush()
    assert [row["account_id"] for row in company.rows("accounts")] == ["acme"]
    assert [row["person_id"] for row in company.rows("people")] == ["alice"]


def test_what_an_import_says_of_membership_is_used_at_once(company: Company) -> None:
    company.sends(track("m1"))
    company.flush()
    identity.remember([("alice", "acme", NOON)])
    company.sends(track("m2"))
    company.flush()
    assert accounts_of(company) == {"m1": None, "m2": "acme"}

"""Who gets the accounts that nobody has."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tenure.work.portfolio import assigning, policy
from tenure.work.portfolio.assigning import Load, loads, plan
from tenure.work.portfolio.overdue_touches import Customer
from tenure.work.portfolio.spec import AssignmentRule, Portfolio, Room

PACKAGED = policy.packaged()
MAILS = ["ann@x", "ben@x", "cleo@x"]


def numbers(choose: str = "load", rules: tuple[AssignmentRule, ...] = (), **room) -> Portfolio:
    assignment = PACKAGED.assignment.model_copy(update={"choose": choose, "rules": rules})
    capacity = PACKAGED.capacity.model_copy(update=room)
    return PACKAGED.model_copy(update={"assignment": assignment, "capacity": capacity})


def accounts(n: int, tier: str = "mid_market") -> list[Customer]:
    return [Customer(f"acc{i:02d}", tier=tier, value_minor=1000 - i) for i in range(n)]


def owners(found: assigning.Plan) -> dict[str, str]:
    return {g.account.id: g.owner for g in found.given}


def placed(rows: list[Customer], rule: Portfolio, mails: list[str] | None = None) -> assigning.Plan:
    pool = MAILS if mails is None else mails
    return plan(rows, loads([], pool, rule), pool, rule)


def test_in_turn_everybody_gets_the_same_number():
    found = placed(accounts(7), numbers("round_robin"))
    assert [g.owner for g in found.given] == [*MAILS, *MAILS, "ann@x"]


def test_by_load_the_least_full_gets_it():
    rule = numbers()
    busy = [Customer(f"old{i}", tier="mid_market", owner="ann@x") for i in range(3)]
    found = plan(accounts(4), loads(busy, MAILS, rule), MAILS, rule)
    assert owners(found) == {"acc00": "ben@x", "acc01": "cleo@x", "acc02": "ben@x",
                             "acc03": "cleo@x"}  # fmt: skip


def test_a_rule_goes_first_and_gives_way_when_its_owners_are_full():
    german = AssignmentRule(segments=("german", "mid_market"), owners=("cleo@x", "gone@x"))
    small = {"cleo@x": Room(accounts=1, hours=99)}
    rule = numbers(rules=(german,), people=small)
    rows = [
        Customer(i, tier="mid_market", segments=frozenset({"german", "mid_market"}), value_minor=v)
        for i, v in (("one", 9), ("two", 8))
    ]
    found = placed(rows, rule)
    assert [(g.owner, g.why) for g in found.given] == [("cleo@x", "rule"), ("ann@x", "role")]


def test_when_all_are_full_the_least_full_gets_it_and_the_plan_says_so():
    found = placed(accounts(4), numbers(accounts=1))
    assert [g.why for g in found.given] == ["role", "role", "role", "full"]
    assert found.given[-1].owner == "ann@x"
    assert found.loads[0].over


def test_without_colleagues_the_accounts_are_left():
    found = placed(accounts(2), numbers(), [])
    assert found.given == ()
    assert [c.id for c in found.left] == ["acc00", "acc01"]


def test_whoever_left_the_company_keeps_a_line_but_gets_nothing():
    found = loads([Customer("a", tier="mid_market", owner="old@x")], ["ann@x"], numbers())
    assert [(x.mail, x.accounts) for x in found] == [("old@x", 1), ("ann@x", 0)]


rooms = st.builds(Room, accounts=st.integers(0, 4), hours=st.floats(0, 12))
some = st.lists(
    st.builds(
        Customer,
        id=st.uuids().map(str),
        tier=st.sampled_from(["enterprise", "mid_market"]),
        value_minor=st.integers(0, 9),
        segments=st.sampled_from([frozenset(), frozenset({"german"})]),
    ),
    max_size=14,
    unique_by=lambda c: c.id,
)
RULES = (AssignmentRule(segments=("german",), owners=("zoe@x",), choose="round_robin"),)


@given(some, st.lists(rooms, min_size=1, max_size=3), st.sampled_from(["load", "round_robin"]),
       st.booleans(), st.randoms())  # fmt: skip
def test_the_plan_covers_all_is_stable_and_keeps_to_the_room_there_is(
    rows: list[Customer], space: list[Room], how: str, ruled: bool, rng: random.Random
) -> None:
    pool = MAILS[: len(space)]
    people = {**dict(zip(pool, space, strict=True)), "zoe@x": Room(accounts=1, hours=50)}
    rule = numbers(how, RULES if ruled else (), people=people)
    start = [Load(m, rule.capacity.of(m)) for m in (*pool, "zoe@x")]
    found = plan(rows, start, pool, rule)
    assert sorted(owners(found)) == sorted(c.id for c in rows)
    assert not found.left

    shuffled, loads_too = list(rows), list(start)
    rng.shuffle(shuffled)
    rng.shuffle(loads_too)
    assert plan(shuffled, loads_too, pool, rule).digest == found.digest

    # Replayed one by one: over the room only when nobody of the role has any.
    state = {load.mail: [0, 0.0] for load in start}
    for g in found.given:
        room = {m: rule.capacity.of(m) for m in state}
        fits = {
            m for m, (n, h) in state.items()
            if n + 1 <= room[m].accounts and h + g.hours <= room[m].hours
        }  # fmt: skip
        assert (g.owner in fits) == (g.why != "full")
        if g.why == "full":
            assert not fits & set(pool)
        state[g.owner][0] += 1
        state[g.owner][1] += g.hours

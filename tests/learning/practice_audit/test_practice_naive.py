"""The counts of the harder checks, held against a slow second implementation on random firms."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from learning.practice_audit.firms import accounts, add, ago
from people import NOW

from tenure.learning.practice_audit import documents
from tenure.learning.practice_audit.checks import contact, feedback, renewal
from tenure.learning.practice_audit.context import Context

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
Fact = dict[str, Any]
DAY = timedelta(days=1)


def ground() -> Context:
    return Context(NOW, documents.current())


def talks(rng: random.Random, ids: list[str], n: int) -> list[Fact]:
    kinds = ["call", "mail", "community", "Referral", "qbr"]
    return [
        {"interaction_id": f"i{k}", "account_id": rng.choice(ids),
         "happened_at": ago(rng.uniform(-5, 800)), "kind": rng.choice(kinds)}
        for k in range(n)
    ]  # fmt: skip


def efforts(facts: list[Fact]) -> Iterator[Fact]:
    """Contacts that happened by now and were not the customer's own doing."""
    for fact in facts:
        if fact["happened_at"] < NOW and fact["kind"].lower() not in ("community", "referral"):
            yield fact


def history(rng: random.Random, account: str, number: int) -> list[Fact]:
    """A subscription with up to three terms, and an end perhaps."""
    start = rng.randint(200, 1400)
    length, renewals = rng.choice([30, 365, 365, 300]), rng.randint(1, 3)
    base = {"subscription_id": f"s{number}", "account_id": account, "started_at": ago(start),
            "status": "active", "mrr_minor": 100, "currency": "USD"}  # fmt: skip
    rows = [
        {**base, "updated_at": ago(start - k * length), "renews_at": ago(start - (k + 1) * length)}
        for k in range(renewals)
        if start - k * length > 0
    ]
    if rng.random() < 0.5:  # it ended some time after its last term began
        rows[-1]["ended_at"] = rows[-1]["updated_at"] + rng.uniform(0, 500) * DAY
    return rows


def terms(rows: list[Fact]) -> Iterator[tuple[str, datetime, datetime]]:
    """Account, begin and end of the terms served to their end in the last year."""
    rows = sorted(rows, key=lambda r: r["renews_at"])
    ended = rows[-1].get("ended_at")
    begun = rows[0]["started_at"]
    for row in rows:
        over, begun_here = row["renews_at"], begun
        begun = over
        if not ago(365) <= over < NOW or over - begun_here < 270 * DAY:
            continue
        if ended is None or ended >= NOW or ended >= over - 90 * DAY:
            yield row["account_id"], begun_here, over


@pytest.mark.parametrize("seed", range(12))
def test_contacts_in_terms(seed: int) -> None:
    rng = random.Random(seed)
    ids = [f"a{i}" for i in range(8)]
    subscribed = [history(rng, rng.choice(ids), n) for n in range(14)]
    talked = talks(rng, ids, 150)
    add("subscriptions", [row for rows in subscribed for row in rows])
    add("interactions", talked)
    expected: dict[str, list[int]] = {}
    listed = [t for rows in subscribed for t in terms(rows)]
    for fact in efforts(talked):
        mine = [t for t in listed if t[0] == fact["account_id"]]
        inside = [t for t in mine if t[1] <= fact["happened_at"] < t[2]]
        near = any(fact["happened_at"] >= t[2] - 90 * DAY for t in inside)
        if inside:
            counted = expected.setdefault(fact["account_id"], [0, 0])
            counted[0] += 1
            counted[1] += near
    here = ground()
    rule = here.policy.findings["engaged_only_at_renewal"]
    found = {r["account_id"]: [r["n"], r["near"]] for r in renewal._in_terms(here, rule)}
    assert found == expected
    assert seed > 3 or expected, "a firm without terms tells nothing"


@pytest.mark.parametrize("seed", range(8))
def test_effort_by_tier(seed: int) -> None:
    rng = random.Random(seed)
    ages = {"enterprise": rng.randint(40, 700), "smb": rng.randint(40, 700)}
    members = {t: accounts(rng.randint(1, 6), t, since=age) for t, age in ages.items()}
    talked = talks(rng, [*members["enterprise"], *members["smb"], "other"], 80)
    add("interactions", talked)
    recent = [f["account_id"] for f in efforts(talked) if f["happened_at"] >= ago(365)]
    rows = contact._by_tier(ground(), 365)
    assert [r["tier"] for r in rows] == ["enterprise", "smb"]
    for row in rows:
        mine = members[row["tier"]]
        years = len(mine) * min(ages[row["tier"]], 365) / 365
        n = sum(recent.count(a) for a in mine)
        assert (row["accounts"], row["contacts"]) == (len(mine), n)
        assert row["rate"] == pytest.approx(n / years)
        assert sorted(row["untouched"]) == [a for a in mine if a not in recent]


@pytest.mark.parametrize("seed", range(8))
def test_answers_that_nobody_followed_up(seed: int) -> None:
    rng = random.Random(seed)
    ids = [f"a{i}" for i in range(6)]
    given = [
        {"response_id": f"r{k}", "account_id": rng.choice(ids), "score": rng.randint(0, 10),
         "responded_at": ago(rng.uniform(0, 120)),
         "survey": rng.choice(["nps", "NPS", "csat", "x"])}
        for k in range(60)
    ]  # fmt: skip
    talked = talks(rng, ids, 120)
    add("responses", given)
    add("interactions", talked)
    judged = [
        a for a in given
        if a["score"] <= {"nps": 6, "csat": 2}.get(a["survey"].lower(), -1)
        and ago(90) <= a["responded_at"] <= ago(7)
    ]  # fmt: skip
    ignored = [
        a for a in judged
        if not any(
            f["account_id"] == a["account_id"]
            and a["responded_at"] <= f["happened_at"] <= a["responded_at"] + 7 * DAY
            for f in efforts(talked)
        )
    ]  # fmt: skip
    here = ground()
    rule = here.policy.findings["negative_feedback_ignored"]
    outcome = feedback.negative_feedback_ignored(here, rule)
    assert outcome.evidence.startswith(f"{len(ignored)} of {len(judged)} negative answers")

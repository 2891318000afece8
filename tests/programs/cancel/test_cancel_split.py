"""The split test over kept visits: who was offered something against who, by lot, was not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from people import NOW
from programs.cancel.cancelling import TEXT, days

from tenure.analytics.experiments.assignment import arm
from tenure.core import policy
from tenure.programs.cancel import customers, documents, ledger, queries, settings
from tenure.programs.cancel.models import Visit

pytestmark = pytest.mark.django_db


def visits(name: str, outcomes: dict[str, int], start: int) -> list[Visit]:
    listed = [outcome for outcome, n in outcomes.items() for _ in range(n)]
    return [
        Visit(
            code=f"c{start + n}", account_id=f"a{start + n}", subscription_id=f"s{start + n}",
            language="en", origin="page", policy="v0", split="offers-1", arm=name, outcome=outcome,
            screen=outcome, started_at=NOW - days(40), seen_at=NOW - days(40),
            ended_at=NOW - days(40), last_day=NOW - days(20),
        )
        for n, outcome in enumerate(listed)
    ]  # fmt: skip


def test_the_verdict_comes_with_counts_and_the_check_of_the_split(workspace: Any) -> None:
    policy.save(settings.DOCUMENT, TEXT, "alice", "", NOW)
    Visit.objects.bulk_create(visits("control", {"cancelled": 150, "kept": 50}, 0))
    Visit.objects.bulk_create(visits("offers", {"cancelled": 900, "saved": 900}, 1000))
    (told,) = queries.split_test(NOW)
    assert told.verdict == "works"
    assert (told.n_control, told.n_treated) == (200, 1800)
    assert (told.control_mean, told.treated_mean) == (0.25, 0.5)
    assert not told.sample_ratio.broken
    found = queries.figures(queries.VisitFilter(), NOW)
    assert found.rate.value == 0.5  # of the 1800 who could be offered something
    Visit.objects.bulk_create(visits("control", {"cancelled": 200}, 5000))
    assert queries.split_test(NOW)[0].verdict == "assignment_broken"


def test_accounts_are_drawn_by_the_shares_of_the_policy_and_stay_in_their_arm(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy.save(settings.DOCUMENT, TEXT, "alice", "", NOW)
    monkeypatch.setattr(ledger, "plans", lambda _: [])
    now = documents.current()

    def drawn(account: str) -> str:
        mine = ledger.Subscription(
            "s", account, "", "active", 1, "EUR", NOW, None, None, NOW
        )  # fmt: skip
        return customers.of(account, mine, now, NOW).arm

    count = Counter(drawn(f"a{n}") for n in range(600))
    assert 35 <= count["control"] <= 90
    assert [drawn(f"a{n}") for n in range(20)] == [drawn(f"a{n}") for n in range(20)]
    other = [arm(f"a{n}", "cancel:offers-2", now.split.arms, customers.salt()) for n in range(600)]
    assert [drawn(f"a{n}") for n in range(600)] != other

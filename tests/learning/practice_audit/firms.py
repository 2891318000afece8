"""Small firms for tests of the audit: rows of the lake and the state that belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pyarrow as pa
from people import NOW

from tenure.accounts import segments
from tenure.accounts.models import Account, Membership, Person, SegmentMember
from tenure.analytics.dataset import conform
from tenure.facts import lake
from tenure.health import policy as health
from tenure.health import versions
from tenure.health.models import AccountHealth, ValidationReport
from tenure.health.pipeline import Rules
from tenure.learning.practice_audit import documents
from tenure.learning.practice_audit.checks import CHECKS
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome

_number = count(1)


def ago(days: float) -> datetime:
    """The moment so many days before the tests take place."""
    return NOW - timedelta(days=days)


def look(key: str) -> Outcome:
    """What the check of a finding says of the firm as it stands."""
    ground = Context(NOW, documents.current())
    return CHECKS[key](ground, ground.policy.findings[key])


def add(table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Append facts, with ids of their own where they need one."""
    ids = {"interactions": "interaction_id", "responses": "response_id", "payments": "payment_id"}
    given = []
    for row in rows:
        n = next(_number)
        made = {"message_id": f"m{n}", **row}
        if table in ids:
            made.setdefault(ids[table], f"{table}-{n}")
        given.append(made)
    names = list(dict.fromkeys(name for row in given for name in row))
    frame = pa.table({name: pa.array([row.get(name) for row in given]) for name in names})
    lake.current().append(table, conform(table, frame), (f"test-{table}", next(_number)))


def accounts(n: int, tier: str = "", *, name: str = "", owner: str = "", since: float = 800,
             renews: float | None = None) -> list[str]:  # fmt: skip
    """``n`` customers, in a tier if one is named; gives their ids."""
    segments.keep_packaged()
    ids = [f"{name or tier or 'acc'}{i}" for i in range(n)]
    Account.objects.bulk_create(
        Account(
            id=i, name=i.title(), status="active", owner_email=owner, created_at=ago(since),
            renews_at=None if renews is None else ago(-renews),
        )
        for i in ids
    )  # fmt: skip
    if tier:
        SegmentMember.objects.bulk_create(SegmentMember(segment_id=tier, account_id=i) for i in ids)
    return ids


def contacts(ids: Iterable[str], days: Iterable[float], **fields: Any) -> None:
    """A contact with each account that many days ago, a call unless said otherwise."""
    moments = list(days)
    add("interactions", (
        {"account_id": i, "happened_at": ago(d), "kind": "call", **fields}
        for i in ids for d in moments
    ))  # fmt: skip


def answers(ids: Iterable[str], score: float, days: float, survey: str = "nps") -> None:
    """An answer of each account that many days ago."""
    add("responses", (
        {"account_id": i, "responded_at": ago(days), "survey": survey, "score": score} for i in ids
    ))  # fmt: skip


def subscriptions(ids: Iterable[str], start: float = 800, **fields: Any) -> None:
    """A subscription of each account that began so many days ago."""
    add("subscriptions", (
        {"subscription_id": f"s-{i}", "account_id": i, "started_at": ago(start),
         "status": "active", "mrr_minor": 10_000, "currency": "USD", **fields}
        for i in ids
    ))  # fmt: skip


def events(n: int, days: float = 3, **fields: Any) -> None:
    """Product events that many days ago."""
    add("events", (
        {"account_id": "acc0", "person_id": "p", "event": "Signed In", "timestamp": ago(days)}
        | fields for _ in range(n)
    ))  # fmt: skip


def champion(account: str, who: str, left: float | None = None) -> None:
    """A champion of the account, who may have left so many days ago."""
    person = Person.objects.create(id=who, name=who.title())
    Membership.objects.create(
        person=person, account_id=account, role="champion",
        left_at=None if left is None else ago(left),
    )  # fmt: skip


def scored(ids: Iterable[str], band: str) -> None:
    """Scores of the default model in a band."""
    model = health.model()
    AccountHealth.objects.bulk_create(
        AccountHealth(
            account_id=i, model=model.name, model_version="x", as_of=NOW, health=90, band=band,
            shown_health=90, shown_band=band,
        )
        for i in ids
    )  # fmt: skip


def validated(verdict: str, auc: tuple[float, float, float], green: float = 0.1, n: int = 40,
              version: str = "") -> None:  # fmt: skip
    """A kept validation of the default model as it is in force."""
    model = health.model()
    value, low, high = auc
    horizon = {
        "days": 60, "auc": {"value": value, "low": low, "high": high}, "churned_accounts": n,
        "green_share": {"value": green, "low": 0, "high": 1, "n": n},
    }  # fmt: skip
    ValidationReport.objects.create(
        model=model.name, model_version=version or versions.version_of(Rules.in_force()),
        start=ago(400).date(), end=NOW.date(), created_at=NOW, verdict=verdict,
        result={
            "verdict": {"code": verdict, "days": 60}, "horizons": [horizon],
            "green_churned": [{"account_id": "gone0"}], "segment": None,
        },
    )  # fmt: skip

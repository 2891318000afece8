"""Lifecycle stages as kept: accounts by the rules of policy, people by when they were seen."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
from django.db import transaction
from django.db.models import Q

from tenure.accounts.models import Account, Membership, Person
from tenure.facts.inbox import OwnFact, record_own
from tenure.health import policy
from tenure.health.lake_scores import run_rows
from tenure.health.models import ScoringRun

_PAGE = 500


def current() -> dict[str, str]:
    """Stage of every account that has one, as of now."""
    return dict(Account.objects.exclude(stage="").values_list("pk", "stage"))


def at(run: ScoringRun) -> dict[str, str]:
    """Stages that a run gave, by account."""
    rows = run_rows([run], "account_id, stage", "stage IS NOT NULL")
    return dict(zip(rows["account_id"].to_pylist(), rows["stage"].to_pylist(), strict=True))


def keep(everyone: pa.Table, since: datetime, now: datetime) -> int:
    """Write the stages of ``everyone`` (account_id, stage) that changed, each with its own fact."""
    before = dict(Account.objects.values_list("pk", "stage"))
    moved: dict[str, list[str]] = {}
    for account, stage in zip(
        everyone["account_id"].to_pylist(), everyone["stage"].to_pylist(), strict=True
    ):
        if stage and account in before and before[account] != stage:
            moved.setdefault(stage, []).append(account)
    for stage, accounts in moved.items():
        for start in range(0, len(accounts), _PAGE):
            _move(accounts[start : start + _PAGE], stage, before, since, now)
    _people(now)
    return sum(map(len, moved.values()))


def _move(
    accounts: list[str], stage: str, before: dict[str, str], since: datetime, now: datetime
) -> None:
    facts = [
        OwnFact(
            "stage_changed",
            account,
            now,
            properties={"stage": stage, "previous_stage": before[account]},
            fact_id=f"stage:{account}:{stage}:{since.isoformat()}",
        )
        for account in accounts
        if before[account]  # a first placing is no change
    ]
    with transaction.atomic():
        Account.objects.filter(pk__in=accounts).update(stage=stage, stage_since=since)
        record_own(facts, now=now)


def _people(now: datetime) -> None:
    """Stages of people: left, onboarding, inactive or engaged, by the days in policy."""
    numbers = policy.stage_policy().people
    new = now - timedelta(days=numbers.onboarding_days)
    silent = now - timedelta(days=numbers.inactive_days)
    present = Membership.objects.filter(left_at=None).values("person_id")
    gone = Membership.objects.exclude(person_id__in=present).values("person_id")
    rules = {
        "left": Q(pk__in=gone),
        "onboarding": Q(first_seen_at__gte=new),
        "inactive": Q(last_seen_at__lt=silent) | Q(last_seen_at=None),
        "engaged": Q(last_seen_at__gte=silent),
    }
    taken = Q(pk__in=[])
    for stage in numbers.order:
        rows = Person.objects.filter(rules[stage]).exclude(taken)
        rows.exclude(stage=stage).update(stage=stage, stage_since=now)
        taken |= rules[stage]

"""Overrides: a person's judgement over the score, with a reason, an author and an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core import audit
from tenure.facts.inbox import OwnFact, record_own
from tenure.health import explanations, policy
from tenure.health.models import AccountHealth, Override
from tenure.health.state import band_of


def override(
    account: Account,
    health: float,
    reason: str,
    author: object,
    expires_at: datetime,
    *,
    now: datetime,
    model: str | None = None,
) -> Override:
    """Put ``health`` over the score of ``account`` until ``expires_at``; one in force is replaced.

    SpecError without a reason, with a health outside 0 to 100, or an end that is past or too far.
    """
    name = model or policy.settings().default_model
    _check(health, reason, expires_at, now)
    with transaction.atomic():
        _end(account, name, author, now)
        made = Override.objects.create(
            account=account,
            model=name,
            health=health,
            reason=reason.strip(),
            author=audit.actor_name(author),
            created_at=now,
            expires_at=expires_at,
        )
        _show(account.pk, name, health)
        after = {"model": name, "health": health, "until": expires_at.isoformat()}
        audit.record(
            author, "score.overridden", "account", account.pk, after=after, why=made.reason, now=now
        )
        _emit(made, "score_overridden", now)
    return made


def end(kept: Override, by: object, *, now: datetime) -> None:
    """End an override early: the score shows again."""
    if kept.ended_at is not None:
        return
    with transaction.atomic():
        kept.ended_at, kept.ended_by = now, audit.actor_name(by)
        kept.save(update_fields=["ended_at", "ended_by"])
        _show(kept.account_id, kept.model, None)
        before = {"model": kept.model, "health": kept.health}
        audit.record(
            by,
            "score.override_ended",
            "account",
            kept.account_id,
            before=before,
            why=kept.reason,
            now=now,
        )
        _emit(kept, "score_override_ended", now)


def restore_expired(now: datetime) -> int:
    """End what has run out; gives how many."""
    expired = list(Override.objects.filter(ended_at=None, expires_at__lte=now))
    for kept in expired:
        end(kept, audit.SYSTEM, now=now)
    return len(expired)


def _check(health: float, reason: str, expires_at: datetime, now: datetime) -> None:
    most = policy.settings().override_days
    if not 0 <= health <= 100:
        raise SpecError("override", "health", f"is {health:g}", "give a number from 0 to 100")
    if not reason.strip():
        raise SpecError("override", "reason", "is empty", "say why the score is not right")
    if expires_at <= now:
        raise SpecError("override", "expires_at", "lies in the past", "give a later day")
    if expires_at > now + timedelta(days=most + 1):
        raise SpecError(
            "override", "expires_at", f"is more than {most} days away", "judge again before then"
        )


def _end(account: Account, model: str, by: object, now: datetime) -> None:
    Override.objects.filter(account=account, model=model, ended_at=None).update(
        ended_at=now, ended_by=audit.actor_name(by)
    )


def _show(account: str, name: str, health: float | None) -> None:
    row = AccountHealth.objects.filter(account_id=account, model=name).first()
    if row is None:
        return
    model = explanations.model_at(row.model, row.model_version)
    row.overridden = health is not None
    row.shown_health = row.health if health is None else health
    row.shown_band = row.band if health is None else band_of(model, health)
    row.save(update_fields=["overridden", "shown_health", "shown_band"])


def _emit(kept: Override, event: str, now: datetime) -> None:
    told = {"model": kept.model, "health": kept.health, "reason": kept.reason}
    record_own([OwnFact(event, kept.account_id, now, properties=told)], now=now)

"""What stands beside the tasks: accounts that fell, renewals that come, touches that are owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from tenure.accounts.models import Account
from tenure.analytics.health.bands import Band
from tenure.core.models import User
from tenure.health import queries as health
from tenure.health.models import AccountHealth
from tenure.health.pages import bands, models_shown
from tenure.kit.pages import in_force
from tenure.work.portfolio import queries as portfolio
from tenure.work.portfolio.overdue_touches import Customer, Due
from tenure.work.tasks import settings
from tenure.work.tasks.pages.filters import MINE, NOBODY, Filters

SHOWN = 6
AT_RISK = ("high", "critical")


@dataclass(frozen=True)
class Fallen:
    """An account that has come into risk: its band and health before."""

    account: Account
    score: AccountHealth
    before: Band
    health: float | None


@dataclass(frozen=True)
class Renewal:
    """An account that renews soon, and its health."""

    account: Account
    score: AccountHealth | None


@dataclass(frozen=True)
class Owed:
    """A touch that an account was promised and has not had. ``surprised``: its renewal comes while
    nobody has been in touch."""

    account: Customer
    due: Due
    days: int
    surprised: bool


def owed(filters: Filters, user: Any, now: datetime) -> list[Owed]:
    """Touches owed to the accounts of whoever is asked for, the most pressing first."""
    who = _mail(filters, user)
    return [
        Owed(standing.customer, due, due.late_days(now), standing.surprised)
        for standing, due in portfolio.view(now).late
        if who is None or standing.customer.owner == who
    ]


def _mail(filters: Filters, user: Any) -> str | None:
    """Whose accounts are asked for, by mail: empty for nobody's, None for everybody's."""
    if filters.who == NOBODY:
        return ""
    if filters.who == MINE:
        return str(user.email)
    if filters.colleague is None:
        return None
    return User.objects.filter(pk=filters.colleague).values_list("email", flat=True).first() or "-"


def fallen(filters: Filters, user: Any, now: datetime, days: int = 1) -> list[Fallen]:
    """Accounts at high or critical risk by the latest score, a fresh one, that were at neither
    ``days`` before (1: yesterday); who was not scored then is not new to risk but new."""
    model = models_shown.default()
    since = now - timedelta(hours=in_force.loaded(settings.current).alerts_within_hours)
    rows = AccountHealth.objects.filter(model=model, risk_level__in=AT_RISK)
    rows = rows.filter(_owned(filters, user, "account__"), ~Q(account__status="churned"))
    last = health.latest_run(model)
    if last is None or last.as_of < since:
        return []
    then = health.not_at_risk(list(rows.values_list("account_id", flat=True)), days, AT_RISK)
    chosen = rows.filter(account_id__in=then).select_related("account").order_by("-risk", "pk")
    chosen = chosen.defer("signals", "previous_signals", "trend", "signal_trend", "account__traits")
    return [
        Fallen(
            row.account,
            row,
            bands.of(model, then[row.account_id]["band"] or ""),
            then[row.account_id]["health"],
        )
        for row in chosen[:SHOWN]
    ]


def renewals(filters: Filters, user: Any, now: datetime) -> list[Renewal]:
    """The next renewals within the days of policy."""
    until = now + timedelta(days=in_force.loaded(settings.current).renewals_within_days)
    found = list(
        Account.objects.filter(_owned(filters, user, ""), renews_at__gte=now, renews_at__lt=until)
        .filter(~Q(status="churned"))
        .order_by("renews_at", "pk")
        .defer("traits")[:SHOWN]
    )
    scores = AccountHealth.objects.filter(
        model=models_shown.default(), account_id__in=[a.pk for a in found]
    ).only("account_id", "model", "shown_health", "shown_band", "overridden")
    by_account = {score.account_id: score for score in scores}
    return [Renewal(account, by_account.get(account.pk)) for account in found]


def _owned(filters: Filters, user: Any, prefix: str) -> Q:
    if filters.who == NOBODY:
        return Q(**{f"{prefix}owner": None})
    owner = user.pk if filters.who == MINE else filters.colleague
    return Q() if owner is None else Q(**{f"{prefix}owner": owner})

"""What stands beside the tasks: accounts that fell, renewals that come, touches that are owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from tenure.accounts.models import Account
from tenure.analytics.health.bands import Band
from tenure.core.models import User
from tenure.health.models import AccountHealth
from tenure.plays.portfolio import queries as portfolio
from tenure.plays.portfolio.owed import Customer, Due
from tenure.plays.tasks import numbers
from tenure.web import bands, in_force, models_shown
from tenure.web.today.filters import MINE, NOBODY, Filters

SHOWN = 6
AT_RISK = ("high", "critical")


@dataclass(frozen=True)
class Fallen:
    """An account that stands in a lower band than at the score before."""

    account: Account
    score: AccountHealth
    before: Band


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


def fallen(filters: Filters, user: Any, now: datetime) -> list[Fallen]:
    """Accounts at high risk whose latest score, a fresh one, put them into a lower band."""
    model = models_shown.default()
    since = now - timedelta(hours=in_force.loaded(numbers.current).alerts_within_hours)
    worse = lower(bands.all_of(model))
    least = min((b.min for b in bands.levels() if b.name in AT_RISK), default=None)
    if not worse or least is None:
        return []
    rows = AccountHealth.objects.filter(worse, model=model, risk__gte=least, as_of__gte=since)
    rows = rows.filter(_owned(filters, user, "account__"), ~Q(account__status="churned"))
    rows = rows.select_related("account").defer(
        "signals", "previous_signals", "trend", "signal_trend", "account__traits"
    )
    return [
        Fallen(row.account, row, bands.of(model, row.previous_band))
        for row in rows.order_by("-risk", "pk")[:SHOWN]
    ]


def lower(best_first: Sequence[Band]) -> Q:
    """Asks for a band that is lower than the band before."""
    asked = Q()
    for place, band in enumerate(best_first[1:], start=1):
        better = [b.name for b in best_first[:place]]
        asked |= Q(shown_band=band.name, previous_band__in=better)
    return asked


def renewals(filters: Filters, user: Any, now: datetime) -> list[Renewal]:
    """The next renewals within the days of policy."""
    until = now + timedelta(days=in_force.loaded(numbers.current).renewals_within_days)
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

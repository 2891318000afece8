"""Faults in how customers are let go: no flow, one answer to every reason, saving too late."""

from __future__ import annotations

from collections import Counter

from tenure.analytics.moments import DAY_US, micros
from tenure.channels.models import SENT, Message
from tenure.health import validation_inputs as churned
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much
from tenure.programs.cancel import documents
from tenure.programs.cancel.finding import VisitFilter
from tenure.programs.cancel.finding import matching as visits_that
from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.offers.discount import DiscountOffer
from tenure.programs.cancel.settings import Settings


def no_cancel_flow(ground: Context, rule: Rule) -> Outcome:
    """Customers leave, and nobody asks why."""
    if not churned.has_subscriptions():
        return unknown(ground.policy, "no_subscriptions")
    days = rule.numbers["days"]
    ended = ground.ask(
        "SELECT DISTINCT account_id FROM subscriptions WHERE status = 'cancelled'"
        f" AND ended_at >= {ground.before(days)} AND ended_at < {ground.at}",
        "subscriptions",
    )
    on = documents.current().running.on
    asked = visits_that(VisitFilter(ground.since(days), ground.now))
    return told(
        rule,
        bool(ended) and not on,
        [row["account_id"] for row in ended],
        n=len(ended),
        days=plain(days),
        state="on" if on else "off",
        visits=asked.count(),
    )


def same_offer_for_every_reason(ground: Context, rule: Rule) -> Outcome:
    """Whatever the reason, the same comes first."""
    numbers = documents.current()
    if not numbers.running.on:
        return unknown(ground.policy, "cancel_flow_off")
    first = Counter(filter(None, (_first(numbers, reason.name) for reason in numbers.reasons)))
    if not first:
        return told(rule, False, n=0, of=len(numbers.reasons), offer="nothing", most="")
    offer, times = first.most_common(1)[0]
    of = first.total()
    most = rule.numbers["most_share"]
    return told(
        rule,
        of >= rule.numbers["least_reasons"] and too_much(times, of, most),
        n=times,
        of=of,
        offer=offer,
        most=percent(most),
    )


def _first(numbers: Settings, reason: str) -> str:
    """The offer that the widest path of a reason begins with; empty if nothing is offered."""
    paths = [p for p in numbers.paths if not p.reasons or reason in p.reasons]
    wide = [p for p in paths if not p.segments and not p.mrr_from_minor] or paths
    offers = [o for p in wide for o in p.offers if _offered(numbers, o)]
    return offers[0] if offers else ""


def _offered(numbers: Settings, name: str) -> bool:
    offer = numbers.offer(name)
    return offer is not None and not registry.kind_of(offer).unset(offer)


def deep_discounts(ground: Context, rule: Rule) -> Outcome:
    """Somebody pays half the price or less by a coupon, or is offered to. (The policy of the cancel
    flow refuses such an offer; coupons are read from the subscriptions' ``coupon.percent``.)"""
    numbers = documents.current()
    given = _coupons(ground)
    if not numbers.running.on and not given:
        return unknown(ground.policy, "no_discounts")
    most = rule.numbers["most_share"]
    offered = [
        o.percent for o in numbers.offers if isinstance(o, DiscountOffer) and numbers.running.on
    ]
    deep = [account for account, percents in given if too_much(round(percents), 100, most)]
    return told(
        rule,
        bool(deep),
        deep,
        n=len(deep),
        of=len(given),
        most=percent(most),
        deepest=percent(max([*offered, *(p for _, p in given)], default=0) / 100),
    )


def _coupons(ground: Context) -> list[tuple[str, float]]:
    """Accounts with a coupon on a subscription in force, and its per cent."""
    if not ground.has("subscriptions"):
        return []
    rows = ground.ask(
        "SELECT account_id, TRY_CAST(properties ->> '$.coupon.percent' AS DOUBLE) AS percent"
        " FROM subscriptions WHERE in_force",
        "subscriptions",
    )
    return [(row["account_id"], row["percent"]) for row in rows if row["percent"]]


def saving_only_at_cancellation(ground: Context, rule: Rule) -> Outcome:
    """Those who come to cancel had not heard from anybody before."""
    numbers = rule.numbers
    asked = visits_that(VisitFilter(ground.since(numbers["days"]), ground.now))
    visits = list(asked.values_list("account_id", "started_at"))
    if len(visits) < numbers["least_visits"]:
        return too_few(
            ground.policy, len(visits), "visits to the cancel flow", numbers["least_visits"]
        )
    heard = _heard(ground, numbers["days"] + numbers["before_days"], {a for a, _ in visits})
    span = int(numbers["before_days"] * DAY_US)
    alone = [
        account
        for account, at in visits
        if not any(micros(at) - span <= moment < micros(at) for moment in heard.get(account, ()))
    ]
    return told(
        rule,
        too_much(len(alone), len(visits), numbers["most_share"]),
        alone,
        n=len(alone),
        of=len(visits),
        share=percent(len(alone) / len(visits)),
        days=plain(numbers["days"]),
        before=plain(numbers["before_days"]),
        most=percent(numbers["most_share"]),
    )


def _heard(ground: Context, days: float, accounts: set[str]) -> dict[str, list[int]]:
    """When each account had a contact or was sent a message, in microseconds."""
    heard: dict[str, list[int]] = {account: [] for account in accounts}
    if ground.has("interactions"):
        since = ground.before(days)
        sql = f"SELECT account_id, happened_at FROM contacts WHERE happened_at >= {since}"
        for row in ground.ask(sql, "interactions"):
            heard.setdefault(row["account_id"], []).append(row["happened_at"])
    sent = Message.objects.filter(
        state=SENT, account_id__in=accounts, passed_at__gte=ground.since(days)
    ).values_list("account_id", "passed_at")
    for account, at in sent:
        if at is not None:
            heard[account].append(micros(at))
    return heard

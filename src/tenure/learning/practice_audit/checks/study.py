"""The fault of losing customers without asking why."""

from __future__ import annotations

from tenure.health import validation_inputs as churned
from tenure.learning.investigations.models import CONFIRMED, VOID, Investigation
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much


def churn_not_studied(ground: Context, rule: Rule) -> Outcome:
    """A large part of the losses nobody has looked into: their investigation was never confirmed.
    Losses of the last weeks are not judged yet."""
    numbers = rule.numbers
    if not churned.has_subscriptions():
        return unknown(ground.policy, "no_subscriptions")
    losses = Investigation.objects.exclude(state=VOID).filter(
        churned_at__gte=ground.since(numbers["days"]),
        churned_at__lt=ground.since(numbers["wait_days"]),
    )
    rows = list(losses.values_list("account_id", "state"))
    if len(rows) < numbers["least_churned"]:
        return too_few(ground.policy, len(rows), "losses", numbers["least_churned"])
    alone = [account for account, state in rows if state != CONFIRMED]
    return told(
        rule,
        too_much(len(alone), len(rows), numbers["most_share"]),
        alone,
        n=len(alone),
        of=len(rows),
        share=percent(len(alone) / len(rows)),
        days=plain(numbers["days"]),
        wait=plain(numbers["wait_days"]),
        most=percent(numbers["most_share"]),
    )

"""Faults in how customers are lost: payments nobody repairs, pauses nobody ends."""

from __future__ import annotations

import pyarrow as pa

from tenure.analytics.moments import DAY_US, micros
from tenure.health import policy as health
from tenure.health import validation_inputs as churned
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context, Row
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much


def involuntary_churn_ignored(ground: Context, rule: Rule) -> Outcome:
    """A large part of those who left did so because a payment failed."""
    numbers = rule.numbers
    if not churned.has_subscriptions():
        return unknown(ground.policy, "no_subscriptions")
    lost = _lost(ground, numbers["days"])
    if not ground.has("payments") and all(row["kind"] == "unknown" for row in lost):
        return unknown(ground.policy, "no_payments")
    if len(lost) < numbers["least_churned"]:
        return too_few(ground.policy, len(lost), "churns", numbers["least_churned"])
    failed = [row for row in lost if row["kind"] == "involuntary"]
    return told(
        rule,
        too_much(len(failed), len(lost), numbers["most_share"]),
        [row["account_id"] for row in failed],
        n=len(failed),
        of=len(lost),
        share=percent(len(failed) / len(lost)),
        alone=_alone(ground, failed, rule),
        days=plain(numbers["days"]),
        before=plain(numbers["before_days"]),
        most=percent(numbers["most_share"]),
    )


def pausing_too_long(ground: Context, rule: Rule) -> Outcome:
    """Subscriptions stand paused for longer than anybody comes back from."""
    most = rule.numbers["most_days"]
    rows = ground.ask(
        "SELECT account_id, state, updated_at FROM subscriptions WHERE in_force", "subscriptions"
    )
    if not rows:
        return unknown(ground.policy, "no_subscriptions")
    paused = [r for r in rows if r["state"] == "paused"]
    long = [r["account_id"] for r in paused if r["updated_at"] < ground.before(most)]
    return told(
        rule, bool(long), long, n=len(long), paused=len(paused), of=len(rows), most=plain(most)
    )


def _lost(ground: Context, days: float) -> list[Row]:
    """The churns of the last days; ``ended`` in microseconds."""
    table = churned.churn(ground.now, health.churn_policy())
    since = ground.before(days)
    rows = ({**row, "ended": micros(row["churned_at"])} for row in table.to_pylist())
    return [row for row in rows if row["ended"] >= since]


def _alone(ground: Context, lost: list[Row], rule: Rule) -> int:
    """How many of the lost nobody was in contact with shortly before the end."""
    days = int(rule.numbers["before_days"] * DAY_US)
    ends = pa.table(
        {
            "account_id": pa.array([row["account_id"] for row in lost], pa.string()),
            "ended": pa.array([row["ended"] for row in lost], pa.int64()),
        }
    )
    sql = f"""
        SELECT COUNT(*) AS n FROM customers c WHERE NOT EXISTS (
            SELECT 1 FROM contacts i WHERE i.account_id = c.account_id
            AND i.happened_at >= c.ended - {days} AND i.happened_at <= c.ended)"""
    return int(ground.ask(sql, "interactions", customers=ends)[0]["n"])

"""Faults of timing: contact that comes only when the term ends, or not before."""

from __future__ import annotations

from tenure.analytics.asof import known_sql
from tenure.analytics.moments import DAY_US
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context, Row
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much


def engaged_only_at_renewal(ground: Context, rule: Rule) -> Outcome:
    """Contacts within terms that have ended crowd before the end. Short terms do not count: all of
    a month lies near its renewal."""
    numbers = rule.numbers
    if not ground.has("subscriptions"):
        return unknown(ground.policy, "no_subscriptions")
    (terms,) = ground.ask(
        f"SELECT COUNT(*) AS n, SUM(renews_at - begun) / {DAY_US}.0 AS days FROM terms",
        "subscriptions",
        parts={"terms": _terms(ground, rule)},
    )
    if not terms["n"]:
        least = plain(numbers["term_days"])
        return too_few(ground.policy, 0, f"ended terms of at least {least} days", 1)
    rows = _in_terms(ground, rule)
    total, near = (sum(r[name] for r in rows) for name in ("n", "near"))
    if total < numbers["least_contacts"]:
        return too_few(ground.policy, total, "contacts in ended terms", numbers["least_contacts"])
    return told(
        rule,
        too_much(near, total, numbers["most_share"]),
        [r["account_id"] for r in rows if r["n"] == r["near"]],
        near=near,
        of=total,
        share=percent(near / total),
        terms=terms["n"],
        days=plain(numbers["days"]),
        near_days=plain(numbers["near_days"]),
        even=percent(min(1.0, numbers["near_days"] * terms["n"] / terms["days"])),
        most=percent(numbers["most_share"]),
    )


def waiting_for_renewals(ground: Context, rule: Rule) -> Outcome:
    """Accounts that people look after are left alone while their renewal is far."""
    numbers, touched = rule.numbers, ground.touched()
    if not ground.contacts_since(max(numbers["quiet_days"], 365)):
        return unknown(ground.policy, "no_contacts", days=max(plain(numbers["quiet_days"]), "365"))
    if not touched.num_rows:
        return unknown(ground.policy, "no_tiers")
    if touched["renews_at"].null_count == touched.num_rows:
        return unknown(ground.policy, "no_renewals")
    quiet = ground.before(numbers["quiet_days"])
    far = ground.before(-numbers["near_days"])
    rows = ground.ask(
        f"""
        SELECT c.account_id, COUNT(i.account_id) AS n FROM customers c
        LEFT JOIN contacts i ON i.account_id = c.account_id AND i.happened_at >= {quiet}
        WHERE c.renews_at > {far} AND COALESCE(c.since, 0) < {quiet} GROUP BY ALL""",
        "interactions",
        customers=touched,
    )
    if len(rows) < numbers["least_accounts"]:
        what = "such accounts with a renewal far off"
        return too_few(ground.policy, len(rows), what, numbers["least_accounts"])
    alone = [r["account_id"] for r in rows if not r["n"]]
    return told(
        rule,
        too_much(len(alone), len(rows), numbers["most_share"]),
        alone,
        n=len(alone),
        of=len(rows),
        share=percent(len(alone) / len(rows)),
        near=plain(numbers["near_days"]),
        quiet=plain(numbers["quiet_days"]),
        most=percent(numbers["most_share"]),
    )


def _in_terms(ground: Context, rule: Rule) -> list[Row]:
    """Per account: contacts inside its ended terms, and those shortly before an end; a contact in
    terms of two subscriptions counts once."""
    near = int(rule.numbers["near_days"] * DAY_US)
    inside = f"""
        SELECT i.account_id, i.interaction_id,
            MAX(CASE WHEN i.happened_at >= t.renews_at - {near} THEN 1 ELSE 0 END) AS near
        FROM contacts i JOIN terms t ON t.account_id = i.account_id
            AND i.happened_at >= t.begun AND i.happened_at < t.renews_at GROUP BY 1, 2"""
    return ground.ask(
        "SELECT account_id, COUNT(*) AS n, SUM(near)::BIGINT AS near FROM inside"
        " GROUP BY account_id ORDER BY account_id",
        "interactions",
        "subscriptions",
        parts={"terms": _terms(ground, rule), "inside": inside},
    )


def _terms(ground: Context, rule: Rule) -> str:
    """Terms that were served to their end in the last days: each known ``renews_at`` of a
    subscription ends a term, which begins at the one before or at the start. A term given up
    before its last part is left out: nobody could have waited for its end."""
    numbers = rule.numbers
    shortest, near = (int(numbers[n] * DAY_US) for n in ("term_days", "near_days"))
    return f"""
        SELECT e.account_id, e.renews_at, e.begun FROM (
            SELECT account_id, subscription_id, renews_at,
                COALESCE(LAG(renews_at) OVER (PARTITION BY subscription_id ORDER BY renews_at),
                         started_at) AS begun
            FROM (SELECT subscription_id, ANY_VALUE(account_id) AS account_id, renews_at,
                         MIN(started_at) AS started_at
                  FROM ({known_sql("subscriptions", ground.at)}) AS k WHERE renews_at IS NOT NULL
                  GROUP BY subscription_id, renews_at)) AS e
        JOIN subscriptions s ON s.subscription_id = e.subscription_id
        WHERE e.renews_at < {ground.at} AND e.renews_at >= {ground.before(numbers["days"])}
            AND e.renews_at - e.begun >= {shortest}
            AND (s.finished_at IS NULL OR s.finished_at >= e.renews_at - {near})"""

"""Faults in the answer to what customers say: promoters nobody thanks, critics nobody calls."""

from __future__ import annotations

from collections.abc import Mapping

from tenure.analytics.moments import DAY_US
from tenure.facts.casts import literal
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much


def advocates_ignored(ground: Context, rule: Rule) -> Outcome:
    """Customers whose last answer was a promoter's were not in contact with anybody for long."""
    numbers = rule.numbers
    if blocked := _blocked(ground, numbers["days"], numbers["quiet_days"]):
        return blocked
    promoter = _test(ground.policy.ground.promoter, ">=")
    surveys = ", ".join(literal(s) for s in ground.policy.ground.promoter)
    last = f"""
        SELECT account_id, survey, score FROM responses
        WHERE LOWER(survey) IN ({surveys}) AND score IS NOT NULL
            AND responded_at >= {ground.before(numbers["days"])}
        QUALIFY ROW_NUMBER() OVER (
            PARTITION BY account_id ORDER BY responded_at DESC, response_id) = 1"""
    rows = ground.ask(
        f"""
        SELECT c.account_id, COUNT(i.account_id) AS n
        FROM customers c JOIN last ON last.account_id = c.account_id
        LEFT JOIN contacts i ON i.account_id = c.account_id
            AND i.happened_at >= {ground.before(numbers["quiet_days"])}
        WHERE {promoter} GROUP BY ALL""",
        "responses",
        "interactions",
        parts={"last": last},
    )
    if len(rows) < numbers["least_accounts"]:
        what = "customers with a promoter's answer"
        return too_few(ground.policy, len(rows), what, numbers["least_accounts"])
    alone = [r["account_id"] for r in rows if not r["n"]]
    return told(
        rule,
        too_much(len(alone), len(rows), numbers["most_share"]),
        alone,
        n=len(alone),
        of=len(rows),
        share=percent(len(alone) / len(rows)),
        quiet=plain(numbers["quiet_days"]),
        most=percent(numbers["most_share"]),
    )


def negative_feedback_ignored(ground: Context, rule: Rule) -> Outcome:
    """Negative answers were followed by no contact with the account within the days of reply.
    Answers younger than that are not judged yet."""
    numbers = rule.numbers
    if blocked := _blocked(ground, numbers["days"], numbers["days"]):
        return blocked
    reply = int(numbers["reply_days"] * DAY_US)
    rows = ground.ask(
        f"""
        SELECT responses.response_id, responses.account_id, COUNT(i.account_id) AS n
        FROM responses LEFT JOIN contacts i ON i.account_id = responses.account_id
            AND i.happened_at >= responses.responded_at
            AND i.happened_at <= responses.responded_at + {reply}
        WHERE ({_test(ground.policy.ground.negative, "<=")})
            AND responses.responded_at >= {ground.before(numbers["days"])}
            AND responses.responded_at + {reply} <= {ground.at} GROUP BY ALL""",
        "responses",
        "interactions",
    )
    if len(rows) < numbers["least_answers"]:
        return too_few(ground.policy, len(rows), "negative answers", numbers["least_answers"])
    ignored = [r["account_id"] for r in rows if not r["n"]]
    return told(
        rule,
        too_much(len(ignored), len(rows), numbers["most_share"]),
        ignored,
        n=len(ignored),
        of=len(rows),
        share=percent(len(ignored) / len(rows)),
        days=plain(numbers["days"]),
        reply=plain(numbers["reply_days"]),
        most=percent(numbers["most_share"]),
    )


def _blocked(ground: Context, answer_days: float, contact_days: float) -> Outcome | None:
    """Why nothing can be told: no answers, or no contacts that could have followed."""
    since = ground.before(answer_days)
    sql = f"SELECT COUNT(*) AS n FROM responses WHERE responded_at >= {since}"
    if not ground.ask(sql, "responses")[0]["n"]:
        return unknown(ground.policy, "no_answers", days=plain(answer_days))
    if not ground.contacts_since(contact_days):
        return unknown(ground.policy, "no_contacts", days=plain(contact_days))
    return None


def _test(bounds: Mapping[str, float], operator: str) -> str:
    """The condition that an answer lies beyond the bound of its survey."""
    parts = (
        f"(LOWER(survey) = {literal(name)} AND score {operator} {bound:g})"
        for name, bound in bounds.items()
    )
    return " OR ".join(parts)

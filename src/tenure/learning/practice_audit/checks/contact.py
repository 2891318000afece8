"""Faults of effort: with whom the company's people spend their time, and on what."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.accounts import segments
from tenure.analytics.moments import DAY_US
from tenure.facts.casts import literal
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context, Row
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much

YEAR_DAYS = 365


def same_effort_for_all(ground: Context, rule: Rule) -> Outcome:
    """Accounts of the highest tier get hardly more contacts a year than those of the lowest."""
    numbers = rule.numbers
    if not ground.contacts_since(numbers["days"]):
        return unknown(ground.policy, "no_contacts", days=plain(numbers["days"]))
    tiers = _by_tier(ground, numbers["days"])
    if not tiers:
        return unknown(ground.policy, "no_tiers")
    filled = [t for t in tiers if t["accounts"] >= numbers["least_accounts"]]
    if len(filled) < 2:
        what = "tiers with enough customers"
        return too_few(ground.policy, len(filled), what, 2)
    top, bottom = filled[0], filled[-1]
    contacts = top["contacts"] + bottom["contacts"]
    if contacts < numbers["least_contacts"]:
        what = "contacts with the highest and the lowest tier"
        return too_few(ground.policy, contacts, what, numbers["least_contacts"])
    ratio = _ratio(top["rate"], bottom["rate"])
    titles = segments.titles()
    return told(
        rule,
        ratio < numbers["least_ratio"],
        top["untouched"],
        top=titles[top["tier"]],
        bottom=titles[bottom["tier"]],
        top_rate=f"{top['rate']:.1f}",
        bottom_rate=f"{bottom['rate']:.1f}",
        least=plain(numbers["least_ratio"]),
        ratio="∞" if ratio == float("inf") else f"{ratio:.1f}",
    )


def success_doing_support(ground: Context, rule: Rule) -> Outcome:
    """Most contacts that say what they were about were support."""
    numbers = rule.numbers
    (row,) = _by_subject(ground, numbers["days"])
    if not row["n"]:
        return unknown(ground.policy, "no_contacts", days=plain(numbers["days"]))
    if row["told"] < numbers["least_told_share"] * row["n"]:
        return unknown(ground.policy, "not_tellable", of=row["n"], told=row["told"])
    if row["told"] < numbers["least_contacts"]:
        return too_few(ground.policy, row["told"], "contacts", numbers["least_contacts"])
    fault = too_much(row["support"], row["told"], numbers["most_share"])
    return told(
        rule,
        fault,
        row["accounts"] or (),
        support=row["support"],
        told=row["told"],
        share=percent(row["support"] / row["told"]),
        days=plain(numbers["days"]),
        most=percent(numbers["most_share"]),
    )


def _by_tier(ground: Context, days: float) -> list[Row]:
    """Per tier, highest first: accounts, contacts, contacts a year of being a customer, and the
    accounts without any."""
    since, years = ground.before(days), YEAR_DAYS * DAY_US
    sql = f"""
        SELECT tier, COUNT(*) AS accounts, SUM(n)::BIGINT AS contacts,
            SUM(n) * {years}.0 / SUM({ground.at} - GREATEST(COALESCE(since, {since}), {since}))
                AS rate,
            LIST(account_id) FILTER (n = 0) AS untouched
        FROM (SELECT c.account_id, c.tier, c.since, COUNT(i.account_id) AS n
              FROM customers c LEFT JOIN contacts i
                ON i.account_id = c.account_id AND i.happened_at >= {since}
              WHERE c.tier IS NOT NULL AND COALESCE(c.since, 0) < {ground.at} GROUP BY ALL)
        GROUP BY tier"""
    order = segments.tiers()
    rows = ground.ask(sql, "interactions")
    return sorted(
        ({**r, "untouched": r["untouched"] or []} for r in rows),
        key=lambda r: order.index(r["tier"]),
    )


def _by_subject(ground: Context, days: float) -> list[Row]:
    words = ground.policy.ground
    support, success = _any_of("kind", words.support_kinds), _any_of("kind", words.success_kinds)
    noted = "COALESCE(TRIM(note), '') <> ''"
    spoken = " OR ".join(f"CONTAINS(LOWER(note), {literal(w)})" for w in words.support_words)
    about = f"{support} OR (NOT {success} AND {noted} AND ({spoken or 'FALSE'}))"
    sql = f"""
        SELECT COUNT(*) AS n, COUNT(*) FILTER ({support} OR {success} OR {noted}) AS told,
            COUNT(*) FILTER ({about}) AS support,
            LIST(DISTINCT account_id) FILTER ({about}) AS accounts
        FROM contacts WHERE happened_at >= {ground.before(days)}"""
    return ground.ask(sql, "interactions")


def _any_of(column: str, values: Sequence[str]) -> str:
    listed = ", ".join(literal(v) for v in values) or "''"
    return f"LOWER({column}) IN ({listed})"


def _ratio(top: float, bottom: float) -> float:
    """How many times the effort of ``bottom`` is that of ``top``."""
    if bottom:
        return top / bottom
    return float("inf") if top else 0.0

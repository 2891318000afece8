"""Faults of cover: who has nobody, and who has too many."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pyarrow.compute as pc

from tenure.accounts.models import Membership
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much

CHAMPION = "champion"


def power_users_ignored(ground: Context, rule: Rule) -> Outcome:
    """Healthy accounts that people look after had no contact for long."""
    numbers, touched = rule.numbers, ground.touched()
    if not ground.contacts_since(numbers["quiet_days"]):
        return unknown(ground.policy, "no_contacts", days=plain(numbers["quiet_days"]))
    if not touched.num_rows:
        return unknown(ground.policy, "no_tiers")
    if touched["band"].null_count == touched.num_rows:
        return unknown(ground.policy, "no_scores")
    green = ground.model.green
    healthy = touched.filter([band in green for band in touched["band"].to_pylist()])
    if healthy.num_rows < numbers["least_accounts"]:
        what = "healthy accounts in such tiers"
        return too_few(ground.policy, healthy.num_rows, what, numbers["least_accounts"])
    rows = ground.ask(
        f"""SELECT c.account_id FROM customers c WHERE NOT EXISTS (
            SELECT 1 FROM contacts i WHERE i.account_id = c.account_id
            AND i.happened_at >= {ground.before(numbers["quiet_days"])})""",
        "interactions",
        customers=healthy,
    )
    n, of = len(rows), healthy.num_rows
    return told(
        rule,
        too_much(n, of, numbers["most_share"]),
        [r["account_id"] for r in rows],
        n=n,
        of=of,
        share=percent(n / of),
        quiet=plain(numbers["quiet_days"]),
        most=percent(numbers["most_share"]),
    )


def champion_left(ground: Context, rule: Rule) -> Outcome:
    """Customers whose champion left some time ago have no other champion now."""
    champions = Membership.objects.filter(role=CHAMPION)
    if not champions.exists():
        return unknown(ground.policy, "no_champions")
    numbers = rule.numbers
    first, last = (ground.now - timedelta(days=numbers[n]) for n in ("days", "grace_days"))
    gone = champions.filter(
        account__status="active", left_at__gte=first, left_at__lte=last
    ).values_list("account_id", flat=True)
    left = set(gone)
    present = champions.filter(account__in=left).exclude(left_at__lte=ground.now)
    alone = left - set(present.values_list("account_id", flat=True))
    return told(
        rule,
        len(alone) > numbers["most_accounts"],
        alone,
        n=len(alone),
        of=len(left),
        days=plain(numbers["days"]),
        grace=plain(numbers["grace_days"]),
    )


def scaling_by_hand(ground: Context, rule: Rule) -> Outcome:
    """Somebody looks after more customers than one can."""
    owners = Counter(o for o in ground.customers["owner"].to_pylist() if o)
    if not owners:
        return unknown(ground.policy, "no_owners")
    most = rule.numbers["most_accounts"]
    busiest = min(owners, key=lambda owner: (-owners[owner], owner))
    crowded = [owner for owner, n in owners.items() if n > most]
    behind = ground.customers.filter(pc.field("owner").isin(crowded)) if crowded else None
    return told(
        rule,
        bool(crowded),
        behind["account_id"].to_pylist() if behind is not None else (),
        owner=busiest,
        n=owners[busiest],
        owners=len(owners),
        most=plain(most),
    )

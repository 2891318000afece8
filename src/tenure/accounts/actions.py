"""What colleagues change about accounts. The only writer besides the projection of facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tenure.accounts.models import Account
from tenure.core import audit
from tenure.core.models import User
from tenure.facts.inbox import OwnFact, record_own


@transaction.atomic
def assign_owner(ids: Sequence[str], owner: User | None, *, by: object, now: datetime) -> int:
    """Make ``owner`` (or nobody) the owner of the accounts ``ids``; gives how many changed."""
    wanted = owner.pk if owner else None
    locked = Account.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    before = {pk: old for pk, old in locked.values_list("pk", "owner_id") if old != wanted}
    mails = dict(User.objects.filter(pk__in=set(before.values())).values_list("pk", "email"))
    after = owner.email if owner else None
    for pk, old in before.items():
        states = {"owner": mails.get(old)}, {"owner": after}
        audit.record(by, "account.owner", "account", pk, *states, now=now)
    Account.objects.filter(pk__in=before).update(owner=owner, owner_email=after or "")
    told = {"owner": after, "by": audit.actor_name(by)}
    record_own((OwnFact("owner assigned", pk, now, properties=told) for pk in before), now=now)
    return len(before)

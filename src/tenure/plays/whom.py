"""Whom a play is meant for: customers, those who left, or everyone; by how accounts stand now."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tenure.accounts.models import Account
from tenure.plays.spec import CUSTOMERS, EVERYONE, Play

LEFT = "churned"
STATUS = "status"
ENDED = "ended"
_PAGE = 2000


def among(play: Play, accounts: Collection[str]) -> set[str]:
    """Those of ``accounts`` that the play is meant for. Who never bought counts as customer: trials
    and prospects are addressed like them."""
    if play.meant_for == EVERYONE:
        return set(accounts)
    ids = sorted(accounts)
    gone = {a for page in _pages(ids) for a in _left(page)}
    return set(ids) - gone if play.meant_for == CUSTOMERS else gone


def _left(page: Sequence[str]) -> set[str]:
    rows = Account.objects.filter(pk__in=page, status=LEFT)
    return set(rows.values_list("pk", flat=True))


def _pages(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE)]


def then(play: Play, everyone: pa.Table) -> pa.Table:
    """The same of a day of the past: rows of ``everyone`` (with the signal ``status``)."""
    if play.meant_for == EVERYONE:
        return everyone
    gone = pc.fill_null(pc.equal(everyone[STATUS], ENDED), False)
    return everyone.filter(pc.invert(gone) if play.meant_for == CUSTOMERS else gone)

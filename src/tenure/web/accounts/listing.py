"""One page of the list of accounts, at any number of accounts.

Three short queries: the ids of the page from an index that is already in the wanted order, then the
accounts and their scores by id. The next page starts after the last row seen (keyset), so the
thousandth page costs as much as the first. Rows without a value for the sorted column come last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.core import signing
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_datetime

from tenure.accounts.models import Account, SegmentMember
from tenure.health.models import AccountHealth
from tenure.health.pages.account_filters import NOBODY, Filters

PAGE = 30
"""Rows at a time: more than a screen holds; the next ones load as the end comes into sight."""
FEW = 500
HEALTH_SORTS = {"health": "shown_health", "risk": "risk", "change": "change_30d"}
ACCOUNT_SORTS = {"name": "name", "mrr": "mrr_minor", "renewal": "renews_at"}
ACCOUNT_FIELDS = (
    "name",
    "domain",
    "owner_email",
    "plan_id",
    "mrr_minor",
    "currency",
    "renews_at",
    "stage",
    "owner__name",
    "owner__email",
)
HEALTH_FIELDS = (
    "account_id",
    "model",
    "shown_health",
    "shown_band",
    "overridden",
    "risk",
    "risk_level",
    "coverage",
    "change_30d",
    "trend",
)


@dataclass(frozen=True)
class Row:
    """An account and its latest score, if it has one."""

    account: Account
    health: AccountHealth | None


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor to go on from (empty at the end)."""

    rows: list[Row]
    cursor: str


@dataclass(frozen=True)
class Listing:
    """A filtered, sorted list of accounts scored by ``model`` as of ``now``."""

    filters: Filters
    model: str
    now: datetime

    def page(self, cursor: str = "", size: int = PAGE) -> Page:
        """Up to ``size`` rows after ``cursor``."""
        after = self._after(cursor)
        keys: list[tuple[str, list[Any]]] = []
        if after is None or after[0] == "v":
            keys = self._valued(after[1:] if after else None, size + 1)
        if len(keys) <= size:
            last = after[1] if after and after[0] == "r" else None
            keys += self._rest(last, size + 1 - len(keys))
        shown = keys[:size]
        more = self._cursor(shown[-1][1]) if len(keys) > size else ""
        return Page(self._rows([key for key, _ in shown]), more)

    def count(self, most: int) -> int:
        """How many accounts there are, counted up to ``most``."""
        return self._accounts()[:most].count()

    def everything(self, size: int = 1000) -> Iterator[Row]:
        """All rows, read page by page."""
        cursor = ""
        while True:
            page = self.page(cursor, size)
            yield from page.rows
            cursor = page.cursor
            if not cursor:
                return

    @cached_property
    def _found(self) -> list[str] | None:
        """Ids of the accounts searched for; None when they are many.

        What is rare is looked up first, in one pass over the names. Of what is frequent, the walk
        through the wanted order soon meets enough.
        """
        sought = Account.objects.filter(_sought(self.filters.q, "", "pk"))
        ids = list(sought.order_by().values_list("pk", flat=True)[: FEW + 1])
        return ids if len(ids) <= FEW else None

    def _cursor(self, parts: list[Any]) -> str:
        return signing.dumps(parts, salt=self._salt)

    def _after(self, cursor: str) -> list[Any] | None:
        """The parts of a cursor; None for none, and for one of another list or tampered with."""
        try:
            return signing.loads(cursor, salt=self._salt) if cursor else None
        except signing.BadSignature:
            return None

    @property
    def _salt(self) -> str:
        return f"accounts?{self.filters.to_query()}"

    def _valued(self, after: list[Any] | None, size: int) -> list[tuple[str, list[Any]]]:
        """Rows with a value for the sorted column, in its order."""
        found: QuerySet[Any]
        if column := HEALTH_SORTS.get(self.filters.column):
            found, key = self._scores().filter(**{f"{column}__isnull": False}), "account_id"
        else:
            column, key = ACCOUNT_SORTS[self.filters.column], "pk"
            found = self._accounts().filter(**{f"{column}__isnull": False})
        sign = "-" if self.filters.descending else ""
        if after is not None:
            found = found.filter(_beyond(column, after, self.filters.descending))
        rows = found.order_by(f"{sign}{column}", f"{sign}pk").values_list(key, column, "pk")[:size]
        return [(account, ["v", _plain(value), pk]) for account, value, pk in rows]

    def _rest(self, after: str | None, size: int) -> list[tuple[str, list[Any]]]:
        """Rows without a value for the sorted column, by id."""
        found = self._accounts()
        if column := HEALTH_SORTS.get(self.filters.column):
            scored = self._of_account().filter(**{f"{column}__isnull": False})
            found = found.filter(~Exists(scored))
        elif self.filters.column == "renewal":
            found = found.filter(renews_at=None)
        else:
            return []
        if after is not None:
            found = found.filter(pk__gt=after)
        return [(pk, ["r", pk]) for pk in found.order_by("pk").values_list("pk", flat=True)[:size]]

    def _rows(self, ids: list[str]) -> list[Row]:
        accounts = Account.objects.select_related("owner").only(*ACCOUNT_FIELDS)
        by_id = accounts.in_bulk(ids) if ids else {}
        scores = AccountHealth.objects.filter(model=self.model, account_id__in=ids)
        health = {score.account_id: score for score in scores.only(*HEALTH_FIELDS)}
        return [Row(by_id[key], health.get(key)) for key in ids if key in by_id]

    def _accounts(self) -> QuerySet[Account]:
        found = Account.objects.filter(self._about_account("", "pk"))
        about_score = self._about_score()
        return (
            found.filter(Exists(self._of_account().filter(about_score))) if about_score else found
        )

    def _scores(self) -> QuerySet[AccountHealth]:
        scores = AccountHealth.objects.filter(self._about_score(), model=self.model)
        return scores.filter(self._about_account("account__", "account_id"))

    def _of_account(self) -> QuerySet[AccountHealth]:
        return AccountHealth.objects.filter(account=OuterRef("pk"), model=self.model)

    def _about_score(self) -> Q:
        asked = Q()
        if self.filters.band:
            asked &= Q(shown_band__in=self.filters.band)
        if self.filters.risk:
            asked &= Q(risk_level__in=self.filters.risk)
        return asked

    def _about_account(self, prefix: str, key: str) -> Q:
        f = self.filters
        asked = Q()
        if f.q:
            few = self._found
            asked &= _sought(f.q, prefix, key) if few is None else Q(**{f"{key}__in": few})
        if f.segment:
            members = SegmentMember.objects.filter(account=OuterRef(key), segment__in=f.segment)
            asked &= Q(Exists(members))
        if f.owner:
            asked &= _owned_by(prefix, f.owner)
        if f.stage:
            asked &= Q(**{f"{prefix}stage__in": f.stage})
        if f.renewal:
            until = self.now + timedelta(days=f.renewal)
            asked &= Q(**{f"{prefix}renews_at__gte": self.now, f"{prefix}renews_at__lt": until})
        return asked & _with_status(prefix, f.status)


def _sought(text: str, prefix: str, key: str) -> Q:
    anywhere = Q(**{f"{prefix}name__icontains": text}) | Q(**{f"{prefix}domain__icontains": text})
    return anywhere | Q(**{key: text})


def _owned_by(prefix: str, owners: tuple[str, ...]) -> Q:
    ids = [int(o) for o in owners if o.isascii() and o.isdigit() and len(o) < 18]
    owned = Q(**{f"{prefix}owner__in": ids})
    return owned | Q(**{f"{prefix}owner": None}) if NOBODY in owners else owned


def _with_status(prefix: str, status: str) -> Q:
    if status == "all":
        return Q()
    churned = Q(**{f"{prefix}status": "churned"})
    return churned if status == "churned" else ~churned


def _beyond(column: str, after: list[Any], descending: bool) -> Q:
    value, pk = after
    if column == "renews_at":
        value = parse_datetime(value)
    side = "lt" if descending else "gt"
    # The first condition lets the index begin at the cursor; the second skips ties already shown.
    return Q(**{f"{column}__{side}e": value}) & (
        Q(**{f"{column}__{side}": value}) | Q(**{f"pk__{side}": pk})
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value

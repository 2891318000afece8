"""What the checks look at: the customers as they are now, the facts as known now, and the policy.

Everything is read when it is first asked for and once: checks share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa
from django.db.models import F

from tenure.accounts import segments
from tenure.accounts.models import Account, SegmentMember
from tenure.analytics.health.spec import HealthModel
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.signals.registry import Registry
from tenure.facts import lake
from tenure.facts.casts import literal
from tenure.facts.reading import as_known
from tenure.health import policy as health
from tenure.health.models import AccountHealth
from tenure.learning.practice_audit.policy import AuditPolicy

_US = pa.int64()
CUSTOMERS = pa.schema(
    [
        ("account_id", pa.string()),
        ("tier", pa.string()),  # the packaged tier it is in, if any
        ("band", pa.string()),  # of the default model as shown now; empty without a score
        ("owner", pa.string()),
        ("since", _US),
        ("renews_at", _US),
    ]
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """The workspace at ``now``."""

    now: datetime
    policy: AuditPolicy

    @property
    def at(self) -> int:
        """``now`` in microseconds."""
        return micros(self.now)

    def before(self, days: float) -> int:
        """The moment ``days`` before now, in microseconds."""
        return self.at - int(days * DAY_US)

    def since(self, days: float) -> datetime:
        """The same as a moment, for what is asked of state."""
        return self.now - timedelta(days=days)

    @cached_property
    def model(self) -> HealthModel:
        """The default health model in force."""
        return health.model()

    @cached_property
    def registry(self) -> Registry:
        """The signals in force."""
        return health.registry()

    @cached_property
    def customers(self) -> pa.Table:
        """The accounts that are customers now; see ``CUSTOMERS``."""
        tiers = dict(
            SegmentMember.objects.filter(segment__in=segments.tiers()).values_list(
                "account_id", "segment_id"
            )
        )
        scored = AccountHealth.objects.filter(model=self.model.name)
        bands = dict(scored.values_list("account_id", "shown_band"))
        rows = Account.objects.filter(status="active").values(
            "pk", "owner_email", "created_at", "renews_at", mail=F("owner__email")
        )
        return pa.Table.from_pylist(
            [_customer(row, tiers, bands) for row in rows], schema=CUSTOMERS
        )

    def touched(self) -> pa.Table:
        """The customers in tiers that people are expected to look after."""
        return self.customers.filter(
            pa.compute.is_in(
                self.customers["tier"], pa.array(self.policy.ground.touched_tiers, pa.string())
            )
        )

    def ask(
        self,
        sql: str,
        *tables: str,
        parts: Mapping[str, str] | None = None,
        customers: pa.Table | None = None,
    ) -> list[Row]:
        """The rows of ``sql`` over views named as the tables (as known now), ``contacts`` if
        ``interactions`` is among them, ``raw_<table>``, ``customers``, and further named
        ``parts``."""
        contacts = {"contacts": self._contacts()} if "interactions" in tables else {}
        extra = {"customers": self.customers if customers is None else customers}
        return as_known(sql, self.now, *tables, parts={**contacts, **(parts or {})}, extra=extra)

    def _contacts(self) -> str:
        """Interactions that were somebody's effort: not the customer's own doing."""
        kinds = ", ".join(literal(k) for k in self.policy.ground.own_doing) or "''"
        return f"SELECT * FROM interactions WHERE LOWER(kind) NOT IN ({kinds})"

    def contacts_since(self, days: float) -> int:
        """How many contacts there were in the last days."""
        since = self.before(days)
        sql = f"SELECT COUNT(*) AS n FROM contacts WHERE happened_at >= {since}"
        return int(self.ask(sql, "interactions")[0]["n"])

    def events_since(self, days: float) -> int:
        """How many product events happened in the last days and are known; not Tenure's own."""
        since = self.now - timedelta(days=days)
        sql = (
            f"SELECT COUNT(*) AS n FROM events WHERE timestamp >= {micros(since)}"
            " AND source IS DISTINCT FROM 'tenure'"
        )
        return int(as_known(sql, self.now, "events", since=since.date())[0]["n"])

    def has(self, table: str) -> bool:
        """Whether the lake has any fact in ``table``."""
        return lake.current().exists(table) and lake.current().rows(table) > 0


def _customer(row: Mapping[str, Any], tiers: dict[str, str], bands: dict[str, str]) -> Row:
    pk = row["pk"]
    return {
        "account_id": pk,
        "tier": tiers.get(pk),
        "band": bands.get(pk) or None,
        "owner": row["mail"] or row["owner_email"] or None,
        "since": _us(row["created_at"]),
        "renews_at": _us(row["renews_at"]),
    }


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)

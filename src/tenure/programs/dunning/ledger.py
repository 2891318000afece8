"""What the lake says of invoices and the attempts to collect them, whatever order facts came in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from tenure.facts import lake, sql


@dataclass(frozen=True)
class Attempt:
    """An attempt to collect, as a row of ``payments`` told it. Card, network and advice are read
    from its properties (``card``, ``network``, ``advice_code``, ``network_code``)."""

    at: datetime
    succeeded: bool
    code: str = ""
    card: str = ""
    network: str = ""
    advice: str = ""
    network_code: str = ""


@dataclass(frozen=True)
class Invoice:
    """An invoice with its attempts, oldest first."""

    invoice_id: str
    account_id: str
    subscription_id: str
    amount_minor: int
    currency: str
    paid_at: datetime | None
    voided_at: datetime | None
    attempts: tuple[Attempt, ...]

    @property
    def settled_at(self) -> datetime | None:
        """When it was paid: by its own word, or by the first attempt that went through."""
        won = [a.at for a in self.attempts if a.succeeded]
        return min([*won, *([self.paid_at] if self.paid_at else [])], default=None)


def invoices(ids: Sequence[str], now: datetime) -> list[Invoice]:
    """These invoices as known at ``now``."""
    here = lake.current()
    if not ids or not here.exists("invoices"):
        return []
    sql.connection().register("dunned", pa.table({"id": pa.array(list(ids), pa.string())}))
    rows = _rows(
        here, "invoices", now,
        "arg_max(account_id, o) account_id, arg_max(subscription_id, o) subscription_id,"
        " arg_max(amount_minor, o) amount_minor, arg_max(currency, o) currency,"
        " max(paid_at) FILTER (paid_at <= n) paid_at,"
        " max(voided_at) FILTER (voided_at <= n) voided_at",
        "issued_at", "invoice_id",
    )  # fmt: skip
    tried = _attempts(here, now)
    return [
        Invoice(
            r["invoice_id"], r["account_id"], r["subscription_id"] or "", r["amount_minor"],
            r["currency"] or "", r["paid_at"], r["voided_at"],
            tuple(tried.get(r["invoice_id"], [])),
        )
        for r in rows
    ]  # fmt: skip


def _attempts(here: lake.Lake, now: datetime) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    if not here.exists("payments"):
        return found
    rows = _rows(
        here, "payments", now,
        "arg_max(invoice_id, o) invoice_id, arg_max(attempted_at, o) AS tried_at,"
        " arg_max(status, o) status, arg_max(decline_code, o) code,"
        " arg_max(properties, o) properties",
        "attempted_at", "payment_id",
    )  # fmt: skip
    for row in sorted(rows, key=lambda r: (r["tried_at"], r["payment_id"])):
        found.setdefault(row["invoice_id"], []).append(_attempt(row))
    return found


def elsewhere(card: str, invoice_id: str, since: datetime, now: datetime) -> list[datetime]:
    """When a card was tried for other invoices, whoever's, from ``since`` on, as known at ``now``.
    Of a card whose name is not known nobody can say."""
    here = lake.current()
    if not card or not here.exists("payments"):
        return []
    listed = here.files("payments", since.date())["path"].to_pylist()
    if not listed:
        return []
    found = sql.connection().sql(
        "SELECT tried FROM (SELECT arg_max(attempted_at, received_at) AS tried,"
        " arg_max(invoice_id, received_at) AS invoice_id FROM read_parquet($files,"
        " union_by_name = true) WHERE properties ->> '$.card' = $card AND received_at <= $now"
        " AND attempted_at >= $since AND attempted_at <= $now GROUP BY payment_id)"
        " WHERE invoice_id IS DISTINCT FROM $invoice ORDER BY tried",
        params={
            "files": listed, "card": card, "now": now, "since": since, "invoice": invoice_id,
        },
    )  # fmt: skip
    return list(found.to_arrow_table()["tried"].to_pylist())


def _attempt(row: dict[str, Any]) -> Attempt:
    try:
        more = json.loads(row["properties"] or "{}")
    except ValueError:
        more = {}
    names = ("card", "network", "advice_code", "network_code")
    card, network, advice, network_code = (str(more.get(n) or "") for n in names)
    won = row["status"] == "succeeded"
    return Attempt(
        row["tried_at"],
        won,
        "" if won else row["code"] or "",
        card,
        network.lower(),
        advice,
        network_code,
    )


def _rows(
    here: lake.Lake, table: str, now: datetime, columns: str, time: str, key: str
) -> list[dict[str, Any]]:
    listed = here.files(table)["path"].to_pylist()
    paths = ", ".join("'" + path.replace("'", "''") + "'" for path in listed)
    if not paths:
        return []
    query = f"""
        SELECT {key}, {columns} FROM (
            SELECT *, ({time}, received_at, message_id) AS o, TIMESTAMPTZ '{now.isoformat()}' AS n
            FROM read_parquet([{paths}], union_by_name = true)
            WHERE invoice_id IN (SELECT id FROM dunned)
              AND received_at <= TIMESTAMPTZ '{now.isoformat()}'
              AND {time} <= TIMESTAMPTZ '{now.isoformat()}')
        GROUP BY {key}"""
    found: list[dict[str, Any]] = sql.connection().sql(query).to_arrow_table().to_pylist()
    return found

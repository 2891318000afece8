"""Small companies in a lake, for tests of scoring."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from tenure.accounts.models import Account
from tenure.analytics.dataset import Dataset
from tenure.facts import lake

STAMP = pa.timestamp("us", tz="UTC")


def add(number: int, **tables: list[dict[str, Any]]) -> None:
    """Append rows to the lake, under a transaction number of their own."""
    frames = {name: _frame(rows) for name, rows in tables.items() if rows}
    for name, rows in Dataset.from_frames(**frames).tables.items():
        assert isinstance(rows, pa.Table)
        lake.current().append(name, rows, ("test", number))


def _frame(rows: list[dict[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(key for row in rows for key in row))
    return pa.table({n: pa.array([row.get(n) for row in rows]) for n in names})


def accounts(*names: str) -> None:
    """Rows of the state for these accounts."""
    Account.objects.bulk_create([Account(id=n, name=n.title()) for n in names])


def subscription(account: str, start: datetime, **fields: Any) -> dict[str, Any]:
    return {
        "subscription_id": f"s-{account}", "account_id": account, "started_at": start,
        "status": "active", "plan_id": "pro", "quantity": 5, "mrr_minor": 10_000, "currency": "USD",
    } | fields  # fmt: skip


def use(account: str, first: datetime, days: int, *, every: int = 1, actions: int = 4,
        people: int = 2) -> list[dict[str, Any]]:  # fmt: skip
    """Logins and core actions by ``people`` on each ``every``-th of ``days`` days."""
    found = []
    for number in range(0, days, every):
        for person in range(people):
            at = first + timedelta(days=number, hours=9, minutes=person)
            names = ["Signed In", *(["Task Completed", "Project Created"] * actions)[:actions]]
            found += [
                {
                    "message_id": f"{account}:{person}:{at.isoformat()}:{i}",
                    "account_id": account,
                    "person_id": f"{account}-{person}",
                    "event": name,
                    "timestamp": at + timedelta(minutes=5 * i),
                }
                for i, name in enumerate(names)
            ]
    return found

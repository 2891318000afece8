"""Attributes that an export of today told of the past are found; versions, and what is told as it
happens, are let in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.prediction import told_once
from tenure.analytics.prediction.policy import default_prediction
from tenure.analytics.signals.registry import Registry, load_registry, packaged_texts

POLICY = default_prediction().told_once
OWN = """
[signals.crm_status]
kind = "value"
table = "accounts"
column = "properties.status"
unit = "text"
title = "Status in the CRM"

[signals.lost_people]
kind = "rows"
table = "people"
where = [{ field = "properties.crm_status", value = "lost" }]
title = "People marked as lost"

[signals.lost_share]
kind = "ratio"
numerator = "lost_people"
denominator = "seats"
title = "Share of people marked as lost"

[signals.industry_again]
kind = "value"
table = "accounts"
column = "industry"
unit = "text"
title = "Industry"
"""
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)


def registry() -> Registry:
    return load_registry(*packaged_texts(), ("own.toml", OWN))


def row(account: int, days: int = 0, **more: Any) -> dict[str, Any]:
    return {"account_id": f"a{account}", "created_at": BEGAN + timedelta(days=account), **more,
            **({"updated_at": BEGAN + timedelta(days=days)} if days else {})}  # fmt: skip


def apart(*rows: dict[str, Any], table: str = "accounts") -> set[str]:
    data = Dataset.from_frames(**{table: _frame(rows)})
    suspected = told_once.suspected(registry(), POLICY)
    fields = told_once.fields_told_once(data, DuckDBEngine(), suspected, POLICY)
    return set(told_once.resting_on(registry(), fields))


def _frame(rows: Any) -> pa.Table:
    names = list(dict.fromkeys(n for r in rows for n in r))
    return pa.table({n: [r.get(n) for r in rows] for n in names})


def test_an_export_of_today_loaded_as_history_is_set_apart_and_what_is_made_of_it() -> None:
    rows = [row(n, status="lost" if n % 3 else "won") for n in range(40)]
    assert apart(*rows) == {"crm_status"}
    people = [row(n, person_id=f"p{n}", crm_status="lost") for n in range(40)]
    assert apart(*people, table="people") == {"lost_people", "lost_share"}


def test_that_it_is_there_only_of_those_who_left_is_the_same() -> None:
    rows = [row(n, **({"status": "gone"} if n % 3 else {})) for n in range(40)]
    assert apart(*rows) == {"crm_status"}


def test_a_history_with_versions_is_let_in() -> None:
    rows = [row(n, 10, status="won") for n in range(40)]
    changed = [row(n, 200, status="lost") for n in range(0, 40, 8)]
    assert apart(*rows, *changed) == set()


def test_versions_told_later_do_not_make_an_old_export_honest() -> None:
    rows = [row(n, status="lost") for n in range(40)]
    live = [row(n, 400 + d, status="won", received_at=BEGAN + timedelta(days=401 + d))
            for n in range(40) for d in (0, 7)]  # fmt: skip
    assert apart(*rows, *live) == {"crm_status"}


def test_the_same_export_loaded_twice_is_still_one_version() -> None:
    rows = [row(n, status="lost", message_id=f"{load} {n}") for n in range(40) for load in "ab"]
    assert apart(*rows) == {"crm_status"}


def test_what_is_told_as_it_happens_is_let_in() -> None:
    live = [row(n, 30, status="won", received_at=BEGAN + timedelta(days=31)) for n in range(40)]
    assert apart(*live) == set()


def test_what_is_trusted_is_let_in_and_an_own_attribute_can_be() -> None:
    rows = [row(n, industry="retail", status="lost", owner="ann") for n in range(40)]
    assert apart(*rows) == {"crm_status", "owner"}
    more = POLICY.model_copy(update={"trusted": (*POLICY.trusted, "accounts.properties.status")})
    assert "properties.status" not in told_once.suspected(registry(), more)["accounts"]


def test_moments_and_derived_columns_guard_themselves() -> None:
    """When somebody left, or whether a ticket is open, is known from its moment on alone."""
    looked = told_once.looked_at(registry().signals["people_known"])
    assert looked == []


@pytest.mark.parametrize("table", ["tickets", "responses", "invoices"])
def test_things_that_happen_once_need_no_versions(table: str) -> None:
    assert table not in told_once.suspected(registry(), POLICY)

"""The examples in docs/rules/signals.md work, and its tables are complete."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from analytics.signals.company import NOW, make

import tenure.analytics as ta
from tenure.analytics.asof import DERIVED_COLUMNS
from tenure.analytics.signals.spec import FORMS

PAGE = (Path(__file__).parents[3] / "docs/rules/signals.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.S)


def registry() -> ta.Registry:
    return ta.load_registry(*((f"example {n}", text) for n, text in enumerate(EXAMPLES)))


def test_every_example_is_accepted_and_computed() -> None:
    found = ta.compute_signals(make(5).dataset(), registry(), NOW)
    assert len(registry().signals) > 18
    assert found.num_rows > 0
    assert ta.fired_risk_signals(found, registry())


def test_the_python_example_runs() -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.S)
    assert code
    row = {"account_id": ["a"], "person_id": ["p"], "event": ["Signed In"]}
    names = {
        "events": pd.DataFrame(row | {"timestamp": ["2024-03-01T08:00:00Z"]}),
        "subscriptions": pd.DataFrame(
            {"subscription_id": ["s"], "account_id": ["a"], "started_at": ["2024-01-01"]}
        ),
        "as_of": datetime(2024, 3, 2, tzinfo=UTC),
    }
    exec(code.group(1), names)
    assert names["signals"]["logins_7d"].to_pylist() == [1.0]
    assert names["warnings"] == [[]]


def test_every_derived_column_is_listed_as_it_is_told() -> None:
    told = [
        f"| {table} | `{column}` | {text} |"
        for table, columns in DERIVED_COLUMNS.items()
        for column, text in columns.items()
    ]
    assert [line for line in told if line not in PAGE] == []


def test_every_kind_is_told() -> None:
    kinds = {k for f in FORMS for k in f.model_fields["kind"].annotation.__args__}
    assert {k for k in kinds if f"`{k}`" not in PAGE and f'kind = "{k}"' not in PAGE} == set()

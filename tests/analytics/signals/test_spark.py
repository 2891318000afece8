"""The same query on a real Spark gives the same signals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from analytics.signals.company import NOW, make

from tenure.analytics.engine import DuckDBEngine, SparkEngine
from tenure.analytics.signals.compute import compute_person_signals, compute_signals
from tenure.analytics.signals.registry import default_registry

pyspark = pytest.importorskip("pyspark")
pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("tenure tests")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.driver.memory": "2g",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def same(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> None:
    assert len(left) == len(right) > 0
    for a, b in zip(left, right, strict=True):
        assert a == pytest.approx(b, abs=1e-9), a["account_id"]


@pytest.mark.parametrize(("seed", "back"), [(1, 12.3)])
def test_all_packaged_signals_are_equal_on_duckdb_and_spark(
    spark: Any, seed: int, back: float
) -> None:
    facts, registry, t = make(seed).dataset(), default_registry(), NOW - timedelta(days=back)
    here = compute_signals(facts, registry, t, engine=DuckDBEngine())
    there = compute_signals(facts, registry, t, engine=SparkEngine(spark))
    assert here.schema.names == there.schema.names
    same(here.to_pylist(), there.to_pylist())


def test_signals_of_people_are_equal_too(spark: Any) -> None:
    facts, registry = make(2).dataset(), default_registry()
    here = compute_person_signals(facts, registry, NOW, engine=DuckDBEngine())
    there = compute_person_signals(facts, registry, NOW, engine=SparkEngine(spark))
    same(here.to_pylist(), there.to_pylist())

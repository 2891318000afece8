"""Retention as in chapter 2 of "Fighting Churn with Data", against PostgreSQL. Wanted: 10 times.

Accounts at the start of each month, those gone by its end, MRR at the start, lost to churn, lost to
downsell, and retained (net): what the chapter's three listings over many months give. PostgreSQL
answers three statements with the same definitions and the same steps, on a table with the schema's
two indexes, analysed, with enough memory to sort. Tenure answers from a Parquet file of the same
rows, and works out all its other movements along with it. Both have a connection that is open; both
are the best of ``--repeat`` runs, and every figure is compared.

The listings count who begins on a date itself and not who ends on it; Tenure's boundary is the
moment before. So the rows are given to it a microsecond earlier, and no gap is bridged.

Run: python benchmarks/listings.py [--data ../shared/data] [--scale 0.1] [--json]. Sets that are not
there are left out; the generated one is that of revenue.py, each change a row.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import revenue
from measure import folder

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.revenue.months import months
from tenure.analytics.revenue.policy import default_policy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import postgres

GOAL = 10
SETS = {
    "socialnet7": (
        "SELECT account_id, start_date, end_date, mrr"
        " FROM read_parquet('{data}/fightchurn_socialnet7/subscriptions.parquet')",
        date(2020, 1, 1), date(2020, 5, 1),
    ),
    "crm6": (
        "SELECT account_id, start_date, end_date, mrr"
        " FROM read_csv('{data}/fightchurn_crm6/subscription.csv')",
        date(2022, 1, 1), date(2022, 12, 1),
    ),
    "generated": (
        "SELECT account_id::INT AS account_id, updated_at::DATE AS start_date, nullif(least("
        " coalesce((lead(updated_at) OVER"
        " (PARTITION BY subscription_id ORDER BY updated_at))::DATE,"
        " DATE '9999-01-01'), coalesce(ended_at::DATE, DATE '9999-01-01')), DATE '9999-01-01')"
        " AS end_date, mrr_minor / 100.0 AS mrr FROM read_parquet('{path}')",
        revenue.FIRST, revenue.LAST,
    ),
}  # fmt: skip

ACCOUNTS = """
WITH month AS (
  SELECT generate_series(%(first)s::date, %(last)s::date, interval '1 month') AS since
),
at_start AS (
  SELECT since, account_id, sum(mrr) AS mrr FROM month JOIN subscription
    ON start_date <= since AND (end_date > since OR end_date IS NULL)
  GROUP BY since, account_id
),
at_end AS (
  SELECT since, account_id, sum(mrr) AS mrr FROM month JOIN subscription
    ON start_date <= since + interval '1 month'
   AND (end_date > since + interval '1 month' OR end_date IS NULL)
  GROUP BY since, account_id
)
"""
RATE = """
SELECT s.since::date, count(*), count(*) FILTER (WHERE e.account_id IS NULL)
FROM at_start s LEFT JOIN at_end e USING (since, account_id) GROUP BY 1
"""
LOST = """
SELECT s.since::date, sum(s.mrr), coalesce(sum(s.mrr) FILTER (WHERE e.account_id IS NULL), 0),
       coalesce(sum(s.mrr - e.mrr) FILTER (WHERE e.mrr < s.mrr), 0)
FROM at_start s LEFT JOIN at_end e USING (since, account_id) GROUP BY 1
"""
RETAINED = """
SELECT s.since::date, coalesce(sum(e.mrr), 0)
FROM at_start s LEFT JOIN at_end e USING (since, account_id) GROUP BY 1
"""


def _cents(amount: object) -> int:
    return round(float(str(amount)) * 100)


def by_listings(con: psycopg.Connection[Any], first: date, last: date) -> dict[date, Any]:
    """Month: accounts, gone, MRR, churned, downsell, retained (in cents), from three statements."""
    span = {"first": first, "last": last}
    rates, lost, kept = (con.execute(ACCOUNTS + part, span).fetchall()
                         for part in (RATE, LOST, RETAINED))  # fmt: skip
    counted, retained = {r[0]: r[1:] for r in rates}, {r[0]: r[1] for r in kept}
    return {
        day: (*counted[day], *map(_cents, amounts), _cents(retained[day])) for day, *amounts in lost
    }


def by_tenure(path: Path, engine: DuckDBEngine, first: date, last: date) -> dict[date, Any]:
    """The same from the product's own figures."""
    told = months(
        Dataset({"subscriptions": [str(path)]}), first, last, policy=default_policy(),
        grace_days=0, known_at=datetime(9000, 1, 1, tzinfo=UTC), engine=engine,
    )  # fmt: skip
    return {
        m.month: (m.accounts_start, m.accounts_churned, m.start_minor, m.churn_minor,
                  m.contraction_minor,
                  m.start_minor - m.churn_minor - m.contraction_minor + m.expansion_minor)
        for m in told
    }  # fmt: skip


def facts(rows: str, path: Path) -> None:
    """The rows as Tenure's table of subscriptions; each is a subscription of its own."""
    early = "(({})::TIMESTAMP - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC'"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"""
            COPY (SELECT (row_number() OVER ())::VARCHAR AS subscription_id,
                         account_id::VARCHAR AS account_id,
                         {early.format("start_date")} AS started_at,
                         started_at AS updated_at, started_at AS received_at,
                         {early.format("end_date")} AS ended_at, 'active' AS status,
                         round(mrr * 100)::BIGINT AS mrr_minor, 'USD' AS currency
                  FROM ({rows})) TO '{path}' (FORMAT parquet)""")


def load(con: psycopg.Connection[Any], rows: str) -> int:
    """The rows as the book's table, with its indexes."""
    con.execute("DROP TABLE IF EXISTS subscription")
    con.execute("CREATE TABLE subscription (account_id integer NOT NULL, start_date date NOT NULL,"
                " end_date date, mrr double precision NOT NULL)")  # fmt: skip
    with duckdb.connect() as duck, con.cursor() as cursor:
        duck.execute("SET TimeZone = 'UTC'")
        found = duck.execute(f"SELECT account_id, start_date, end_date, mrr::DOUBLE FROM ({rows})")
        with cursor.copy("COPY subscription FROM STDIN") as copy:
            while some := found.fetchmany(100_000):
                for row in some:
                    copy.write_row(row)
    con.execute("CREATE INDEX ON subscription (start_date, end_date)")
    con.execute("CREATE INDEX ON subscription (start_date)")
    con.execute("VACUUM ANALYZE subscription")
    return con.execute("SELECT count(*) FROM subscription").fetchone()[0]  # type: ignore[index]


def best(repeat: int, act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the quickest of so many runs, and the answer."""
    seconds = []
    for _ in range(repeat):
        began = time.perf_counter()
        answer = act()
        seconds.append(time.perf_counter() - began)
    return min(seconds), answer


def compare(name: str, con: psycopg.Connection[Any], root: Path, given: argparse.Namespace) -> Any:
    """One set: rows, months, seconds of both; SystemExit if a figure differs."""
    text, first, last = SETS[name]
    path = revenue.generate(given.scale, root) if name == "generated" else None
    rows = text.format(data=given.data, path=path)
    if path is not None:  # a change within the day of the one before it is no row of the book's
        rows = f"SELECT * FROM ({rows}) WHERE end_date IS NULL OR end_date > start_date"
    file = root / f"listings-{name}.parquet"
    facts(rows, file)
    count = load(con, rows)
    slow, told = best(given.repeat, lambda: by_listings(con, first, last))
    engine = DuckDBEngine()
    quick, mine = best(given.repeat, lambda: by_tenure(file, engine, first, last))
    if mine != told:
        differ = [(day, told[day], mine.get(day)) for day in told if told[day] != mine.get(day)]
        raise SystemExit(f"{name}: the figures differ: {differ[:3]}")
    return {
        "set": name, "rows": count, "months": len(told), "PostgreSQL, seconds": round(slow, 3),
        "Tenure, seconds": round(quick, 3), f"times faster (wanted {GOAL})": round(slow / quick, 1),
    }  # fmt: skip


def main() -> None:
    """All sets that are there, one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--scale", type=float, default=0.1, help="of the generated set")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--dir")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    root = folder(given.dir)
    address = postgres.start()
    with psycopg.connect(address, autocommit=True) as con:
        con.execute("SET work_mem = '256MB'")
        for name in SETS:
            if name != "generated" and not (given.data / f"fightchurn_{name}").is_dir():
                continue
            figures = compare(name, con, root, given)
            print(json.dumps(figures) if given.json else "listings: " + ", ".join(
                f"{key} {value}" for key, value in figures.items()), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()

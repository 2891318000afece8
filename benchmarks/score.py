"""Scoring a large company: 25 signals from the rollup, from the raw files, by hand, in pandas.

Full size is 100 million events of a year in 100,000 accounts (pandas: 10 million). All answers are
compared. Run: python benchmarks/score.py [--scale 0.01] [--dir FOLDER] [--json]
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import by_hand
import pyarrow as pa
from company import Size, event_files, generate
from measure import arguments, child, folder, report_task, show

import tenure.analytics as ta

HERE = Path(__file__)
SIGNALS = (HERE.parent / "signals.toml").read_text("utf-8")


def registry() -> ta.Registry:
    return ta.load_registry(("signals.toml", SIGNALS))


def size_of(scale: float) -> Size:
    return Size(int(100_000_000 * scale), max(50, int(100_000 * scale)))


def dataset(root: Path) -> ta.Dataset:
    return ta.Dataset({"events": event_files(root), "features": [str(root / "features.parquet")]})


def digest(rows: pa.Table) -> dict[str, Any]:
    """A number for each signal, so that answers of several processes can be compared."""
    import pyarrow.compute as pc

    sums = {n: pc.sum(rows[n]).as_py() for n in sorted(registry().signals)}
    text = ",".join(f"{n}={round(float(v or 0), 3)}" for n, v in sums.items())
    return {"accounts": rows.num_rows, "digest": hashlib.md5(text.encode()).hexdigest(), "s": text}


def from_rollup(root: Path, size: Size) -> Any:
    engine = ta.DuckDBEngine(memory_limit="700MB", temp_dir=root / "spill")
    rollup = ta.Rollup(root / "rollup")
    found = ta.compute_signals(dataset(root), registry(), size.as_of, engine=engine, rollup=rollup)
    return digest(found)


def from_raw(root: Path, size: Size) -> Any:
    return digest(ta.compute_signals(dataset(root), registry(), size.as_of))


def handwritten(root: Path, size: Size) -> Any:
    import duckdb

    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    return digest(con.sql(by_hand.sql(size, root)).to_arrow_table())


def in_pandas(root: Path, size: Size) -> Any:
    return digest(pa.Table.from_pandas(by_hand.with_pandas(size, root), preserve_index=False))


TASKS = {"rollup": from_rollup, "raw": from_raw, "sql": handwritten, "pandas": in_pandas}


def prepare(root: Path, size: Size) -> None:
    generate(size, root)
    ta.Rollup(root / "rollup").update(dataset(root), registry())


def compare(options: Any, root: Path, size: Size, tasks: list[str]) -> dict[str, Any]:
    prepare(root, size)
    runs = {t: child(str(HERE), t, options, root) for t in tasks}
    answers = {t: r["answer"]["digest"] for t, r in runs.items()}
    if len(set(answers.values())) > 1:
        raise SystemExit(f"answers differ: { {t: r['answer'] for t, r in runs.items()} }")
    return runs


def main() -> None:
    options = arguments(__doc__)
    root, size = folder(options.dir), size_of(options.scale)
    if options.task:
        import_all()
        report_task(lambda: TASKS[options.task](root, size))
        return
    runs = compare(options, root, size, ["sql", "raw", "rollup"])
    figures = {"events": size.events, "accounts": size.accounts}
    figures |= {f"{t} seconds": r["seconds"] for t, r in runs.items()}
    figures |= {f"{t} peak MB": r["peak_mb"] for t, r in runs.items()}
    figures["times faster from the rollup (wanted 8)"] = ratio(runs, "sql", "rollup")
    figures["times faster from raw files (wanted 1)"] = ratio(runs, "sql", "raw")
    tenth = root / "tenth"
    runs = compare(_tenth(options), tenth, size_of(options.scale), ["pandas", "rollup"])
    figures["pandas seconds, a tenth of the events"] = runs["pandas"]["seconds"]
    figures["rollup seconds, a tenth of the events"] = runs["rollup"]["seconds"]
    figures["times faster than pandas (wanted 15)"] = ratio(runs, "pandas", "rollup")
    show("score", figures, options.json)


def _tenth(options: Any) -> Any:
    """A tenth of the events; short runs, so the best of several."""
    options.repeat = max(3, options.repeat)
    options.scale = options.scale / 10
    return options


def import_all() -> None:
    """Imports are not what is measured."""
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.compute  # noqa: F401

    registry()
    for name in ta.__all__:
        getattr(ta, name)


def ratio(runs: dict[str, Any], slow: str, fast: str) -> float:
    return round(runs[slow]["seconds"] / runs[fast]["seconds"], 2)


if __name__ == "__main__":
    main()

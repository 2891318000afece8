"""A backtest over 24 dates against 24 times one date. Wanted: at most 1.1, in 1.5 GB.

Run: python benchmarks/backtest.py [--scale 0.01] [--dir FOLDER] [--json]
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import score
from measure import arguments, child, folder, report_task, show

import tenure.analytics as ta

HERE = Path(__file__)
DATES, APART = 24, 11


def run(root: Path, size: score.Size, dates: int) -> Any:
    engine = ta.DuckDBEngine(memory_limit="700MB", temp_dir=root / "spill")
    rollup, facts, accounts = ta.Rollup(root / "rollup"), score.dataset(root), 0
    for n in range(dates):
        t = size.as_of - timedelta(days=APART * n)
        found = ta.compute_signals(facts, score.registry(), t, engine=engine, rollup=rollup)
        accounts += found.num_rows
    return {"rows": accounts}


def main() -> None:
    options = arguments(__doc__)
    root, size = folder(options.dir), score.size_of(options.scale)
    if options.task:
        score.import_all()
        report_task(lambda: run(root, size, int(options.task)))
        return
    score.prepare(root, size)
    one, all_dates = (child(str(HERE), str(n), options, root) for n in (1, DATES))
    figures = {
        "events": size.events,
        "one date, seconds": one["seconds"],
        f"{DATES} dates, seconds": all_dates["seconds"],
        f"{DATES} dates, peak MB (wanted 1500)": all_dates["peak_mb"],
        f"against one date times {DATES} (wanted 1.1)": round(
            all_dates["seconds"] / DATES / one["seconds"], 2
        ),
    }
    show("backtest", figures, options.json)


if __name__ == "__main__":
    main()

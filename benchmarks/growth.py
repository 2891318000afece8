"""A day's scoring (rollup increment and signals) before and after a second year of history.

Wanted: at most 1.2 times as long. Run: python benchmarks/growth.py [--scale 0.01] [--dir FOLDER]
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import score
from company import generate
from measure import arguments, child, folder, report_task, show

import tenure.analytics as ta

HERE = Path(__file__)


def score_the_day(root: Path, size: score.Size, since: int) -> Any:
    """The day arrives: update the rollup, compute the signals."""
    facts = score.dataset(root)
    first = size.end - timedelta(days=since)
    files = facts.pruned("events", first)
    facts = ta.Dataset(dict(facts.tables) | {"events": files})
    engine = ta.DuckDBEngine(memory_limit="700MB", temp_dir=root / "spill")
    rollup = ta.Rollup(root / f"rollup-{since}")
    done = rollup.update(facts, score.registry(), engine=engine)
    found = ta.compute_signals(facts, score.registry(), size.as_of, engine=engine, rollup=rollup)
    return {"built": done.built, "accounts": found.num_rows}


def prepare(root: Path, size: score.Size, since: int) -> None:
    """A rollup that holds everything of the last ``since`` days."""
    facts = score.dataset(root)
    files = facts.pruned("events", size.end - timedelta(days=since))
    facts = ta.Dataset(dict(facts.tables) | {"events": files})
    ta.Rollup(root / f"rollup-{since}").update(facts, score.registry())


def measured(root: Path, size: score.Size, options: Any) -> list[dict[str, Any]]:
    """The last day scored with one year and with two, in turns; the best of each."""
    runs: dict[int, list[dict[str, Any]]] = {size.days: [], 2 * size.days: []}
    for _ in range(max(3, options.repeat)):
        for since, found in runs.items():
            ta.Rollup(root / f"rollup-{since}").drop([size.end - timedelta(days=1)])
            found.append(child(str(HERE), str(since), options, root))
    return [min(found, key=lambda r: r["seconds"]) for found in runs.values()]


def main() -> None:
    options = arguments(__doc__)
    root, size = folder(options.dir), score.size_of(options.scale)
    if options.task:
        score.import_all()
        report_task(lambda: score_the_day(root, size, int(options.task)))
        return
    generate(size, root, last=2 * size.days)
    for since in (size.days, 2 * size.days):
        prepare(root, size, since)
    before, after = measured(root, size, options)
    figures = {
        "events a year": size.events,
        "a day with one year, seconds": before["seconds"],
        "a day with two years, seconds": after["seconds"],
        "peak MB": after["peak_mb"],
        "times as long (wanted 1.2)": round(after["seconds"] / before["seconds"], 2),
    }
    show("growth", figures, options.json)


if __name__ == "__main__":
    main()

"""Keeping the rollup: a day's increment against the full build. Wanted: under one per cent.

Run: python benchmarks/rollup.py [--scale 0.01] [--dir FOLDER] [--json]
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import score
from company import generate
from measure import arguments, child, folder, report_task, show

import tenure.analytics as ta

HERE = Path(__file__)


def update(root: Path, days: slice) -> Any:
    facts = score.dataset(root)
    files = list(facts.source("events"))[days]
    facts = ta.Dataset(dict(facts.tables) | {"events": files})
    engine = ta.DuckDBEngine(memory_limit="1GB", temp_dir=root / "spill")
    done = ta.Rollup(root / "rollup-again").update(facts, score.registry(), engine=engine)
    return {"built": done.built}


TASKS = {
    "build": lambda root: update(root, slice(None, -1)),
    "increment": lambda root: update(root, slice(None)),
}


def main() -> None:
    options = arguments(__doc__)
    root, size = folder(options.dir), score.size_of(options.scale)
    if options.task:
        score.import_all()
        report_task(lambda: TASKS[options.task](root))
        return
    generate(size, root)
    shutil.rmtree(root / "rollup-again", ignore_errors=True)
    build = child(str(HERE), "build", options, root)
    increment = child(str(HERE), "increment", options, root)
    figures = {
        "events": size.events,
        "full build seconds": build["seconds"],
        "full build peak MB": build["peak_mb"],
        "increment seconds": increment["seconds"],
        "rollup MB": round(ta.Rollup(root / "rollup-again").size() / 1e6),
        "increment in per cent of the build (wanted 1)": round(
            100 * increment["seconds"] / build["seconds"], 2
        ),
    }
    show("rollup", figures, options.json)


if __name__ == "__main__":
    main()

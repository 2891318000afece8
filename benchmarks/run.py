"""Run every benchmark, one after the other, and print a line for each.

    python benchmarks/run.py [--scale 0.01] [--only ingest,flush]

Each benchmark is a program of its own that prints figures and a ratio against a named reference
measured in the same run; ``--json`` gives the same to machines. This program only calls them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = (
    "ingest",
    "flush",
    "score",
    "rollup",
    "backtest",
    "growth",
    "pages",
    "today",
    "plays",
    "revenue",
    "listings",
    "webhooks",
    "learning",
    "audit",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", help="share of the full size, for a quick look (0.01)")
    parser.add_argument("--only", help="comma-separated names", default=",".join(NAMES))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    failed = 0
    for name in options.only.split(","):
        command = [sys.executable, str(HERE / f"{name}.py")]
        command += ["--scale", options.scale] if options.scale else []
        command += ["--json"] if options.json else []
        failed += subprocess.run(command, check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Runs a task of a benchmark in a process of its own: its seconds, its peak memory, its answer."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def arguments(doc: str | None) -> argparse.Namespace:
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the full size; 0.001 tiny")
    parser.add_argument("--dir", help="where generated facts are kept; default: a temporary folder")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--repeat", type=int, default=1, help="take the best of so many runs")
    return parser.parse_args()


def folder(given: str | None) -> Path:
    """The folder for generated facts."""
    root = Path(given) if given else Path(tempfile.mkdtemp(prefix="tenure-bench-"))
    root.mkdir(parents=True, exist_ok=True)
    return root


def child(script: str, task: str, options: argparse.Namespace, root: Path) -> dict[str, Any]:
    """Run ``script --task`` in its own process, best of ``repeat``."""
    command = [sys.executable, script, "--task", task, "--dir", str(root)]
    command += ["--scale", str(options.scale)]
    runs = []
    for _ in range(options.repeat):
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"task {task} failed")
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return min(runs, key=lambda r: r["seconds"])


def report_task(task: Callable[[], Any]) -> None:
    """What a child prints: seconds and peak memory of the task, and what it returns."""
    start, worked = time.perf_counter(), time.process_time()
    answer = task()
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    figures = {"seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "peak_mb": peak_mb()}
    print(json.dumps(figures | {"answer": answer}))


def peak_mb() -> int:
    """Peak memory of this process (ru_maxrss would count its parent's before the exec)."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def show(title: str, figures: dict[str, Any], as_json: bool) -> None:
    """Print figures, for people or as one JSON object."""
    if as_json:
        print(json.dumps({"benchmark": title} | figures))
        return
    print(title)
    for name, value in figures.items():
        print(f"  {name:<44} {value}")

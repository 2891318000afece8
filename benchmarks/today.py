"""Server time of Today with 10,000 open tasks, against an empty page of ours.

    benchmarks/today.py [--tasks N] [--accounts N] [--requests N] [--json]

Both are asked for in turns within one process, signed in, through all middlewares; the empty page
is the shell with nothing in it. Prints the 95th percentile of each, and of all together, and
its ratio to that of the empty page; the goal is at most 5.
DATABASE_URL chooses the database, else SQLite.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

import pages

GOAL = 5.0
LISTS = {
    "mine": "",
    "everyone": "who=everyone",
    "unassigned": "who=nobody",
    "everyone, one segment": "who=everyone&segment=enterprise",
    "everyone, one kind": "who=everyone&kind=play",
    "everyone, all that is late": "who=everyone&section=overdue",
}


def main() -> None:
    """Build accounts and tasks, ask for the pages, print the ratios."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as home:
        pages._boot(home)
        started = time.perf_counter()
        pages._fill(options.accounts)
        _tasks(options.tasks)
        built = time.perf_counter() - started
        figures = _measure(options.requests)
    report = _report(figures, options.tasks, built)
    print(json.dumps(report, indent=2) if options.json else _table(report))
    sys.exit(0 if report["worst_ratio"] <= GOAL else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=100, help="of each page")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the tasks")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.tasks = max(int(options.tasks * options.scale), 1)
    return options


def _tasks(many: int) -> None:
    """Open tasks, from three weeks late to two months ahead; one in thirty went up."""
    from tenure.accounts.models import Account
    from tenure.work.tasks.models import Task

    accounts = list(Account.objects.order_by("pk")[:many])
    made = []
    for n in range(many):
        account = accounts[n * 7919 % len(accounts)]
        due = pages.NOW + timedelta(minutes=(n * 104_729) % 116_000 - 30_000)
        made.append(
            Task(
                key=f"k{n}", account_id=account.pk, title=f"Call about usage, number {n}",
                reason="Logins halved within 14 days; two seats were removed.",
                words="Hello, we saw that your team signs in less. What changed?",
                owner_id=account.owner_id, due_at=due, value_minor=account.mrr_minor * 12,
                currency=account.currency, source=f"play:play-{n % 12}", created_at=pages.NOW,
                updated_at=pages.NOW, escalated_at=pages.NOW if n % 30 == 0 else None,
            )
        )  # fmt: skip
    Task.objects.bulk_create(made, batch_size=2000)


def _measure(requests: int) -> dict[str, list[float]]:
    from django.test import Client

    from tenure.core.models import User

    client = Client()
    user = User.objects.order_by("pk").first()
    assert user
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    paths = {"empty page": "/empty/"} | {f"Today: {k}": f"/today/?{v}" for k, v in LISTS.items()}
    figures: dict[str, list[float]] = {name: [] for name in paths}
    for turn in range(-5, requests):
        for name, path in paths.items():
            spent = pages._time(client, path)
            if turn >= 0:  # the first turns only warm up
                figures[name].append(spent)
    return figures


def _report(figures: dict[str, list[float]], tasks: int, built: float) -> dict[str, Any]:
    p95 = {name: statistics.quantiles(times, n=20)[-1] for name, times in figures.items()}
    usual = [t for name in LISTS for t in figures[f"Today: {name}"]]
    p95["Today page, all of them"] = statistics.quantiles(usual, n=20)[-1]
    empty = p95["empty page"]
    rows = {
        name: {"p95_ms": round(1000 * v, 2), "ratio": round(v / empty, 2)}
        for name, v in p95.items()
    }
    worst = rows["Today page, all of them"]["ratio"]
    return {
        "tasks": tasks,
        "built_seconds": round(built, 1),
        "pages": rows,
        "goal": GOAL,
        "worst_ratio": worst,
    }


def _table(report: dict[str, Any]) -> str:
    lines = [f"{report['tasks']:,} open tasks, built in {report['built_seconds']} s", ""]
    for name, row in report["pages"].items():
        lines.append(f"{name:40} p95 {row['p95_ms']:8.2f} ms   {row['ratio']:6.2f} x empty page")
    verdict = "reached" if report["worst_ratio"] <= report["goal"] else "MISSED"
    lines += ["", f"ratio {report['worst_ratio']} (goal {report['goal']}): {verdict}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()

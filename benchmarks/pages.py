"""Server time of the Accounts and Account pages at 100,000 accounts, against an empty page of ours.

    benchmarks/pages.py [--accounts N] [--requests N] [--json]

All pages are asked for in turns within one process, signed in, through all middlewares; the empty
page is the shell with nothing in it. Prints the 95th percentile of each and its ratio to that of
the empty page; the goal is at most 5. DATABASE_URL chooses the database, else SQLite.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 500
GOAL = 5.0
NOW = datetime.now(UTC)
LISTS = {
    "as it opens": "",
    "one band": "band=critical",
    "by name": "sort=name",
    "by MRR, one segment": "sort=-mrr&segment=enterprise",
    "by renewal within 60 days": "sort=renewal&renewal=60",
    "by health, one owner": "sort=health&owner=1",
    "worst change, one stage": "sort=change&stage=adoption",
    "search, many found": "q=harbor",
}
RARE = {
    "search, one found": "q=quillon+media+77",
    "search, none found": "q=nobody+is+called+so",
}


def main() -> None:
    """Build the accounts, ask for the pages, print the ratios."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as home:
        _boot(home)
        started = time.perf_counter()
        _fill(options.accounts)
        built = time.perf_counter() - started
        figures = _measure(options.requests)
    report = _report(figures, options.accounts, built)
    print(json.dumps(report, indent=2) if options.json else _table(report))
    sys.exit(0 if report["worst_ratio"] <= GOAL else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100, help="of each page")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the accounts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.accounts = max(int(options.accounts * options.scale), 1000)
    return options


def _boot(home: str) -> None:
    os.environ["TENURE_HOME"] = home
    os.environ["DJANGO_SETTINGS_MODULE"] = "tenure.web.settings"
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ROOT_URLCONF = "pages_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)


def _fill(accounts: int) -> None:
    """Some accounts with all they have, then copies of them that differ in their figures."""
    from web.factories import company

    from tenure.core.models import User

    owners = [
        User.objects.create_user(f"{name}@example.com", "a password", name=name, role="admin")
        for name in ("Alice", "Bob", "Dana")
    ]
    company(min(SEEDS, accounts), owners, NOW)
    _copy(max(accounts // SEEDS - 1, 0))


def _copy(times: int) -> None:
    from django.db import connection

    from tenure.accounts.models import Account, SegmentMember
    from tenure.health.models import AccountHealth

    jitter = "(((n * 7919 + {id} * 104729) % 1000) / 250.0 - 2)"
    numbers = f"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {times})"
    changes: dict[Any, dict[str, str]] = {
        Account: {"id": "id || '-' || n", "name": "name || ' ' || n"},
        AccountHealth: {
            "account_id": "account_id || '-' || n",
            "risk": f"risk + {jitter.format(id='id')}",
            "shown_health": f"shown_health + {jitter.format(id='id')}",
        },
        SegmentMember: {"account_id": "account_id || '-' || n"},
    }
    with connection.cursor() as cursor:
        for model, changed in changes.items() if times else ():
            columns = [f.column for f in model._meta.concrete_fields]
            if model is not Account:
                columns.remove("id")
            shown = ", ".join(f'"{c}"' for c in columns)
            values = ", ".join(changed.get(c, f'"{c}"') for c in columns)
            table = model._meta.db_table
            cursor.execute(
                f"{numbers} INSERT INTO {table} ({shown}) SELECT {values} FROM {table} CROSS JOIN t"
            )


def _measure(requests: int) -> dict[str, list[float]]:
    from django.test import Client

    from tenure.core.models import User

    client = Client()
    user = User.objects.order_by("pk").first()
    assert user
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    pages = dict(_pages(client))
    figures: dict[str, list[float]] = {name: [] for name in pages}
    for turn in range(-5, requests):
        for name, path in pages.items():
            spent = _time(client, path(max(turn, 0)))
            if turn >= 0:  # the first turns only warm up
                figures[name].append(spent)
    return figures


def _pages(client: Any) -> Iterator[tuple[str, Callable[[int], str]]]:
    from tenure.accounts.models import Account

    ids = list(Account.objects.order_by("name").values_list("pk", flat=True)[:: SEEDS // 5])
    yield "empty page", lambda _: "/empty/"
    for name, query in {**LISTS, **RARE}.items():
        yield f"accounts: {name}", lambda _, query=query: f"/accounts/?{query}"  # type: ignore[misc]
    deep = _deep(client, 20)
    yield "accounts: 20 pages down", lambda _: f"/accounts/{deep}"
    yield "account", lambda turn: f"/accounts/a/{ids[turn % len(ids)]}"


def _deep(client: Any, pages: int) -> str:
    link = ""
    for _ in range(pages):
        page = client.get(f"/accounts/{link}").content.decode()
        if 'hx-get="?after=' not in page:
            break
        link = "?after=" + page.split('hx-get="?after=')[1].split('"')[0]
    return link


def _time(client: Any, path: str) -> float:
    started = time.perf_counter()
    answer = client.get(path)
    spent = time.perf_counter() - started
    assert answer.status_code == 200, (path, answer.status_code)
    return spent


def _report(figures: dict[str, list[float]], accounts: int, built: float) -> dict[str, Any]:
    p95 = {name: statistics.quantiles(times, n=20)[-1] for name, times in figures.items()}
    usual = [t for name in LISTS for t in figures[f"accounts: {name}"]]
    usual += figures["accounts: 20 pages down"]
    p95["Accounts page, all of the usual"] = statistics.quantiles(usual, n=20)[-1]
    empty = p95["empty page"]
    rows = {
        name: {"p95_ms": round(1000 * v, 2), "ratio": round(v / empty, 2)}
        for name, v in p95.items()
    }
    judged = ("Accounts page, all of the usual", "account")
    worst = max(rows[name]["ratio"] for name in judged)
    return {
        "accounts": accounts,
        "built_seconds": round(built, 1),
        "pages": rows,
        "goal": GOAL,
        "worst_ratio": worst,
    }


def _table(report: dict[str, Any]) -> str:
    lines = [f"{report['accounts']:,} accounts, built in {report['built_seconds']} s", ""]
    for name, row in report["pages"].items():
        lines.append(f"{name:40} p95 {row['p95_ms']:8.2f} ms   {row['ratio']:6.2f} x empty page")
    verdict = "reached" if report["worst_ratio"] <= report["goal"] else "MISSED"
    lines += ["", f"worst ratio {report['worst_ratio']} (goal {report['goal']}): {verdict}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()

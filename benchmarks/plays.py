"""Plays at scale: triggers after a scoring, a step for everybody who is due, and stopping a play.

    benchmarks/plays.py [--scale S] [--only triggers,advance,stop] [--json]

* **triggers**: 1,000,000 accounts, 20 plays that are on, the scoring after the one that let
  everybody in who matched, entering included; the reference is one plain SQL query a play on the
  same state in the same database (a table with the scoring's columns, joined with who is known to
  match). At most 3 times, and under 60 seconds.
* **advance**: 100,000 enrolments stand at a mail to a person; one step for all, with the send
  gate's decision about each mail. The reference writes rows of the same width with bare
  ``executemany``: a message, its passage, and the enrolment's step. At most 10 times.
* **stop**: a play of 1,000,000 enrolments is stopped, messages and tasks included: seconds.

DATABASE_URL chooses the database, else SQLite.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pages
import pyarrow as pa

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACCOUNTS, DUE, INSIDE, PLAYS = 1_000_000, 100_000, 1_000_000, 20
GOALS = {"triggers": 3.0, "advance": 10.0}
SECONDS = {"triggers": 60.0, "stop": 10.0}

PLAY = """
title = "Play {n}"
about = "One of twenty: an account slips, and its champion gets a mail."
purpose = "help"
to = ["champion"]
audience = {{ all = [{audience}] }}
[trigger]
kind = "when"
rule = {{ all = [{rule}] }}
[entry]
again = "after"
days = 60
[goal]
title = "Health is 80 or better"
rule = {{ field = "health", op = ">=", value = 80 }}
days = 30
[[steps]]
id = "mail"
kind = "mail"
subject = "For {{{{ account.name }}}}"
text = "Hello {{{{ person.first_name | there }}}}, one thing that helps teams like yours."
[[steps]]
id = "week"
kind = "wait"
days = 7
"""
Test = tuple[str, str, Any]
PLAN_TESTS: tuple[Test, ...] = (("plan_id", "=", "pro"), ("plan_id", "in", ["pro", "team"]))


def rules_of(n: int) -> tuple[list[Test], list[Test]]:
    """Trigger and audience of play ``n``: they take between one and six accounts in a hundred."""
    low = 20 + 3.0 * (n % 8)
    trigger: list[Test] = [("health", ">=", low), ("health", "<", low + 6)]
    trigger.append([("usage_change_28d", "<", -0.05), ("days_since_login", ">=", 5)][n % 2])
    return trigger, [("status", "=", "active"), PLAN_TESTS[n // 2 % 2]]


def main() -> None:
    """Build, measure, print; exit code 1 if a goal is missed."""
    options = _options()
    report = {}
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory(prefix="tenure-bench-") as home:
            # A database for each, in a process that has no other.
            report[name] = _in_child(name, options.scale, home)
    print(json.dumps({"benchmark": "plays"} | report, indent=2) if options.json else _table(report))
    sys.exit(0 if all(r["reached"] for r in report.values()) else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--only", default="triggers,advance,stop")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--home", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(TASKS[options.task](options.scale, options.home)))
        sys.exit(0)
    return options


def _in_child(name: str, scale: float, home: str) -> dict[str, Any]:
    import subprocess

    command = [sys.executable, __file__, "--task", name, "--scale", str(scale), "--home", home]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{name} failed")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = act()
    return time.perf_counter() - start, answer


# -- triggers -------------------------------------------------------------------------------------


def triggers(scale: float, home: str) -> dict[str, Any]:
    """Seconds of the second scoring's triggers, and of a plain query a play."""
    count = max(int(ACCOUNTS * scale), 2_000)
    _boot(home)
    _accounts(count)
    _plays(PLAYS)
    from tenure.plays import jobs
    from tenure.plays import triggers as rules
    from tenure.plays.models import Standing

    before, after = _scoring(count, 0), _scoring(count, 1)
    first, entered = _timed(lambda: rules.after_scoring(before, NOW, NOW))
    known = Standing.objects.count()
    later = NOW + timedelta(days=1)
    _plain_table(after)
    reference, wanted = _timed(_plain_queries)
    ours, came = _timed(lambda: rules.after_scoring(after, later, later))
    whole, _ = _timed(lambda: jobs.after_scoring(after, later, later))
    assert set(came) == set(wanted), "the two do not speak of the same plays"
    _same_people(wanted)
    return {
        "accounts": count, "plays": PLAYS, "matching_before": known,
        "entered_first": sum(entered.values()), "entered": sum(came.values()),
        "first_seconds": round(first, 2), "seconds": round(ours, 2),
        "with_exits_and_goals_seconds": round(whole, 2),
        "plain_sql_seconds": round(reference, 2), "ratio": round(ours / reference, 2),
        "goal": GOALS["triggers"],
        "reached": ours / reference <= GOALS["triggers"] and ours <= SECONDS["triggers"],
    }  # fmt: skip


def _scoring(count: int, turn: int) -> pa.Table:
    """What a scoring saw; in the second, one account in fifty has changed."""
    rng = np.random.default_rng(5)
    health = rng.uniform(0, 100, count)
    usage, login = rng.normal(0, 0.3, count), rng.exponential(6, count)
    usage[rng.random(count) < 0.05] = np.nan
    plans = np.array(["free", "team", "pro", "enterprise"])[rng.integers(0, 4, count)]
    states = np.array(["active", "churned"])[(rng.random(count) < 0.1).astype(int)]
    if turn:
        moved = rng.random(count) < 0.02
        health = np.where(moved, rng.uniform(0, 100, count), health)
    return pa.table(
        {
            "account_id": [f"account-{n:07d}" for n in range(count)],
            "health": health,
            "usage_change_28d": pa.array(usage, from_pandas=True),
            "days_since_login": login,
            "plan_id": plans,
            "status": states,
            "currency": ["EUR"] * count,
        }
    )


def _plain_table(everyone: pa.Table) -> None:
    """The scoring as a table of the same database, with the account as its key."""
    from django.db import connection, transaction

    names = everyone.column_names
    kinds = [
        "double precision" if pa.types.is_floating(f.type) else "text" for f in everyone.schema
    ]
    columns = ", ".join(f"{n} {k}" for n, k in zip(names, kinds, strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE scoring ({columns}, PRIMARY KEY (account_id))")
        marks = ", ".join(["%s"] * len(names))
        rows = zip(*(everyone[n].to_pylist() for n in names), strict=True)
        cursor.executemany(f"INSERT INTO scoring VALUES ({marks})", list(rows))


def _plain_queries() -> dict[str, set[str]]:
    """Who matches each play and was not known to."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for n in range(PLAYS):
            trigger, audience = rules_of(n)
            where = " AND ".join(_sql(*test) for test in (*trigger, *audience))
            cursor.execute(
                f"SELECT s.account_id FROM scoring s LEFT JOIN plays_standing k"
                f" ON k.play = %s AND k.account_id = s.account_id"
                f" WHERE {where} AND k.account_id IS NULL",
                [f"play-{n}"],
            )
            found[f"play-{n}"] = {row[0] for row in cursor.fetchall()}
    return found


def _sql(field: str, op: str, value: Any) -> str:
    if isinstance(value, list):
        return f"s.{field} IN ({', '.join(repr(v) for v in value)})"
    return f"s.{field} {op} {value!r}"


def _same_people(wanted: dict[str, set[str]]) -> None:
    """Both found the same accounts: those that came to match with the second scoring."""
    from tenure.plays.models import Standing

    for name, accounts in wanted.items():
        mine = set(
            Standing.objects.filter(play=name, since__gt=NOW).values_list("account_id", flat=True)
        )
        assert mine == accounts, f"{name}: {len(mine)} here, {len(accounts)} by plain SQL"


# -- advance --------------------------------------------------------------------------------------


def advance(scale: float, home: str) -> dict[str, Any]:
    """Seconds to take everybody one step on, gate included, and to write such rows barely."""
    count = max(int(DUE * scale), 2_000)
    _boot(home)
    _accounts(count)
    _people(count)
    _plays(1)
    _enrol(count, due=NOW)
    from tenure.channels import gate
    from tenure.channels.models import Message
    from tenure.plays import advance as engine

    def go() -> None:
        while engine.advance_due(NOW):
            pass
        while gate.pass_due(NOW):
            pass

    ours, _ = _timed(go)
    passed = Message.objects.exclude(state="queued").count()
    assert passed == count, f"{passed} of {count} mails passed the gate"
    bare, _ = _timed(lambda: _bare(count))
    return {
        "due": count, "seconds": round(ours, 2), "executemany_seconds": round(bare, 2),
        "ratio": round(ours / bare, 2), "goal": GOALS["advance"],
        "reached": ours / bare <= GOALS["advance"],
    }  # fmt: skip


def _bare(count: int) -> None:
    """The same rows once more, under other keys, as bare statements in one transaction each."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        columns = [f.column for f in _message()._meta.concrete_fields if f.column != "id"]
        cursor.execute(f"SELECT {', '.join(columns)} FROM {_message()._meta.db_table}")
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        cursor.execute("SELECT id, step, due_at, state, note FROM plays_enrolment")
        enrolments = cursor.fetchall()
        for row in rows:
            row["key"] += ":bare"
            row["content"] = (
                row["content"] if isinstance(row["content"], str) else json.dumps(row["content"])
            )
            row["caps"] = row["caps"] if isinstance(row["caps"], str) else json.dumps(row["caps"])
    marks = ", ".join(["%s"] * len(columns))
    started = [tuple(row.values()) for row in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_message()._meta.db_table} ({', '.join(columns)}) VALUES ({marks})",
            started,
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE plays_enrolment SET step = %s, due_at = %s, state = %s, note = %s"
            " WHERE id = %s",
            [(step, due, state, note, pk) for pk, step, due, state, note in enrolments],
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_message()._meta.db_table} SET state = 'ready', passed_at = due_at"
            " WHERE key = %s",
            [(row["key"],) for row in rows],
        )


def _message() -> Any:
    from tenure.channels.models import Message

    return Message


# -- stop -----------------------------------------------------------------------------------------


def stop(scale: float, home: str) -> dict[str, Any]:
    """Seconds until a play of a million has ended for everybody, a mail waiting for one in ten."""
    count = max(int(INSIDE * scale), 2_000)
    _boot(home)
    _plays(1)
    _enrol(count, due=NOW + timedelta(days=3))
    _waiting_mails(count // 10)
    from tenure.channels.models import Message
    from tenure.plays import switching
    from tenure.plays.models import Enrolment

    seconds, ended = _timed(lambda: switching.stop("play-0", "benchmark", now=NOW))
    assert ended == count
    assert not Enrolment.objects.filter(state="active").exists()
    assert not Message.objects.filter(state="queued").exists()
    return {
        "inside": count, "seconds": round(seconds, 2), "goal_seconds": SECONDS["stop"],
        "reached": seconds <= SECONDS["stop"],
    }  # fmt: skip


# -- ground ---------------------------------------------------------------------------------------


def _boot(home: str) -> None:
    pages._boot(home)
    from tenure.plays import entering

    entering.held_out = lambda *_: set()  # everybody enters: the draw is not what is measured


def _plays(count: int) -> None:
    from tenure.core import policy
    from tenure.plays import switching

    for n in range(count):
        trigger, audience = (", ".join(_toml(*t) for t in tests) for tests in rules_of(n))
        text = PLAY.format(n=n, rule=trigger, audience=audience)
        policy.save(f"plays/play-{n}", text, "benchmark", "benchmark", NOW)
        switching.switch_on(f"play-{n}", "benchmark", now=NOW - timedelta(days=1))


def _toml(field: str, op: str, value: Any) -> str:
    return f'{{ field = "{field}", op = "{op}", value = {json.dumps(value)} }}'


def _accounts(count: int) -> None:
    from tenure.accounts.models import Account

    Account.objects.create(
        pk="model", name="Model", mrr_minor=1000, currency="EUR", created_at=NOW, status="active"
    )
    _copies(Account, "id", [f"account-{n:07d}" for n in range(count)])


def _people(count: int) -> None:
    from tenure.accounts.models import Membership, Person

    Person.objects.create(pk="model", email="model@example.com", name="Ann Model")
    Membership.objects.create(person_id="model", account_id="model", role="champion")
    ids = [f"person-{n:07d}" for n in range(count)]
    _copies(Person, "id", ids, email=[f"{i}@example.com" for i in ids])
    _copies(Membership, "person_id", ids, account_id=[f"account-{n:07d}" for n in range(count)])


def _copies(model: Any, key: str, ids: list[str], **also: list[str]) -> None:
    """Copies of the only row of ``model``, with other values in some columns."""
    from django.db import connection, transaction

    table = model._meta.db_table
    columns = [f.column for f in model._meta.concrete_fields]
    columns = [c for c in columns if c == key or c != model._meta.pk.column]
    changed = {key: ids} | also
    with transaction.atomic(), connection.cursor() as cursor:
        shown = ", ".join(columns)
        values = ", ".join("%s" if c in changed else c for c in columns)
        order = [c for c in columns if c in changed]
        cursor.executemany(
            f"INSERT INTO {table} ({shown}) SELECT {values} FROM {table} WHERE {key} = 'model'",
            list(zip(*(changed[c] for c in order), strict=True)),
        )


def _enrol(count: int, due: datetime) -> None:
    from tenure.accounts.bulk import upsert
    from tenure.plays.models import Enrolment

    rows = [
        {
            "play": "play-0", "version": 1, "subject": f"account-{n:07d}", "round": 1,
            "account_id": f"account-{n:07d}", "person_id": "", "state": "active",
            "held_out": False, "step": "mail", "due_at": due, "arms": {}, "why": {"health": 40},
            "note": "", "mrr_minor": 1000, "currency": "EUR", "entered_at": NOW,
        }
        for n in range(count)
    ]  # fmt: skip
    upsert(Enrolment, rows, ["play", "subject", "round"], [])


def _waiting_mails(count: int) -> None:
    from tenure.channels.drafts import Draft, submit

    submit(
        (
            Draft(
                f"play:play-0:{n}:mail", "mail", "help", f"person-{n}@example.com",
                {"subject": "One thing", "text": "Hello there."}, NOW + timedelta(hours=1),
                "play:play-0", f"person-{n}", f"account-{n:07d}",
            )
            for n in range(count)
        ),
        now=NOW,
    )  # fmt: skip


def _table(report: dict[str, Any]) -> str:
    lines = []
    for name, figures in report.items():
        lines.append(f"{name}: {'reached' if figures['reached'] else 'MISSED'}")
        lines += [f"  {key.replace('_', ' '):34} {value}" for key, value in figures.items()]
    return "\n".join(lines)


TASKS: dict[str, Callable[[float, str], dict[str, Any]]] = {
    "triggers": triggers, "advance": advance, "stop": stop,
}  # fmt: skip

if __name__ == "__main__":
    main()

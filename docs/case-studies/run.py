"""Runs a case study whole: python docs/case-studies/run.py SET --data ../shared/data

Everything goes through the commands a user has: prepared with DuckDB where the format needs it,
then `tenure policy apply`, `tenure import` and `tenure validate` on a fresh workspace. Writes the
numbers to docs/case-studies/SET.numbers.json and the tables of docs/case-studies/SET.md.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).resolve().parent
SETS = ("udacity", "oulad", "socialnet7", "crm6")
MODELS = (
    "six_dimensions", "four_components", "five_measures", "formula", "signal_matrix", "recency",
)  # fmt: skip


def tenure(*arguments: str) -> str:
    """Run a command in this process; its standard output, or an exit with what it said."""
    from tenure.cli.main import main as command

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            command(list(arguments))
    except SystemExit as end:
        if end.code:
            sys.exit(f"tenure {shlex.join(arguments)} failed")
    return said.getvalue()


def prepare(name: str, data: Path, out: Path) -> None:
    """Turn the set's files into files of Tenure's tables."""
    sql = (HERE / name / "prepare.sql").read_text("utf-8")
    with duckdb.connect() as con:
        con.execute(sql.format(data=data, out=out))


def apply_policy(name: str, case: dict[str, Any], work: Path) -> None:
    """The set's roles and its comparison model; and the packaged validation with its horizons."""
    folder = work / "policy"
    shutil.copytree(HERE / name / "policy", folder)
    text = tenure("policy", "show", "validation")
    changes = {
        "horizons": case["horizons"],
        "verdict_horizon": case["horizons"][1],
        "warm_up_days": 0,
    }
    if case.get("weekly"):
        changes["min_dates"] = changes["max_dates"] = 24  # more than there are months: weeks
    for key, value in changes.items():
        text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
    (folder / "validation.toml").write_text(text, "utf-8")
    tenure("policy", "apply", str(folder))


def run(name: str, data: Path, work: Path) -> dict[str, Any]:
    """The numbers of one set."""
    case = tomllib.loads((HERE / name / "case.toml").read_text("utf-8"))
    timing: dict[str, float] = {}

    def timed(what: str, act: Any, *arguments: Any) -> None:
        began = time.perf_counter()
        act(*arguments)
        timing[what] = round(time.perf_counter() - began, 1)
        print(f"  {what}: {timing[what]} s", flush=True)

    timed("prepare", prepare, name, data, work)
    apply_policy(name, case, work)
    rows = {}
    for line in case["imports"]:
        table, file, *options = shlex.split(line.format(data=data))
        began = time.perf_counter()
        path = file if file.startswith("/") else str(work / file)
        outcome = json.loads(tenure("import", table, path, *options, "--json"))
        rows[table] = {k: outcome[k] for k in ("read", "new", "quarantined") if k in outcome}
        timing[f"import {table}"] = round(time.perf_counter() - began, 1)
        print(f"  import {table}: {rows[table]}, {timing[f'import {table}']} s", flush=True)
    results = []
    for period in case["period"]:
        for model in MODELS:
            began = time.perf_counter()
            start, end = (period[k].isoformat() for k in ("first", "end"))
            report = json.loads(
                tenure("validate", "--model", model, "--start", start, "--end", end, "--json")
            )
            seconds = round(time.perf_counter() - began, 1)
            results.append(brief(period["name"], report) | {"seconds": seconds})
            print("  " + line_of(results[-1]), flush=True)
    return {"title": case["title"], "rows": rows, "timing": timing, "results": results}


def brief(period: str, report: dict[str, Any]) -> dict[str, Any]:
    """What the page of results shows of a report."""
    keys = (
        "days", "churned_accounts", "observations", "base_rate", "auc", "pr_auc",
        "precision_top_decile", "lift_top_decile", "calibration_error", "green_share",
    )  # fmt: skip
    return {
        "period": period,
        "model": report["model"],
        "span": report["period"],
        "verdict": report["verdict"]["code"],
        "scores": report["observations"],
        "accounts": report["accounts"],
        "dates": report["dates"],
        "churned": report["churned"],
        "lead_time": {k: report["lead_time"].get(k) for k in ("median_days", "share_flagged")},
        "horizons": [{k: h.get(k) for k in keys} for h in report["horizons"]],
    }


def line_of(result: dict[str, Any]) -> str:
    """One row of the table."""
    cells = [result["period"], result["model"], result["verdict"]]
    for horizon in result["horizons"]:
        area, lift = horizon["auc"], horizon["lift_top_decile"]["value"]
        if area["value"] is None:
            cells.append(f"{horizon['days']} d: none")
            continue
        interval = f"{area['low']:.2f}-{area['high']:.2f}"
        cells.append(f"{horizon['days']} d: {area['value']:.3f} ({interval}) lift {lift:.2f}")
    return " | ".join(cells)


def tables_of(numbers: dict[str, Any]) -> str:
    """The numbers as Markdown: a table a period, a row a model."""
    lines: list[str] = []
    for period in dict.fromkeys(r["period"] for r in numbers["results"]):
        rows = [r for r in numbers["results"] if r["period"] == period]
        one = rows[0]
        days = [h["days"] for h in one["horizons"]]
        lines += [
            f"**{period.capitalize()}**, {one['span']['start']} to {one['span']['end']}: "
            f"{one['scores']:,} scores of {one['accounts']:,} accounts on {one['dates']} days, "
            f"{one['churned']:,} churned.",
            "",
            "| model | "
            + " | ".join(f"AUC {d} d (95 %) | lift" for d in days)
            + " | green | says |",
            "|---|" + "---|---|" * len(days) + "---|---|",
        ]
        lines += [row_of(r) for r in rows]
        base = ", ".join(
            f"{100 * h['base_rate']:.1f} % in {h['days']} days" for h in one["horizons"]
        )
        lines += ["", f"Base rate: {base}.", ""]
    return "\n".join(lines)


def row_of(result: dict[str, Any]) -> str:
    """One model of a period."""
    cells = [result["model"]]
    for horizon in result["horizons"]:
        area, lift = horizon["auc"], horizon["lift_top_decile"]["value"]
        if area["value"] is None:
            cells += ["none", ""]
            continue
        cells += [f"{area['value']:.3f} ({area['low']:.2f}-{area['high']:.2f})", f"{lift:.1f}"]
    green = result["horizons"][min(1, len(result["horizons"]) - 1)]["green_share"]
    share = "-" if green["value"] is None else f"{100 * green['value']:.0f} %"
    return "| " + " | ".join([*cells, share, result["verdict"].replace("_", " ")]) + " |"


def write_page(name: str, numbers: dict[str, Any]) -> None:
    """Put the tables into the page, between its marks."""
    page = HERE / f"{name}.md"
    text = page.read_text("utf-8")
    head, mark, rest = text.partition("<!-- numbers -->")
    tail = rest.partition("<!-- end of numbers -->")[2]
    body = f"{mark}\n\n{tables_of(numbers)}\n<!-- end of numbers -->"
    page.write_text(head + body + tail, "utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--home", type=Path, help="keep the workspace in this (new) folder")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"{given.data} is not there: the data is not part of this project (see README.md)")
    with tempfile.TemporaryDirectory(prefix="tenure-case-") as scratch:
        work = Path(scratch)
        os.environ["TENURE_HOME"] = str((given.home or work / "home").resolve())
        numbers = run(given.set, given.data.resolve(), work)
    text = json.dumps(numbers, indent=1) + "\n"
    (HERE / f"{given.set}.numbers.json").write_text(text, "utf-8")
    write_page(given.set, numbers)


if __name__ == "__main__":
    main()

"""tenure signals: what is measured about accounts, how, and from which facts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.kit.commands.moments import utc_day
from tenure.kit.commands.output import CommandError, print_json, print_rows, say

AsOf = Annotated[str, typer.Option("--as-of", help="A day (00:00 UTC); default: now.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name of a signal; see: tenure signals list.")]


def register(app: typer.Typer) -> None:
    """Add ``signals`` and its subcommands to the command line."""
    group = typer.Typer(help="List, explain, compute and check signals.", no_args_is_help=True)
    group.callback()(_start)
    for command in (list_, explain, compute, facts, check):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="signals")


def _start() -> None:
    from tenure.kit.commands.boot import setup

    setup()


def list_(
    risk: Annotated[bool, typer.Option("--risk", help="Risk signals instead.")] = False,
    as_json: Json = False,
) -> None:
    """List every signal in force."""
    registry = _registry()
    if risk:
        print_rows(_risks(registry), RISK_HEADINGS, as_json=as_json)
        return
    rows = [
        {
            "name": n,
            "title": s.title,
            "group": s.group,
            "kind": s.kind,
            "unit": s.unit,
            "per": s.per,
            "higher_is": s.higher_is,
        }
        for n, s in registry.signals.items()
    ]
    headings = {"name": "Name", "title": "Title", "group": "Group", "kind": "Kind"}
    print_rows(rows, headings, as_json=as_json)


def explain(name: Name, as_json: Json = False) -> None:
    """Say in words how a signal (or a risk signal) is computed."""
    from tenure.analytics.signals.explain import explain_signal
    from tenure.analytics.signals.words import explain_risk

    registry = _registry()
    risk = name in registry.risk_signals
    text = explain_risk(registry, name) if risk else explain_signal(registry, name)
    if as_json:
        print_json({"name": name, "text": text})
    else:
        say("{words}", words=text)


def compute(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Compute all signals of one account, and say which risk signals fire."""
    from tenure.analytics.signals.compute import compute_signals
    from tenure.analytics.signals.fired import fired_risk_signals

    registry, moment = _registry(), _moment(as_of)
    found = compute_signals(
        _dataset(), registry, moment, accounts=[account], rollup=_rollup(), engine=_engine()
    )
    if not found.num_rows:
        raise CommandError(
            f"account {account} was not known on {moment:%Y-%m-%d}",
            "check the id with: tenure export accounts",
        )
    values, fired = found.to_pylist()[0], fired_risk_signals(found, registry)[0]
    if as_json:
        print_json({"account_id": account, "as_of": moment, "signals": values, "risk": fired})
        return
    rows = [
        {"name": n, "title": s.title, "value": _shown(s, values[n])}
        for n, s in registry.signals.items()
        if n in values
    ]
    print_rows(rows, {"name": "Signal", "title": "Title", "value": "Value"})
    titles = ", ".join(registry.risk_signals[n].title for n in fired) or "none"
    say("Risk signals: {titles}", titles=titles)


def facts(
    name: Name,
    account: Annotated[str, typer.Argument(help="The account's id.")],
    as_of: AsOf = "",
    limit: Annotated[int, typer.Option(help="At most so many for each part.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the facts behind one signal of one account."""
    from tenure.analytics.signals.explain import signal_facts

    found = signal_facts(_dataset(), _registry(), name, account, _moment(as_of), limit, _engine())
    headings = {
        "signal": "Signal",
        "time": "When",
        "what": "What",
        "person_id": "Person",
        "value": "Value",
    }
    print_rows(found.to_pylist(), headings, as_json=as_json)


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="TOML files; default: the signals in force.")
    ] = None,
) -> None:
    """Check signal files on top of those in force, without changing anything."""
    from tenure.health import policy

    registry = _registry()
    if files:
        registry = policy.registry_with([(str(f), _read(f)) for f in files])
    signals, risks = len(registry.signals), len(registry.risk_signals)
    say("{signals} signals and {risks} risk signals are in order.", signals=signals, risks=risks)


RISK_HEADINGS = {
    "name": "Name",
    "title": "Title",
    "level": "Level",
    "lead_time": "Lead time",
    "when": "Fires when",
}


def _risks(registry: Any) -> list[dict[str, Any]]:
    from tenure.analytics.signals.words import tell

    return [
        {
            "name": n,
            "title": r.title,
            "level": r.level,
            "lead_time": r.lead_time,
            "when": " and ".join([*map(tell, r.when), *_either(r.when_any)]),
        }
        for n, r in registry.risk_signals.items()
    ]


def _either(tests: list[Any]) -> list[str]:
    from tenure.analytics.signals.words import tell

    return ["(" + " or ".join(map(tell, tests)) + ")"] if tests else []


def _registry() -> Any:
    from tenure.health import policy

    return policy.registry()


def _dataset() -> Any:
    from tenure.analytics.tables import TABLES
    from tenure.facts import lake

    return lake.current().dataset(list(TABLES))  # scores and signals of past runs are no facts


def _engine() -> Any:
    from tenure.facts.reading import engine

    return engine()


def _rollup() -> Any:
    from tenure.analytics.rollup import Rollup
    from tenure.core import workspace

    return Rollup(workspace.current().rollups)


def _moment(as_of: str) -> Any:
    from datetime import UTC, datetime

    return utc_day(as_of, "--as-of") or datetime.now(UTC)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}", "give a TOML file") from error


def _shown(signal: Any, value: Any) -> Any:
    if value is None:
        return "not known"
    if signal.unit == "money":
        return f"{value / 100:,.2f}"
    return f"{value:.0%}" if signal.unit == "share" else value

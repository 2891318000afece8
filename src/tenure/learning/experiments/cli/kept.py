"""``tenure experiment list|show|new|start|arm|look|stop``: experiments kept in the workspace."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.analytics.errors import SpecError
from tenure.kit.commands.output import CommandError, print_json, print_rows, say

ACTOR = "command line"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LIST = {"key": "Key", "title": "Title", "metric": "Metric", "state": "State", "result": "Result"}


def register(group: typer.Typer) -> None:
    """Add the commands to ``tenure experiment``."""
    group.command("list")(list_)
    for command in (show, new, start, arm, look, stop):
        group.command(command.__name__)(command)


def list_(as_json: AsJson = False) -> None:
    """Experiments, the newest first."""
    queries = _room("queries")
    rows = [
        {
            "key": r.key,
            "title": r.title,
            "metric": r.metric,
            "state": r.state,
            "result": queries.headline(r),
        }
        for r in queries.listed()
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_rows(rows, LIST)
    else:
        say("Nothing tried yet. Plan one with: tenure experiment new")


def show(key: str, as_json: AsJson = False) -> None:
    """One experiment: what was asked, its arms, every look."""
    found = _room("queries").detail(key)
    if found is None:
        raise CommandError(f"no experiment {key!r}", "see: tenure experiment list")
    if as_json:
        print_json(found)
        return
    say(
        "[bold]{title}[/] ({state}): {metric}",
        title=found["title"],
        state=found["state"],
        metric=found["metric_title"],
    )
    say("{hypothesis}", hypothesis=found["hypothesis"])
    say("Arms: {counts}", counts=found["counts"])
    for reading in found["readings"]:
        for one in reading["result"]["results"]:
            say(
                "  {at} {headline}: {words}",
                at=reading["at"],
                headline=one["headline"],
                words=one["text"],
            )
    if found["learned"]:
        say("Learned: {learned}", learned=found["learned"])


def new(
    key: str,
    title: Annotated[str, typer.Option(help="What is tried.")],
    hypothesis: Annotated[str, typer.Option(help="What is expected, and why.")],
    effect: Annotated[float, typer.Option(help="Smallest change worth having, in its unit.")],
    metric: Annotated[str, typer.Option(help="stayed, or signal:NAME.")] = "stayed",
    days: Annotated[int, typer.Option(help="Whole weeks.")] = 42,
    arms: Annotated[str, typer.Option(help="Shares, control first.")] = "control=1,treated=1",
    segment: Annotated[str, typer.Option(help="Only customers in this segment.")] = "",
    guardrail: Annotated[
        list[str] | None, typer.Option(help="Metric that must not get worse; :lower if lower is.")
    ] = None,
    lower_is_better: Annotated[bool, typer.Option("--lower-is-better")] = False,
    watched: Annotated[bool, typer.Option("--watched", help="May be looked at any time.")] = False,
) -> None:
    """Write a question down before the start, with what it needs."""
    actions = _room("actions")
    asked = actions.ExperimentPlan(
        key,
        title,
        hypothesis,
        metric,
        effect,
        days,
        _shares(arms),
        segment,
        not lower_is_better,
        {g.removesuffix(":lower"): not g.endswith(":lower") for g in guardrail or []},
        watched,
    )
    plan = actions.make(asked, ACTOR, now=_now()).plan
    say(
        "Needs {needed} accounts; there are {available}.",
        needed=plan["needed"],
        available=plan["available"],
    )
    if not plan["enough"]:
        say(
            "[yellow]Too few for the change you look for:[/] it will most likely end with too few "
            "to tell."
        )


def start(key: str) -> None:
    """Draw the arms of all customers there are."""
    _room("actions").start(key, ACTOR, now=_now())
    say("{key} runs: {counts}", key=key, counts=_room("queries").detail(key)["counts"])


def arm(key: str, account: str) -> None:
    """Which arm an account is in."""
    say("{arm}", arm=_room("actions").arm_of(key, account) or "not in it")


def look(key: str, as_json: AsJson = False) -> None:
    """Look at it, and keep what was seen."""
    seen = _room("actions").look(key, ACTOR, now=_now())
    if as_json:
        print_json(seen.result)
        return
    for one in seen.result["results"]:
        say("[bold]{headline}[/] {words}", headline=one["headline"], words=one["text"])


def stop(key: str, learned: Annotated[str, typer.Option(help="What is made of it.")]) -> None:
    """End it with what was learned."""
    _room("actions").stop(key, learned, ACTOR, now=_now())
    say(
        "{key} is over. {result}",
        key=key,
        result=_room("queries").headline(_room("queries").one(key)),
    )


def _shares(text: str) -> dict[str, float]:
    try:
        return {
            name.strip(): float(share)
            for name, share in (part.rsplit("=", 1) for part in text.split(","))
        }
    except ValueError:
        raise SpecError(
            "experiment", "arms", f"{text!r} is no split", "write control=1,treated=1"
        ) from None


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _room(name: str) -> Any:
    from importlib import import_module

    from tenure.kit.commands.boot import setup

    setup()
    return import_module(f"tenure.learning.experiments.{name}")

"""``tenure plays``: what there is, switching, trying on history, and whether they help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Name = Annotated[str, typer.Argument(help="Name of a play, as 'tenure plays list' shows it.")]


def register(app: typer.Typer) -> None:
    """Add ``plays`` and its subcommands to the command line."""
    group = typer.Typer(
        help="Plays: what is done for whom, and whether it helps.", no_args_is_help=True
    )
    group.callback()(_start)
    group.command("list")(list_plays)
    group.command("on")(on)
    group.command("pause")(pause)
    group.command("stop")(stop)
    group.command("try")(try_on_history)
    group.command("effect")(effect_of)
    app.add_typer(group, name="plays")


def _start() -> None:
    from tenure.kit.commands import boot

    boot.setup()


def list_plays(as_json: AsJson = False) -> None:
    """Every play with its state, how many are in it, and how many reached its goal lately."""
    from datetime import UTC, datetime, timedelta

    from tenure.kit.commands import output
    from tenure.plays import policy, queries
    from tenure.plays.models import OFF, PlaySwitch

    counts = queries.by_play(datetime.now(UTC) - timedelta(days=queries.LATELY))
    states = dict(PlaySwitch.objects.values_list("play", "state"))
    rows: list[dict[str, Any]] = []
    for name in policy.names():
        n = counts.get(name)
        rows.append(
            {
                "name": name,
                "title": policy.play(name).title,
                "state": states.get(name, OFF),
                "inside": n.inside if n else 0,
                "entered": n.entered if n else 0,
                "reached": n.reached if n else 0,
            }
        )
    if as_json:
        output.print_json(rows)
        return
    heads = {
        "name": "Play",
        "title": "Title",
        "state": "State",
        "inside": "In it",
        "entered": f"Entered, {queries.LATELY} days",
        "reached": "Reached",
    }
    output.print_rows(rows, heads, title="Plays", empty="There is no play.")


def on(name: Name) -> None:
    """Switch a play on (or let a paused one go on)."""
    _switch(name, "on")


def pause(name: Name) -> None:
    """Nobody enters, and nothing happens, until it goes on."""
    _switch(name, "paused")


def stop(name: Name) -> None:
    """End a play for everybody in it; what has not gone yet will not go."""
    _switch(name, "off")


def _switch(name: str, state: str) -> None:
    from datetime import UTC, datetime

    from tenure.kit.commands import output
    from tenure.plays import policy, switching

    policy.play(name)
    now, by = datetime.now(UTC), "command line"
    if state == "on":
        switching.switch_on(name, by, now=now)
        output.say("{name} is on: whoever meets its trigger from now on comes in.", name=name)
    elif state == "paused":
        switching.pause(name, by, now=now)
        output.say("{name} is paused.", name=name)
    else:
        count = switching.stop(name, by, now=now)
        output.say("{name} is off; {n} in it were taken out.", name=name, n=count)


def try_on_history(name: Name, as_json: AsJson = False) -> None:
    """Who would have entered a play over the last months. Nothing is sent."""
    from datetime import UTC, datetime

    from tenure.analytics.errors import SpecError
    from tenure.kit.commands import output
    from tenure.plays import dry_run, policy

    play = policy.play(name)
    if reason := dry_run.why_not(play):
        remedy = "switch it on with a hold-out, and see who comes in"
        raise SpecError(f"plays/{name}", "trigger", reason, remedy)
    with output.progress("Looking at one week after the other") as report:
        found = dry_run.run(play, datetime.now(UTC), report)
    if as_json:
        output.print_json(found.as_json())
        return
    rows = [{"week": day, "entered": found.by_day.get(day, 0)} for day in found.looked_at]
    heads = {"week": "Until", "entered": "Would have entered"}
    title = f"{play.title}: {found.count}"
    output.print_rows(rows, heads, title=title, empty="Nothing to look at.")


def effect_of(name: Name, as_json: AsJson = False) -> None:
    """Whether a play helps: those let in against those held out."""
    import dataclasses
    from datetime import UTC, datetime

    from tenure.kit.commands import output
    from tenure.plays import effect, policy

    play = policy.play(name)
    found = effect.of(name, play, datetime.now(UTC))
    if as_json:
        output.print_json(dataclasses.asdict(found))
        return
    if found.goal is None:
        output.say(
            "Nothing can be said yet: {n} judged, {r} on their way.",
            n=found.judged,
            r=found.running,
        )
        return
    output.say("{head} {words}", head=found.goal.headline, words=found.goal.text)
    if found.stayed is not None:
        output.say("Customers kept: {words}", words=found.stayed.text)

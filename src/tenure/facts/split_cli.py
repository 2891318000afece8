"""``tenure split``: the ids joined to a person, and a wrong merge taken apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tenure.kit.commands import operator
from tenure.kit.commands.output import print_json, say


def register(app: typer.Typer) -> None:
    """Add ``split`` to the command line."""
    app.command("split", help="List a person's joined ids; take a merge apart.")(split)


def split(
    person: Annotated[str, typer.Argument(help="A person's id, or the id to be split off.")],
    yes: Annotated[bool, typer.Option("--yes", help="Split it off.")] = False,
    allow: Annotated[
        str, typer.Option(help="Take a split from this person back: calls may join them again.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the ids as JSON.")] = False,
) -> None:
    """List the ids joined to a person; with --yes, have this id stand for itself again.

    Facts that came while the two were one stay with the person they were counted for.
    """
    from tenure.kit.commands import boot

    boot.setup()
    from tenure.facts import splitting

    now, me = datetime.now(UTC), operator.name()
    if allow:
        splitting.allow(person, allow, me, now)
        say("Calls may join {one} and {other} again.", one=person, other=allow)
    elif yes:
        was = splitting.split(person, me, now)
        say(
            "{alias} is no longer {person}. What came since {since} UTC stays"
            " with {person}; no call joins the two again.",
            alias=was.alias,
            person=was.person_id,
            since=_minute(was.linked_at),
        )
    else:
        _list_joins(person, as_json)


def _list_joins(person: str, as_json: bool) -> None:
    from tenure.facts import splitting

    joins, splits = splitting.joined(person), splitting.splits(person)
    if as_json:
        rows = [
            {"alias": j.alias, "person_id": j.person_id, "linked_at": j.linked_at.isoformat()}
            for j in joins
        ]
        apart = [
            {"alias": s.alias, "person_id": s.person_id, "split_at": s.split_at.isoformat()}
            for s in splits
        ]
        print_json({"joined": rows, "split": apart})
        return
    if not joins:
        say("{person} is joined to no other id.", person=person)
    for join in joins:
        say(
            "{alias} counts as {person} since {at} UTC. Split it off: tenure split {alias} --yes",
            alias=join.alias,
            person=join.person_id,
            at=_minute(join.linked_at),
        )
    for one in splits:
        say(
            "{alias} was split from {person} on {at} by {by}.",
            alias=one.alias,
            person=one.person_id,
            at=_minute(one.split_at),
            by=one.split_by or "unknown",
        )


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"

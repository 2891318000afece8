"""``tenure policy``: read, check and change policy from the command line."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.syntax import Syntax

from tenure.kit.commands import operator
from tenure.kit.commands.output import complain, out, print_json, print_rows, say

Name = Annotated[str, typer.Argument(help="Name of the document; see: tenure policy list.")]
Folder = Annotated[Path, typer.Argument(help="Folder of policy files.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Note = Annotated[str, typer.Option(help="Why; kept with the version.")]
Author = Annotated[str, typer.Option(help="Who; default: your login name.")]


def register(app: typer.Typer) -> None:
    """Add ``policy`` and its subcommands to the command line."""
    group = typer.Typer(
        help="Show, check, compare, apply, export and roll back policy.", no_args_is_help=True
    )
    group.callback()(_start)
    commands = (list_, show, check, diff, apply, export, history, rollback)
    for command in commands:
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="policy")


def _start() -> None:
    from tenure.kit.commands import boot

    boot.setup()


def _author(given: str) -> str:
    return given or operator.name()


def list_(as_json: Json = False) -> None:
    """List every document, and which version is in force."""
    from tenure.core import policy

    rows = [
        {
            "name": d.name,
            "title": d.title,
            "version": policy.version(d.name),
            "state": "packaged" if not policy.version(d.name) else "own",
        }
        for d in policy.documents()
    ]
    headings = {"name": "Name", "title": "Title", "version": "Version", "state": "In force"}
    print_rows(rows, headings, as_json=as_json)


def show(
    name: Name,
    version: Annotated[
        int | None, typer.Option(help="An earlier version; 0 is the packaged one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print one document as TOML."""
    from tenure.core import policy

    body = policy.text(name, version)
    if as_json:
        print_json({"name": name, "version": _number(name, version), "text": body})
    elif out.is_terminal:
        out.print(Syntax(body, "toml", background_color="default"))
    else:
        sys.stdout.write(body)


def _number(name: str, version: int | None) -> int:
    from tenure.core import policy

    return policy.version(name) if version is None else version


def check(folder: Folder, as_json: Json = False) -> None:
    """Check the files of a folder, taken together; exit code 1 if any is wrong."""
    from tenure.core import policy

    errors = policy.check(folder)
    if as_json:
        print_json([vars(error) for error in errors])
    for error in errors if not as_json else ():
        complain(f"{error.source}: {error.key}: {error.problem}", error.remedy)
    if errors:
        raise typer.Exit(1)
    if not as_json:
        say("All files hold.")


def diff(
    name: Annotated[str, typer.Argument(help="A document, or a folder of files.")],
    old: Annotated[int | None, typer.Option("--from", help="Version; default: packaged.")] = 0,
    new: Annotated[int | None, typer.Option("--to", help="Version; default: in force.")] = None,
) -> None:
    """Show what differs: a document between versions, or a folder against what is in force."""
    from tenure.core import policy

    if Path(name).is_dir():
        found = "\n".join(policy.compare(Path(name)).values())
    else:
        found = policy.diff(name, old, new)
    if not found:
        say("No difference.")
    elif out.is_terminal:
        out.print(Syntax(found, "diff", background_color="default"))
    else:
        sys.stdout.write(found + "\n")


def apply(folder: Folder, note: Note = "", author: Author = "", as_json: Json = False) -> None:
    """Put every file of a folder in force, all or none; unchanged ones stay as they are."""
    from tenure.core import policy

    changed = policy.apply(folder, _author(author), note, datetime.now(UTC))
    rows = [{"name": name, "version": number} for name, number in changed.items()]
    headings = {"name": "Changed", "version": "Version now"}
    print_rows(rows, headings, as_json=as_json, empty="Everything is in force already.")


def export(folder: Folder) -> None:
    """Write every document in force to a folder."""
    from tenure.core import policy

    written = policy.export(folder)
    say("{count} documents written to {folder}", count=len(written), folder=folder)


def history(name: Name, as_json: Json = False) -> None:
    """List the versions of a document, newest first."""
    from tenure.core import policy

    rows = [
        {
            "version": v.version,
            "at": v.at,
            "author": v.author,
            "note": v.note,
            "active": v.active,
            "packaged": not v.body,
        }
        for v in policy.versions(name)
    ]
    headings = {
        "version": "Version",
        "at": "At",
        "author": "By",
        "note": "Why",
        "active": "In force",
        "packaged": "Packaged text",
    }
    print_rows(
        rows, headings, as_json=as_json, empty="Never changed: the packaged text is in force."
    )


def rollback(
    name: Name,
    to: Annotated[int, typer.Option("--to", help="Version to go back to; 0 is the packaged one.")],
    note: Note = "",
    author: Author = "",
) -> None:
    """Put an earlier version in force again."""
    from tenure.core import policy

    number = policy.rollback(name, to, _author(author), note, datetime.now(UTC))
    say("{name} is now version {number}.", name=name, number=number)

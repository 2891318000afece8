"""tenure mail: how mails leave, a test mail, and bounces read from a mailbox."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tenure.kit.commands.output import CommandError, print_json, say

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="How mails leave, and what comes back.")
    group.command("show")(show)
    group.command("test")(test)
    group.command("bounces")(bounces)
    app.add_typer(group, name="mail")


def show(as_json: AsJson = False) -> None:
    """The way mails go, who they come from, and where the provider's notices belong."""
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.channels.mail import state

    found = state.in_force()
    if as_json:
        print_json(found)
        return
    say("Mails leave by: [bold]{way}[/]", way=found.way)
    say("They come from: {sender}", sender=found.sender)
    if found.events_url:
        say("Notices belong to: {url}", url=found.events_url)
    if found.deaf:
        say("[dim]Bounces:[/] {deaf}", deaf=found.deaf)


def test(address: Annotated[str, typer.Argument(help="Where the test mail goes.")]) -> None:
    """Send a test mail now, and say what became of it."""
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.channels.mail import trial

    receipt = trial.send(address, "command line", now=datetime.now(UTC))
    say("Taken, as {receipt}. Look into the mailbox.", receipt=receipt or "a mail without id")


def bounces(
    source: Annotated[
        str, typer.Argument(help="A file with one mail, an mbox, a Maildir, or - for a pipe.")
    ],
    believe: Annotated[
        bool,
        typer.Option(
            "--believe",
            help="Act also on reports that bring no mark of ours back. Anybody can write such.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read delivery reports (RFC 3464) and complaints (RFC 5965); each counts once."""
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.channels.mail import mailboxes, reading

    if source != "-" and not Path(source).exists():
        raise CommandError(f"{source} does not exist", "give a file, a Maildir, or - for a pipe")
    mails = (
        mailboxes.from_pipe(sys.stdin.buffer)
        if source == "-"
        else mailboxes.from_path(Path(source))
    )
    found = reading.read(mails, "command line", now=datetime.now(UTC), believe=believe)
    if as_json:
        print_json(
            {
                "mails": found.mails,
                "came": found.counts,
                "kinds": found.kinds,
                "left": [{"mail": n, "why": w} for n, w in found.left],
            }
        )
        return
    say("{n} mails read.", n=found.mails)
    for what, count in sorted(found.counts.items()):
        say("  {count:>5}  {what}", count=count, what=what)
    for name, why in found.left:
        say("  [dim]left alone:[/] {name}: {why}", name=name, why=why)

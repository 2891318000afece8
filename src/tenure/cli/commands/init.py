"""``tenure init``: a workspace that somebody can sign in to and that SDKs can send to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tenure.kit.commands import operator
from tenure.kit.commands.output import CommandError, print_json, say

ANSWER = "give --email and --password-stdin, with the password on standard input"
NEXT_STEPS = """
[bold]Your workspace is ready.[/]
  Folder      {home}
  Admin       {email}
  Write key   {key}   [dim](shown once; for SDKs)[/]

[bold]Next[/]
  tenure serve                          open http://localhost:8000 and sign in
  tenure import accounts accounts.csv   bring in what you know
  tenure score && tenure validate       score, and see whether the score tells of churn
"""


def register(app: typer.Typer) -> None:
    """Add ``init`` to the command line."""
    app.command("init")(init)


def init(
    email: Annotated[str, typer.Option(help="Mail address of the first admin.")] = "",
    name: Annotated[str, typer.Option(help="Their name.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make the workspace, its first admin and its first write key.

    Asks for what is not given. The folder is TENURE_HOME (default ./tenure-data).
    """
    from tenure.kit.commands import boot

    boot.setup(makes=True)
    from tenure.core import keys, team, workspace

    if not team.is_new():
        raise CommandError(
            f"the workspace {workspace.current().home} already has its first admin",
            "start it with 'tenure serve', or set TENURE_HOME to another folder",
        )
    email = email or _ask("Mail address of the first admin")
    password = _password(password_stdin)
    now = datetime.now(UTC)
    admin = team.make_first_admin(email, password, name, now=now)
    _, key = keys.make_key("first write key", keys.INGEST, by=admin, now=now)
    made = {"home": str(workspace.current().home), "email": admin.email, "key": key}
    if as_json:
        print_json(made)
    else:
        say(NEXT_STEPS, **made)


def _ask(question: str) -> str:
    operator.refuse_without_terminal(ANSWER)
    return str(typer.prompt(question))


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        operator.refuse_without_terminal(ANSWER)
    return operator.password(from_stdin=from_stdin)

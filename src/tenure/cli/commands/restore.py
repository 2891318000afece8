"""``tenure restore``: a backup put back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tenure.kit.commands.output import CommandError, print_json, progress, say


def register(app: typer.Typer) -> None:
    """Add ``restore`` to the command line."""
    app.command("restore")(restore)


def restore(
    file: Annotated[Path, typer.Argument(help="A file written by tenure backup.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace a workspace that is not empty.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put a backup back into the workspace folder; every file is checked first.

    With --force, what is there is moved into a folder restored-over-TIME inside the workspace
    (state in PostgreSQL is replaced). Stop the server first.
    """
    from tenure.cli import archive
    from tenure.core import workspace

    if not file.is_file():
        raise CommandError(f"{file} is no file", "name a file written by 'tenure backup'")
    home = workspace.current().home
    with progress("Restoring") as report:
        manifest = archive.restore(
            file,
            home,
            database_url=os.environ.get("DATABASE_URL", ""),
            force=force,
            now=datetime.now(UTC),
            progress=report,
        )
    from tenure.kit.commands import boot

    boot.setup(makes=True)
    made = {"home": str(home), "made_at": manifest["made_at"], "lake": manifest["lake"]}
    if as_json:
        print_json(made)
    else:
        say("{home} is now as it was at {made_at}. Start it with: tenure serve", **made)

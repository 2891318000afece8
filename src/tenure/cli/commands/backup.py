"""``tenure backup``: the whole workspace in one file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tenure.kit.commands.output import print_json, progress, say


def register(app: typer.Typer) -> None:
    """Add ``backup`` to the command line."""
    app.command("backup")(backup)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the whole workspace to one file; a server may be running.

    Holds state, facts and the signing key, so keep it as safe as the workspace itself.
    """
    from tenure.kit.commands import boot

    boot.setup()
    from tenure.cli import archive
    from tenure.core import operations, workspace

    with progress("Backing up") as report:
        manifest = archive.backup(
            workspace.current().home,
            file.expanduser().absolute(),
            database_url=os.environ.get("DATABASE_URL", ""),
            pages=operations.current().backup.state_pages_per_step,
            now=datetime.now(UTC),
            progress=report,
        )
    size = file.stat().st_size
    if as_json:
        print_json({**manifest, "files": len(manifest["files"]), "bytes": size})
    else:
        megabytes = f"{size / 1e6:.1f}"
        say(
            "{file} written: {count} files, {size} MB. Put it back with: tenure restore {file}",
            file=file,
            count=len(manifest["files"]),
            size=megabytes,
        )

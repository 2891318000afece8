"""``tenure erase``: export or erase all data of a person."""

from __future__ import annotations

import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.kit.commands import operator
from tenure.kit.commands.output import CommandError, print_json, say


def register(app: typer.Typer) -> None:
    """Add ``erase`` to the command line."""
    app.command("erase", help="Export or erase all data of a person.")(erase)


def erase(
    person: Annotated[str, typer.Argument(help="The person's id, anonymous id or mail address.")],
    export_first: Annotated[
        Path | None, typer.Option(help="Write all of it to this .json or .zip file before.")
    ] = None,
    export_only: Annotated[
        bool, typer.Option("--export-only", help="Only write the file; erase nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Erase a person from the workspace. Accounts keep their counts under a random pseudonym."""
    from tenure.kit.commands import boot

    boot.setup()
    from tenure.facts import erasure

    now, me = datetime.now(UTC), operator.name()
    if export_only and not export_first:
        raise CommandError("--export-only needs a file", "name it with --export-first FILE")
    if export_first:
        _write(export_first, erasure.export_person(person, me, now))
        say("All that is known of the person is in {file}.", file=export_first)
    if export_only:
        return
    if not yes and not typer.confirm("Erase this person for good?"):
        raise typer.Exit(1)
    record = erasure.erase_person(person, me, now)
    _tell(record, as_json)


def _write(path: Path, found: dict[str, Any]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        if path.suffix.lower() != ".zip":
            file.write(json.dumps(found, indent=2, ensure_ascii=False).encode())
            return
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, part in found.items():
                archive.writestr(f"{name}.json", json.dumps(part, indent=2, ensure_ascii=False))


def _tell(record: Any, as_json: bool) -> None:
    if as_json:
        print_json(
            {"id": record.pk, "person_digest": record.person_digest, "counts": record.counts}
        )
        return
    touched = ", ".join(f"{n:,} {what}" for what, n in record.counts.items() if n) or "nothing"
    say("Erased; changed: {touched}. Record {id} names nobody.", touched=touched, id=record.pk)
    say("Backups made before still hold the data: delete them, or erase again after a restore.")

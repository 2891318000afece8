"""``tenure key``: keys for SDKs and scripts, from the machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tenure.kit.commands import operator
from tenure.kit.commands.output import CommandError, print_json, print_rows, say

COLUMNS = {
    "id": "Id",
    "name": "Name",
    "scope": "Good for",
    "role": "Role",
    "prefix": "Begins with",
    "last_used_at": "Last used",
    "revoked_at": "Revoked",
}
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``key`` to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys.")
    for command in (add, listed, revoke):
        group.command("list" if command is listed else command.__name__)(command)
    app.add_typer(group, name="key")


def add(
    role: Annotated[
        str, typer.Option(help="What an API key may do. Without it: a write key for SDKs.")
    ] = "",
    name: Annotated[str, typer.Option(help="Who uses it.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    _setup()
    from tenure.core import keys

    scope = keys.API if role else keys.INGEST
    called = name or (f"API, {role}" if role else "write key")
    made, plain = keys.make_key(called, scope, role=role, by=operator.name(), now=datetime.now(UTC))
    if as_json:
        print_json({"id": made.pk, "name": made.name, "scope": scope, "role": role, "key": plain})
    else:
        say("{key}", key=plain)


def listed(as_json: Json = False) -> None:
    """List keys; their texts are kept nowhere."""
    _setup()
    from tenure.core.models import ApiKey

    rows: list[dict[str, Any]] = list(ApiKey.objects.order_by("pk").values(*COLUMNS))
    print_rows(rows, COLUMNS, as_json=as_json, empty="No key yet: make one with tenure key add.")


def revoke(number: Annotated[int, typer.Argument(metavar="ID", help="Id in the list.")]) -> None:
    """End a key: an API key at once, a write key within five seconds."""
    _setup()
    from tenure.core import keys
    from tenure.core.models import ApiKey

    try:
        key = keys.revoke(number, by=operator.name(), now=datetime.now(UTC))
    except ApiKey.DoesNotExist:
        raise CommandError(f"there is no key {number}", "see tenure key list") from None
    say("The key {name} no longer works.", name=key.name)


def _setup() -> None:
    from tenure.kit.commands import boot

    boot.setup()

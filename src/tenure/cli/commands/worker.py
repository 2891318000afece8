"""``tenure worker``: one more worker on the same workspace."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``worker`` to the command line."""
    app.command("worker")(worker)


def worker(
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Flush, resolve, compact and do jobs until interrupted. Several may share a workspace."""
    from tenure.kit.commands import boot

    boot.setup()
    from tenure.web.server import work

    work(parent)

"""``tenure serve``: pages, API and ingestion, with a worker beside them."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``serve`` to the command line."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    worker: Annotated[bool, typer.Option(help="Run a worker beside the server.")] = True,
) -> None:
    """Serve pages, API and ingestion until interrupted."""
    from tenure.kit.commands import boot
    from tenure.kit.commands.output import err

    boot.setup()
    check_free(host, port)
    shown = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - only shown
    from django.conf import settings

    scheme = "https" if settings.TLS_CERT else "http"
    err.print(f"Tenure serves on [bold]{scheme}://{shown}:{port}[/]  (stop with Ctrl-C)")
    from tenure.web.server import serve as run

    run(host, port, with_worker=worker)


def check_free(host: str, port: int) -> None:
    """Say so before anything starts when the port is taken."""
    import socket

    from tenure.kit.commands.output import CommandError

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"cannot listen on {host}:{port}: {error.strerror}",
                "stop what uses that port, or choose another with --port",
            ) from error

"""``tenure demo``: a simulated company to try everything on, in a workspace of its own."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.kit.commands.output import CommandError, progress, say

DEFAULT_HOME = "tenure-data-demo"
WELCOME = """
[bold]{company} is a simulated company[/]; its data ends on {end}. Workspace: {home}

  Open      http://127.0.0.1:{port}
  Sign in   {admin}, password {password}   [dim](admin)[/]
            {csm}, password {password}   [dim](customer success manager)[/]
"""


def register(app: typer.Typer) -> None:
    """Add ``demo`` to the command line."""
    app.command("demo")(demo)


def demo(
    home: Annotated[
        Path | None,
        typer.Option(help=f"Folder of the workspace; default TENURE_HOME, else ./{DEFAULT_HOME}."),
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve afterwards.")] = True,
    accounts: Annotated[
        int | None, typer.Option(min=50, max=20_000, help="Number of accounts; default 600.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the simulation.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Fill a workspace with two simulated years of a company, score, validate and serve it.

    The second time it starts at once with what is there. A workspace with data of your own is
    never touched.
    """
    folder = (home or Path(os.environ.get("TENURE_HOME") or DEFAULT_HOME)).expanduser().resolve()
    started = time.perf_counter()
    mark = _prepare(folder, accounts, seed)
    from tenure.demo import seed as seeding
    from tenure.demo.company import load

    company = load()
    if not mark.done:
        work = seeding.Seeding(folder, company, mark, datetime.now(UTC))
        _carry_out(work)
        say("[dim]Done in {s} s.[/]", s=f"{time.perf_counter() - started:.1f}")
    csm = next(c for c in company.team if c.role == "csm")
    say(
        WELCOME,
        company=company.name,
        end=mark.end,
        home=folder,
        port=port,
        admin=company.team[0].email,
        csm=csm.email,
        password=seeding.PASSWORD,
    )
    if serve:
        from tenure.cli.commands.serve import serve as start

        start(host, port, True)
    else:
        say("Start it with [bold]tenure demo --home {home}[/]", home=folder)


def _prepare(folder: Path, accounts: int | None, seed: int | None) -> Any:
    """The mark of the workspace, made where there is none yet; refuses one that is not a demo."""
    from tenure.demo import marker
    from tenure.demo.company import load

    mark = marker.read(folder)
    if mark is None and folder.is_dir() and any(folder.iterdir()):
        raise CommandError(
            f"{folder} is not empty and is no demo workspace: the demo would mix with your data",
            "choose another folder with --home",
        )
    _refuse_other(folder, mark, accounts, seed)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["TENURE_HOME"] = str(folder)
    from tenure.kit.commands import boot

    boot.setup()
    if mark is None:
        _refuse_shared_database()
        company = load()
        today = datetime.now(UTC).date().isoformat()
        chosen = company.seed if seed is None else seed
        mark = marker.Marker(company.name, chosen, accounts or company.accounts, today)
        marker.write(folder, mark)
    return mark


def _refuse_other(folder: Path, mark: Any, accounts: int | None, seed: int | None) -> None:
    if mark is None:
        return
    wanted = (accounts or mark.accounts, mark.seed if seed is None else seed)
    if wanted != (mark.accounts, mark.seed):
        raise CommandError(
            f"{folder} holds the demo with {mark.accounts} accounts and seed {mark.seed}",
            "start it without --accounts and --seed, or choose another folder with --home",
        )


def _refuse_shared_database() -> None:
    """A fresh folder on a database (DATABASE_URL) that others use is not a fresh workspace."""
    from tenure.core import team

    if not team.is_new():
        raise CommandError(
            "the database in DATABASE_URL already holds a workspace",
            "unset DATABASE_URL, or name an empty database",
        )


def _carry_out(work: Any) -> None:
    for step in work.steps():
        began = time.perf_counter()
        with progress(step.title) as report:
            outcome = step.run(report)
        seconds = f"{time.perf_counter() - began:5.1f} s"
        say(
            "[green]✓[/] {title} [dim]{took}[/]  {outcome}",
            title=step.title,
            took=seconds,
            outcome=outcome,
        )
    work.finish()

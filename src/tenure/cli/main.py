"""The command ``tenure``. Each command is a module that exposes ``register(app)``.

Only the module of the command that was asked for is imported, so that ``tenure --help`` is quick.
To add a command: write its module, then name it in its slice's ``slice.py``.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from tenure import __version__
from tenure.core.slices import Command
from tenure.slices import SLICES

OWN = (
    Command("demo", "commands.demo", "Try everything on a simulated company.", 10),
    Command(
        "init", "commands.init", "Make the workspace, its first admin and first write key.", 20
    ),
    Command("serve", "commands.serve", "Serve pages, API and ingestion.", 30),
    Command("worker", "commands.worker", "Run one more worker on the workspace.", 40),
    Command("user", "commands.user", "Add colleagues, change roles and passwords.", 42),
    Command("key", "commands.key", "Make, list and revoke keys for SDKs and scripts.", 44),
    Command("policy", "commands.policy", "Show, check, compare, apply, roll back policy.", 50),
    Command("doctor", "commands.doctor", "Check the workspace and say how to repair it.", 290),
    Command("backup", "commands.backup", "Write the whole workspace to one file.", 300),
    Command("restore", "commands.restore", "Put a backup back.", 310),
)
"""Commands about the workspace as a whole; the others belong to slices."""


def commands() -> dict[str, tuple[str, str]]:
    """Every command with its module and its line of help, in the order of the help."""
    known = [(c, f"tenure.cli.{c.module}") for c in OWN]
    known += [(c, f"{one.package}.{c.module}") for one in SLICES for c in one.commands]
    known.sort(key=lambda pair: pair[0].place)
    return {command.name: (module, command.help) for command, module in known}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 well, 1 a finding or failure, 2 wrong input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "--debug" in given:
        os.environ["TENURE_DEBUG"] = "1"
        given = [word for word in given if word != "--debug"]
    try:
        build(given)(args=given, prog_name="tenure")
    except Exception as error:
        if os.environ.get("TENURE_DEBUG"):
            raise
        sys.exit(explain(error))


def build(given: list[str]) -> typer.Typer:
    """The application, with the command in ``given`` in full and all others by name only."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    wanted = next((word for word in given if not word.startswith("-")), None)
    for name, (module, help_line) in commands().items():
        if name == wanted:
            import_module(module).register(app)
        else:
            app.command(name, help=help_line)(_nothing)
    return app


def _nothing() -> None:
    """Stands for a command that was not asked for."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tenure {__version__}")
        raise typer.Exit


def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show version.")
    ] = False,
) -> None:
    """Tenure: health and churn-risk scores that are proven against real churn.

    The workspace is the folder in TENURE_HOME (default ./tenure-data).
    """


def explain(error: Exception) -> int:
    """Say what went wrong in one line with its remedy; gives the exit code."""
    from tenure.analytics.errors import SpecError
    from tenure.kit.commands.output import EXIT_WRONG_INPUT, CommandError, complain

    if isinstance(error, SpecError):
        complain(f"{error.source}: {error.key}: {error.problem}", error.remedy)
    elif isinstance(error, CommandError):
        complain(error.message, error.remedy)
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}", _os_remedy(error))
    elif type(error).__module__.startswith(("django.db", "sqlite3", "psycopg")):
        complain(f"state database: {error}", "run 'tenure doctor'")
        return 1
    else:
        complain(f"{type(error).__name__}: {error}", "run again with --debug and report it")
        return 1
    return EXIT_WRONG_INPUT


def _os_remedy(error: OSError) -> str:
    import errno

    if error.errno == errno.ENOSPC:
        return "free space on the disk of the workspace, then run the command again"
    return "check that the path exists and that you may use it"


if __name__ == "__main__":
    main()

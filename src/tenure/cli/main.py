"""The command ``tenure``. Each command is one file in ``commands`` that exposes ``register(app)``.

Only the file of the command that was asked for is imported, so that ``tenure --help`` is quick.
To add a command: write its file, then add its line to COMMANDS.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from tenure import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    # command: (module in tenure.cli.commands, help line)
    "demo": ("demo", "Try everything on a simulated company."),
    "init": ("init", "Make the workspace, its first admin and its first write key."),
    "serve": ("serve", "Serve pages, API and ingestion."),
    "worker": ("worker", "Run one more worker on the workspace."),
    "policy": ("policy", "Show, check, compare, apply, export and roll back policy."),
    "import": ("import_", "Import a CSV, JSON Lines or Parquet file into a table."),
    "export": ("export", "Write a table, scores or signals as CSV, Parquet or JSON Lines."),
    "erase": ("erase", "Export or erase all data of a person."),
    "metrics": ("metrics", "MRR movements, churn and retention, month by month."),
    "board": ("board", "Figures against their targets, with trend and status."),
    "cohorts": ("cohorts", "Retention of the accounts won each month."),
    "ltv": ("ltv", "Lifetime value by the equation and by survival."),
    "onboarding": ("onboarding", "Milestones, activation, first value, and who is late."),
    "signals": ("signals", "List, explain, compute and check signals."),
    "indicators": ("indicators", "Leading indicators: figures, what was expected, alerts."),
    "score": ("score", "Score every account, as of now or a past day."),
    "validate": ("validate", "Hold past scores against the churn that really happened."),
    "model": ("model", "Try a changed health model on history; have a better one proposed."),
    "experiment": ("experiment", "Size an experiment, and judge it from a file."),
    "tasks": ("tasks", "List tasks, end and snooze them."),
    "plays": ("plays", "List plays, switch them, try them on history, tell their effect."),
    "portfolio": ("portfolio", "Load, touches owed, cost to serve, and who would get what."),
    "mail": ("mail", "How mails leave, a test mail, and bounces from a mailbox."),
    "cancel": ("cancel", "The cancel flow: saves, visits, what waits for billing, links."),
    "churned": ("churned", "Accounts that left: why, and whether it could have been prevented."),
    "dunning": ("dunning", "Payments that failed: cases, next steps, recovery."),
    "stripe": ("stripe", "Stripe: connection, history, missed notices."),
    "audit": ("audit", "Look for known faults of customer success in your own data."),
    "doctor": ("doctor", "Check the workspace and say how to repair what is wrong."),
    "backup": ("backup", "Write the whole workspace to one file."),
    "restore": ("restore", "Put a backup back."),
}


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
    for name, (module, help_line) in COMMANDS.items():
        if name == wanted:
            import_module(f"tenure.cli.commands.{module}").register(app)
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
    from tenure.cli.output import EXIT_WRONG_INPUT, CommandError, complain

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

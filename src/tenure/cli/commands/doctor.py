"""``tenure doctor``: is the workspace well, and if not, what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from tenure.cli.output import out, print_json


def register(app: typer.Typer) -> None:
    """Add ``doctor`` to the command line."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the workspace and say how to repair what is wrong; exit code 1 if something is."""
    from tenure.cli import boot

    boot.setup(migrate=False)
    from tenure.cli.doctor import Finding, Level, examine, worst
    from tenure.core import workspace

    marks = {Level.OK: "[green]ok[/]  ", Level.WARN: "[yellow]warn[/]", Level.FAIL: "[red]FAIL[/]"}

    def show(finding: Finding) -> None:
        out.print(f"{marks[finding.level]}  {finding.check:<11} {escape(finding.text)}")
        if finding.remedy:
            out.print(f"      {'':<11} [dim]To fix:[/] {escape(finding.remedy)}")

    findings = []
    for finding in examine(workspace.current().home, datetime.now(UTC)):
        findings.append(finding)
        if not as_json:
            show(finding)
    if as_json:
        print_json([{**vars(f), "level": f.level.name.lower()} for f in findings])
    if worst(findings) >= Level.FAIL:
        raise typer.Exit(1)

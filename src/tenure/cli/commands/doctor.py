"""``tenure doctor``: is the workspace well, and if not, what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tenure.kit.commands.output import out, print_json

if TYPE_CHECKING:
    from tenure.core.doctor import Finding


def register(app: typer.Typer) -> None:
    """Add ``doctor`` to the command line."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every data file, and compare all state.")
    ] = False,
    heal: Annotated[
        bool, typer.Option("--heal", help="First bring state in step with the facts.")
    ] = False,
) -> None:
    """Check the workspace and say how to repair what is wrong; exit code 1 if something is."""
    from tenure.kit.commands import boot

    boot.setup(migrate=False)
    from tenure.cli.doctor import Level, examine, worst
    from tenure.core import workspace

    marks = {Level.OK: "[green]ok[/]  ", Level.WARN: "[yellow]warn[/]", Level.FAIL: "[red]FAIL[/]"}

    def show(finding: Finding) -> None:
        out.print(f"{marks[finding.level]}  {finding.check:<11} {escape(finding.text)}")
        if finding.remedy:
            out.print(f"      {'':<11} [dim]To fix:[/] {escape(finding.remedy)}")

    now = datetime.now(UTC)
    findings = _healed(now) if heal else []
    for finding in findings if not as_json else ():
        show(finding)
    for finding in examine(workspace.current().home, now, deep=deep):
        findings.append(finding)
        if not as_json:
            show(finding)
    if as_json:
        print_json([{**vars(f), "level": f.level.name.lower()} for f in findings])
    if worst(findings) >= Level.FAIL:
        raise typer.Exit(1)


def _healed(now: datetime) -> list[Finding]:
    """Bring state in step with all facts there are; says what was missed."""
    from tenure.core.doctor import Finding, Level
    from tenure.facts import healing

    missed = {name: n for name, n in healing.sweep(healing.SweepScope(now)).items() if n}
    told = ", ".join(f"{name} {n:,}" for name, n in missed.items()) or "nothing was missed"
    return [Finding("healed", Level.OK, told)]

"""tenure audit: which known faults of customer success does this workspace show?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.kit.commands.output import CommandError, print_json, say

if TYPE_CHECKING:
    from tenure.learning.practice_audit.finding import Finding

STYLES = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "cyan"}
STATES = {
    "open": "open",
    "accepted": "accepted",
    "passed": "passed",
    "not_assessed": "not assessed",
}
NAMED = 5
"""Accounts named on the terminal; --json has more."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("audit")(audit)


def audit(
    fail_on: Annotated[
        str,
        typer.Option("--fail-on", help="critical, high, medium or low; default: by policy."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look for known faults in the workspace's own data and policies, and keep what was found.

    Exit code 1 if a finding of the severity of --fail-on or a graver one is open.
    """
    from datetime import UTC, datetime

    from tenure.kit.commands.boot import setup

    setup()
    from tenure.learning.practice_audit import actions, documents, queries
    from tenure.learning.practice_audit.finding import SEVERITIES, counts, failing

    least = next(
        (s for s in SEVERITIES if s == (fail_on or documents.current().running.fail_on)), None
    )
    if least is None:
        raise CommandError(f"--fail-on: {fail_on!r} is no severity", f"use {', '.join(SEVERITIES)}")
    now = datetime.now(UTC)
    findings = queries.judged(actions.run(now), now)
    failed = failing(findings, least)
    if as_json:
        print_json(
            {
                "at": now,
                "fail_on": least,
                "failed": bool(failed),
                "counts": counts(findings),
                "findings": [f.to_dict() for f in findings],
            }
        )
    else:
        _show(findings)
        _close(counts(findings), len(failed), least)
    if failed:
        raise typer.Exit(1)


def _show(findings: list[Finding]) -> None:
    for finding in findings:
        style = STYLES[finding.severity] if finding.state == "open" else "dim"
        say(
            f"[{style}]{finding.severity:<8}[/] {STATES[finding.state]:<12} [bold]{{title}}[/]"
            " [dim]{key}[/]",
            title=finding.title,
            key=finding.key,
        )
        say("    {evidence}", evidence=finding.evidence)
        if finding.state == "open":
            _behind(finding)
            say("    [dim]To fix:[/] {remedy} {link}", remedy=finding.remedy, link=finding.link)
        if finding.acceptance:
            told = finding.acceptance
            say(
                "    [dim]Accepted by {who} until {until}:[/] {why}",
                who=told["author"],
                until=told["until"][:10],
                why=told["reason"],
            )


def _behind(finding: Finding) -> None:
    if not finding.accounts:
        return
    more = finding.accounts_total - NAMED
    say(
        "    [dim]Accounts:[/] {names}{more}",
        names=", ".join(finding.accounts[:NAMED]),
        more=f" and {more} more" if more > 0 else "",
    )


def _close(found: dict[str, int], failed: int, least: str) -> None:
    say(
        "\n{open} open, {accepted} accepted, {passed} passed, {unknown} not assessed; "
        "{failed} open from {least} on.",
        open=found["open"],
        accepted=found["accepted"],
        passed=found["passed"],
        unknown=found["not_assessed"],
        failed=failed,
        least=least,
    )

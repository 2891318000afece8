"""Who runs a command, as the audit trail names them: whoever is on the machine may all."""

from __future__ import annotations

import getpass
import sys

import typer

from tenure.kit.commands.output import CommandError


def name() -> str:
    """The account on this machine."""
    return f"{getpass.getuser()} (command line)"


def password(*, from_stdin: bool, question: str = "Password") -> str:
    """A password from standard input, or asked for twice on a terminal; CommandError without."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    refuse_without_terminal("give --password-stdin, with the password on standard input")
    return str(typer.prompt(question, hide_input=True, confirmation_prompt=True))


def refuse_without_terminal(remedy: str) -> None:
    """CommandError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise CommandError("there is no terminal to ask on", remedy)

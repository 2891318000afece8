"""``tenure user``: colleagues, from the machine: also for the admin who lost their password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tenure.kit.commands import operator
from tenure.kit.commands.output import CommandError, print_json, print_rows, say

COLUMNS = {
    "email": "Mail address",
    "name": "Name",
    "role": "Role",
    "active": "Active",
    "second_factor": "Second factor",
    "last_login": "Last signed in",
}
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Email = Annotated[str, typer.Argument(help="Their mail address.")]


def register(app: typer.Typer) -> None:
    """Add ``user`` to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Add colleagues, change roles and passwords.")
    for command in (add, role, password, listed):
        group.command("list" if command is listed else command.__name__)(command)
    app.add_typer(group, name="user")


def add(
    email: Email,
    role: Annotated[str, typer.Option(help="Their role: see tenure policy show roles.")],
    name: Annotated[str, typer.Option(help="Their name.")] = "",
    password_stdin: Stdin = False,
    as_json: Json = False,
) -> None:
    """Add a colleague; without a password, prints the link where they set one."""
    _setup()
    from django.db import transaction

    from tenure.core import team

    now, by = datetime.now(UTC), operator.name()
    secret = operator.password(from_stdin=True) if password_stdin else ""
    with transaction.atomic():
        user, path = team.invite(email, role, name, by=by, now=now)
        if password_stdin:
            team.set_password(user, secret, by=by, now=now)
    made = {"email": user.email, "role": user.role}
    made |= {} if password_stdin else {"link": _address(path)}
    if as_json:
        print_json(made)
    elif password_stdin:
        say("{email} is in the team as {role}.", **made)
    else:
        say("{email} is in the team as {role}. They set a password at:\n{link}", **made)


def role(
    email: Email,
    role: Annotated[str, typer.Argument(help="Their new role: see tenure policy show roles.")],
) -> None:
    """Give a colleague another role."""
    _setup()
    from tenure.core import team

    user = _one(email)
    changed = team.change_role(user.pk, role, by=operator.name(), now=datetime.now(UTC))
    say("{email} has the role {role}.", email=changed.email, role=changed.role)


def password(
    email: Email,
    password_stdin: Stdin = False,
    link: Annotated[
        bool, typer.Option("--link", help="Print a link where they set it themselves.")
    ] = False,
    without_second_factor: Annotated[
        bool, typer.Option("--without-second-factor", help="Remove their second factor, too.")
    ] = False,
) -> None:
    """Set a colleague's password: they are let in at once, however often they tried in vain."""
    _setup()
    from tenure.core import team

    user, now, by = _one(email), datetime.now(UTC), operator.name()
    if link:
        path = team.new_link(user, by=by, now=now)
    else:
        secret = operator.password(from_stdin=password_stdin, question=f"Password of {user.email}")
        team.set_password(user, secret, by=by, now=now)
        _let_in(user.email)
    if without_second_factor:
        _forget_second_factor(user, by, now)
    if link:
        say("{email} sets a password at:\n{link}", email=user.email, link=_address(path))
    else:
        say("{email} signs in with the new password.", email=user.email)


def listed(as_json: Json = False) -> None:
    """List colleagues, also those who left."""
    _setup()
    from allauth.mfa.models import Authenticator

    from tenure.core.models import User

    second = set(Authenticator.objects.values_list("user_id", flat=True))
    rows: list[dict[str, Any]] = [
        {
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "active": user.is_active,
            "second_factor": user.pk in second,
            "last_login": user.last_login,
        }
        for user in User.objects.order_by("-is_active", "email")
    ]
    print_rows(rows, COLUMNS, as_json=as_json, empty="Nobody yet: run 'tenure init'.")


def _setup() -> None:
    from tenure.kit.commands import boot

    boot.setup()


def _one(email: str) -> Any:
    from tenure.core.models import User

    found = User.objects.filter(email=email.strip().lower()).first()
    if found is None:
        raise CommandError(f"nobody in the team has the address {email}", "see tenure user list")
    return found


def _address(path: str) -> str:
    from django.conf import settings

    return f"{settings.PUBLIC_URL}{path}"


def _let_in(email: str) -> None:
    """Wrong passwords tried so far are forgotten."""
    from axes.utils import reset

    reset(username=email)


def _forget_second_factor(user: Any, by: str, now: datetime) -> None:
    from allauth.mfa.models import Authenticator
    from django.db import transaction

    from tenure.core import audit

    with transaction.atomic():
        if Authenticator.objects.filter(user=user).delete()[0]:
            audit.record(by, "team.second_factor_removed", "user", user.email, now=now)

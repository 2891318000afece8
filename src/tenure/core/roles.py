"""Roles and what they may do. The table itself is ``roles.toml`` (policy document ``roles``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from pydantic import BaseModel, ConfigDict

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.core import policy

ADMIN = "admin"
DOCUMENT = "roles"
DEFAULT = Path(__file__).with_name("roles.toml")
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Role(BaseModel):
    """One role: its title, what it is for, and its permissions (``*`` is all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    description: str = ""
    permissions: frozenset[str]


class RoleTable(BaseModel):
    """All permissions with their meaning, and all roles."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    permissions: dict[str, str]
    roles: dict[str, Role]

    def granted(self, role: str) -> frozenset[str]:
        """The permissions of ``role``; an unknown role has none."""
        if role not in self.roles:
            return frozenset()
        listed = self.roles[role].permissions
        return frozenset(self.permissions) if "*" in listed else listed


def parse(source: str, text: str) -> RoleTable:
    """The role table in ``text``, refused if it names unknown permissions or disarms the admin."""
    table = toml.parse(RoleTable, source, toml.read(source, text))
    known = toml.parse(RoleTable, source, toml.read(source, DEFAULT.read_text())).permissions
    _refuse_unknown(source, "permissions", set(table.permissions) - set(known))
    # A table saved before a permission was invented stays good: only who may all has it.
    table = table.model_copy(update={"permissions": {**known, **table.permissions}})
    for name, role in table.roles.items():
        _refuse_unknown(source, f"roles.{name}.permissions", role.permissions - {*known, "*"})
    if table.granted(ADMIN) != frozenset(known):
        raise SpecError(
            source, "roles.admin", "lacks permissions", 'give the admin permissions = ["*"]'
        )
    return table


def _refuse_unknown(source: str, key: str, names: set[str] | frozenset[str]) -> None:
    if names:
        raise SpecError(
            source,
            key,
            f"unknown: {', '.join(sorted(names))}",
            "use the permissions of the packaged table",
        )


def table() -> RoleTable:
    """The table in force."""
    found: RoleTable = policy.load(DOCUMENT)
    return found


def names() -> list[str]:
    """Keys of all roles, most powerful first."""
    return list(table().roles)


def permissions_of(who: Any) -> frozenset[str]:
    """What ``who`` may do: a user, an API key, or None. Read once per request's object."""
    if who is None or not getattr(who, "is_active", False):
        return frozenset()
    known: frozenset[str] | None = getattr(who, "_tenure_permissions", None)
    if known is None:
        known = table().granted(who.role)
        who._tenure_permissions = known
    return known


def has(who: Any, permission: str) -> bool:
    """Whether ``who`` may do ``permission``."""
    return permission in permissions_of(who)


def refuse_grant(by: object, role: str) -> None:
    """PermissionDenied unless ``by`` has every permission of ``role``: nobody gives a colleague or
    a key more than they have, nor lays hands on who has more. A plain name is the operator."""
    if policy.is_operator(by):
        return
    lacks = table().granted(role) - permissions_of(by)
    if lacks:
        raise PermissionDenied(
            f"the role {role} has permissions that yours lacks: {_listed(lacks)}"
        )


def grantable(by: object) -> dict[str, str]:
    """Name and title of the roles that ``by`` may give: those with no permission they lack."""
    known, own = table(), permissions_of(by)
    return {n: role.title for n, role in known.roles.items() if known.granted(n) <= own}


def refuse_raise(by: object, before: RoleTable, after: RoleTable) -> None:
    """PermissionDenied if the table ``after`` gives any role a permission that ``by`` lacks."""
    own = permissions_of(by)
    for name in after.roles:
        lacks = after.granted(name) - before.granted(name) - own
        if lacks:
            raise PermissionDenied(
                f"the role {name} would get permissions that yours lacks: {_listed(lacks)}"
            )


def _listed(permissions: frozenset[str]) -> str:
    return ", ".join(sorted(permissions))


def needs(permission: str) -> Callable[[View], View]:
    """A view that answers 403 unless the signed-in colleague has ``permission``."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not has(request.user, permission):
                raise PermissionDenied(f"your role does not have the permission {permission}")
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Roles",
            DEFAULT,
            parse,
            "Who may see and do what.",
            guard=refuse_raise,
            permission=policy.GOVERN,
        ),
    )

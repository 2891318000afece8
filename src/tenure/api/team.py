"""Colleagues and their roles."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.core import roles, team
from tenure.core.models import User
from tenure.kit.rest.auth import caller
from tenure.kit.rest.paging import BIGINT
from tenure.kit.rest.routing import Endpoints

endpoints = Endpoints("team")


class ColleagueOut(Schema):
    """A colleague."""

    id: int
    email: str
    name: str
    role: str
    is_active: bool
    last_login: datetime | None = None


class RoleOut(Schema):
    """A role and what it may do."""

    name: str
    title: str
    description: str
    permissions: list[str]


class InviteIn(Schema):
    """Who to invite."""

    email: str = Field(max_length=254)
    role: str = Field(max_length=40)
    name: str = Field("", max_length=200)


class InvitedOut(Schema):
    """The new colleague, and the one-time path of the page where they set a password."""

    colleague: ColleagueOut
    set_password_path: str


class ChangeIn(Schema):
    """What to change; leave out what stays."""

    role: str | None = Field(None, max_length=40)
    is_active: bool | None = None


class LinkOut(Schema):
    """A fresh one-time path."""

    set_password_path: str


@endpoints.get("", "team.view", list[ColleagueOut])
def list_team(request: HttpRequest) -> list[User]:
    """Every colleague, also those who left."""
    return list(User.objects.order_by("email"))


@endpoints.get("/roles", "team.view", list[RoleOut])
def list_roles(request: HttpRequest) -> list[dict[str, object]]:
    """Roles and their permissions."""
    table = roles.table()
    return [
        {
            "name": name,
            "title": role.title,
            "description": role.description,
            "permissions": sorted(table.granted(name)),
        }
        for name, role in table.roles.items()
    ]


@endpoints.post("", "team.manage", InvitedOut)
def invite(request: HttpRequest, data: InviteIn) -> dict[str, object]:
    """Invite a colleague; pass the path on to them."""
    user, path = team.invite(
        data.email, data.role, data.name, by=caller(request), now=datetime.now(UTC)
    )
    return {"colleague": user, "set_password_path": path}


@endpoints.patch("/{int:user_id}", "team.manage", ColleagueOut)
def change_colleague(request: HttpRequest, user_id: int, data: ChangeIn) -> User:
    """Change role, deactivate or reactivate; the last admin stays."""
    now, by = datetime.now(UTC), caller(request)
    user = _one(user_id)
    if data.role is not None:
        user = team.change_role(user.pk, data.role, by=by, now=now)
    if data.is_active is not None:
        change = team.reactivate if data.is_active else team.deactivate
        user = change(user.pk, by=by, now=now)
    return user


@endpoints.post("/{int:user_id}/link", "team.manage", LinkOut)
def new_link(request: HttpRequest, user_id: int) -> dict[str, str]:
    """A fresh one-time path to set the password."""
    path = team.new_link(_one(user_id), by=caller(request), now=datetime.now(UTC))
    return {"set_password_path": path}


def _one(user_id: int) -> User:
    return User.objects.get(pk=min(user_id, BIGINT))

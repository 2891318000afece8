"""Who calls the API: a machine with an API key, or a colleague's browser session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from tenure.core import keys, roles
from tenure.core.models import User
from tenure.kit.rest.errors import ApiError


@dataclass
class Machine:
    """A caller with an API key; acts with the role the key was given."""

    name: str
    role: str
    is_active: bool = True

    def __str__(self) -> str:
        return f"key: {self.name}"


Caller = User | Machine


def caller(request: HttpRequest) -> Caller:
    """Who is calling; set by ``Allowed`` before any endpoint runs."""
    found: Caller = request.auth  # type: ignore[attr-defined]
    return found


class Allowed(AuthBase):
    """Lets a caller through who has ``permission``; 401 if unknown, 403 if not allowed."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "An API key (made under Settings, Keys), or the session of a browser."

    def __init__(self, permission: str) -> None:
        self.permission = permission
        super().__init__()

    def __call__(self, request: HttpRequest) -> Caller:
        _refuse_nul(request)
        who = _machine(request) or _colleague(request)
        if who is None:
            raise ApiError(
                401,
                "not_authenticated",
                "no valid API key or session",
                remedy="send 'Authorization: Bearer <API key>'; make one under Settings, Keys",
            )
        if not roles.has(who, self.permission):
            raise ApiError(
                403,
                "not_allowed",
                f"the role {who.role} does not have the permission {self.permission}",
                remedy="ask an admin for a role or key that has it",
            )
        return who


def _machine(request: HttpRequest) -> Machine | None:
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, plain = header.partition(" ")
    info = keys.verify(plain.strip(), keys.API, datetime.now(UTC))
    if scheme.lower() != "bearer" or info is None:
        raise ApiError(
            401,
            "wrong_key",
            "the Authorization header holds no API key in force",
            remedy="send 'Authorization: Bearer <API key>'; write keys for SDKs do not work here",
        )
    return Machine(info.name, info.role)


def _colleague(request: HttpRequest) -> User | None:
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    if check_csrf(request) is not None:
        raise ApiError(
            403,
            "csrf",
            "the CSRF token is missing or wrong",
            remedy="send the csrftoken cookie's value as X-CSRFToken, or use an API key",
        )
    return user


def _refuse_nul(request: HttpRequest) -> None:
    # PostgreSQL cannot keep NUL characters; no legitimate path or query holds one.
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise ApiError(400, "nul", "the address holds a NUL character", remedy="remove it")

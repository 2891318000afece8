"""The team: the first admin, invitations, roles, leaving. A workspace always keeps an admin."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse

from tenure.analytics.errors import SpecError
from tenure.core import audit, roles
from tenure.core.models import User


def is_new() -> bool:
    """Whether the workspace has nobody yet, so that the first admin may be made."""
    return not User.objects.exists()


@transaction.atomic
def make_first_admin(email: str, password: str, name: str = "", *, now: datetime) -> User:
    """The first colleague; SpecError if there is one already, or the password is weak."""
    if not is_new():
        raise SpecError(
            "team",
            "admin",
            "this workspace already has its first admin",
            "sign in, and invite colleagues under Settings, Team",
        )
    user = User(email=_address(email), name=name.strip()[:200], role=roles.ADMIN)
    check_password(password, user)
    user.set_password(password)
    user.save()
    audit.record(user, "team.first_admin", "user", user.email, None, _state(user), now=now)
    return user


def check_password(password: str, user: User) -> None:
    """SpecError with every reason why ``password`` is too weak."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise SpecError(
            "team", "password", " ".join(error.messages).rstrip("."), "choose a longer, unusual one"
        ) from None


def invite(email: str, role: str, name: str = "", *, by: object, now: datetime) -> tuple[User, str]:
    """A new colleague without a password, and the path of the page where they set it.

    The path works once and for PASSWORD_RESET_TIMEOUT; it is shown to the admin, who passes it on,
    since mail may not be set up.
    """
    _refuse_role(role)
    roles.refuse_grant(by, role)
    user = User(email=_address(email), name=name.strip()[:200], role=role)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
            audit.record(by, "team.invite", "user", user.email, None, _state(user), now=now)
    except IntegrityError:
        raise SpecError(
            "team",
            "email",
            f"{user.email} is already in the team",
            "change their role, or make a new link for them",
        ) from None
    return user, set_password_path(user)


def new_link(user: User, *, by: object, now: datetime) -> str:
    """A fresh one-time path to set the password, for who lost the first or forgot the password."""
    roles.refuse_grant(by, user.role)  # who sets a password signs in as its owner
    _refuse_inactive(user)
    audit.record(by, "team.link", "user", user.email, now=now)
    return set_password_path(user)


@transaction.atomic
def set_password(user: User, password: str, *, by: object, now: datetime) -> None:
    """Give a colleague a password; they are signed out everywhere. SpecError if it is weak."""
    roles.refuse_grant(by, user.role)
    _refuse_inactive(user)
    check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(by, "team.password", "user", user.email, now=now)


def set_password_path(user: User) -> str:
    """Path of the page where ``user`` sets a password; void after use."""
    token = default_token_generator.make_token(user)
    parts = {"uidb36": user_pk_to_url_str(user), "key": token}
    return reverse("account_reset_password_from_key", kwargs=parts)


@transaction.atomic
def change_role(user_id: int, role: str, *, by: object, now: datetime) -> User:
    """Give a colleague another role. SpecError if that would leave no admin, or if it is one's
    own; PermissionDenied for roles (old or new) with permissions that ``by`` lacks."""
    _refuse_role(role)
    user = _locked(user_id)
    if user.role == role:
        return user
    roles.refuse_grant(by, user.role)
    roles.refuse_grant(by, role)
    _keep_an_admin(user)
    _refuse_own(user, by)
    before = _state(user)
    user.role = role
    user.save(update_fields=["role"])
    audit.record(by, "team.role", "user", user.email, before, _state(user), now=now)
    return user


@transaction.atomic
def deactivate(user_id: int, *, by: object, now: datetime) -> User:
    """End a colleague's access at once; what they did stays in the trail."""
    user = _locked(user_id)
    if not user.is_active:
        return user
    roles.refuse_grant(by, user.role)
    before = _state(user)
    _keep_an_admin(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(by, "team.deactivate", "user", user.email, before, _state(user), now=now)
    return user


@transaction.atomic
def reactivate(user_id: int, *, by: object, now: datetime) -> User:
    """Give a colleague who left their access back."""
    user = _locked(user_id)
    if user.is_active:
        return user
    roles.refuse_grant(by, user.role)
    before = _state(user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by, "team.reactivate", "user", user.email, before, _state(user), now=now)
    return user


@transaction.atomic
def update_profile(user: User, *, name: str, timezone: str, now: datetime) -> User:
    """Own display name and IANA time zone."""
    if timezone not in available_timezones():
        raise SpecError("team", "timezone", f"{timezone!r} is unknown", "use e.g. Europe/Berlin")
    before = {"name": user.name, "timezone": user.timezone}
    user.name, user.timezone = name.strip()[:200], timezone
    user.save(update_fields=["name", "timezone"])
    after = {"name": user.name, "timezone": user.timezone}
    audit.record(user, "team.profile", "user", user.email, before, after, now=now)
    return user


def _locked(user_id: int) -> User:
    # All admins are locked with the one who changes: two admins demoting each other wait.
    list(User.objects.select_for_update().filter(role=roles.ADMIN).order_by("pk").values("pk"))
    return User.objects.select_for_update().get(pk=user_id)


def _keep_an_admin(user: User) -> None:
    others = User.objects.filter(role=roles.ADMIN, is_active=True).exclude(pk=user.pk)
    if user.role == roles.ADMIN and user.is_active and not others.exists():
        raise SpecError(
            "team", "admin", f"{user.email} is the last admin", "make somebody else an admin first"
        )


def _refuse_role(role: str) -> None:
    if role not in roles.names():
        raise SpecError("team", "role", f"is {role!r}", f"use one of {', '.join(roles.names())}")


def _refuse_own(user: User, by: object) -> None:
    if getattr(by, "pk", None) == user.pk:
        raise SpecError("team", "role", "is your own", "ask another admin to change it")


def _refuse_inactive(user: User) -> None:
    if not user.is_active:
        raise SpecError("team", "user", f"{user.email} is deactivated", "reactivate them first")


def _address(email: str) -> str:
    cleaned = email.strip().lower()
    try:
        validate_email(cleaned)
        MaxLengthValidator(254)(cleaned)
    except ValidationError:
        raise SpecError(
            "team",
            "email",
            f"{cleaned[:80]!r} is no mail address",
            "write one like ada@example.com",
        ) from None
    return cleaned


def _state(user: User) -> dict[str, object]:
    return {"role": user.role, "active": user.is_active, "name": user.name}

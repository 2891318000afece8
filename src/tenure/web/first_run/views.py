"""First run: the first admin names the workspace, then finds the ways to bring facts in."""

from __future__ import annotations

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.core import audit, roles
from tenure.core.models import User
from tenure.web import workspace_name
from tenure.web.first_run.forms import FirstRunForm
from tenure.web.middleware import is_new_workspace


def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Accounts, or how to get some."""
    return redirect("accounts" if Account.objects.exists() else "start")


def first_run(request: HttpRequest) -> HttpResponse:
    """Make the first admin; closed for good as soon as there is one."""
    if not is_new_workspace():
        return redirect("home")
    form = FirstRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = _open_workspace(form.cleaned_data)
        if user is None:
            return redirect("account_login")
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("start")
    return render(request, "web/first_run/first_run.html", {"form": form})


def _open_workspace(data: dict[str, str]) -> User | None:
    """The first admin, or None when somebody else was quicker."""
    now = timezone.now()
    with transaction.atomic():
        if not is_new_workspace():
            return None
        user = User.objects.create_user(
            data["email"],
            data["password"],
            name=data["name"],
            role=roles.ADMIN,
            timezone=data["timezone"],
        )
        workspace_name.write(data["workspace"], user, now)
        audit.record(user, "workspace.open", "user", user.pk, None, {"role": roles.ADMIN}, now=now)
    return user


def start(request: HttpRequest) -> HttpResponse:
    """The guided empty state: three ways to bring facts in."""
    context = {
        "has_accounts": Account.objects.exists(),
        "origin": f"{request.scheme}://{request.get_host()}",
        "may_keys": roles.has(request.user, "keys.manage"),
    }
    return render(request, "web/first_run/start.html", context)

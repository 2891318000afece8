"""First run: the first admin names the workspace, then finds the ways to bring facts in."""

from __future__ import annotations

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core import roles, team
from tenure.core.models import User
from tenure.kit import workspace_name
from tenure.web.first_run.forms import FirstRunForm


def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Accounts, or how to get some."""
    return redirect("accounts" if Account.objects.exists() else "start")


def first_run(request: HttpRequest) -> HttpResponse:
    """Make the first admin; closed for good as soon as there is one."""
    if not team.is_new():
        return redirect("home")
    form = FirstRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = _open_workspace(form.cleaned_data)
        except SpecError as error:
            form.add_error(None, f"{error.problem[:1].upper()}{error.problem[1:]}: {error.remedy}.")
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("start")
    return render(request, "web/first_run/first_run.html", {"form": form})


def _open_workspace(data: dict[str, str]) -> User:
    """The first admin of a workspace that now has a name; SpecError when somebody was quicker."""
    now = timezone.now()
    with transaction.atomic():
        user = team.make_first_admin(data["email"], data["password"], data["name"], now=now)
        team.update_profile(user, name=data["name"], timezone=data["timezone"], now=now)
        workspace_name.write(data["workspace"], user, now)
    return user


def start(request: HttpRequest) -> HttpResponse:
    """The guided empty state: three ways to bring facts in."""
    context = {
        "has_accounts": Account.objects.exists(),
        "origin": f"{request.scheme}://{request.get_host()}",
        "may_keys": roles.has(request.user, "keys.manage"),
    }
    return render(request, "web/first_run/start.html", context)

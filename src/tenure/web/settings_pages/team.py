"""Colleagues: invite, change a role, end and give back access; and what each role may do."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core import roles, team
from tenure.core.models import User
from tenure.kit.pages import settings_tabs as tabs


class InviteForm(forms.Form):
    """Who shall come in, and as what."""

    email = forms.EmailField(label="Mail address")
    name = forms.CharField(max_length=200, required=False)
    role = forms.ChoiceField(initial="csm")

    def __init__(self, by: object, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = list(roles.grantable(by).items())


@roles.needs("team.view")
def page(request: HttpRequest) -> HttpResponse:
    """The team, and the table of roles."""
    return _page(request, InviteForm(request.user))


@require_POST
@roles.needs("team.manage")
def invite(request: HttpRequest) -> HttpResponse:
    """Invite a colleague; answers with the link to pass on, shown this once."""
    form = InviteForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, form)
    given = form.cleaned_data
    try:
        user, path = team.invite(
            given["email"], given["role"], given["name"], by=request.user, now=timezone.now()
        )
    except SpecError as error:
        form.add_error(
            error.key if error.key in form.fields else None, f"{error.problem}: {error.remedy}"
        )
        return _page(request, form)
    return _page(
        request, InviteForm(request.user), {"user": user, "url": request.build_absolute_uri(path)}
    )


@require_POST
@roles.needs("team.manage")
def link(request: HttpRequest, user_id: int) -> HttpResponse:
    """A fresh link for a colleague to set a password."""
    user = _colleague(user_id)
    try:
        path = team.new_link(user, by=request.user, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"{error.problem}: {error.remedy}")
        return redirect("settings_team")
    return _page(
        request, InviteForm(request.user), {"user": user, "url": request.build_absolute_uri(path)}
    )


@require_POST
@roles.needs("team.manage")
def change_role(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a colleague another role."""
    user = _colleague(user_id)
    try:
        changed = team.change_role(
            user.pk, request.POST.get("role", ""), by=request.user, now=timezone.now()
        )
        messages.success(request, f"{changed} is now {_title(changed.role)}.")
    except SpecError as error:
        messages.error(request, f"{error.problem}: {error.remedy}")
    return redirect("settings_team")


@require_POST
@roles.needs("team.manage")
def change_active(request: HttpRequest, user_id: int) -> HttpResponse:
    """End a colleague's access, or give it back."""
    user = _colleague(user_id)
    act = team.deactivate if user.is_active else team.reactivate
    try:
        changed = act(user.pk, by=request.user, now=timezone.now())
        words = "is back in the team" if changed.is_active else "can no longer sign in"
        messages.success(request, f"{changed} {words}.")
    except SpecError as error:
        messages.error(request, f"{error.problem}: {error.remedy}")
    return redirect("settings_team")


def _colleague(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise Http404("there is no such colleague")
    return user


def _title(role: str) -> str:
    found = roles.table().roles.get(role)
    return found.title if found else role


def _page(
    request: HttpRequest, form: InviteForm, invited: dict[str, object] | None = None
) -> HttpResponse:
    table, grantable = roles.table(), roles.grantable(request.user)
    people = [
        {
            "user": u,
            "role": _title(u.role),
            "waits": not u.has_usable_password(),
            "below": u.role in grantable or u.role not in table.roles,
        }
        for u in User.objects.order_by("-is_active", "name", "email")
    ]
    context = {
        "tabs": tabs.of(request, "settings_team"),
        "form": form,
        "invited": invited,
        "people": people,
        "roles": [(name, role) for name, role in table.roles.items()],
        "grantable": grantable.items(),
        "permissions": [
            (text, [name in table.granted(r) for r in table.roles])
            for name, text in table.permissions.items()
        ],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "web/settings/team.html", context, status=status)

"""Giving accounts an owner, several at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.actions import assign_owner
from tenure.core.models import User
from tenure.core.roles import needs
from tenure.health.pages.account_filters import NOBODY, read
from tenure.web.accounts.views import address


@require_POST
@needs("accounts.edit")
def assign(request: HttpRequest) -> HttpResponse:
    """Make a colleague (or nobody) the owner of the ticked accounts."""
    back = redirect(address(read(QueryDict(request.POST.get("back", "")))))
    wanted, ids = request.POST.get("owner", ""), request.POST.getlist("account")
    owner = _colleague(wanted)
    if owner is None and wanted != NOBODY:
        messages.error(request, "Nobody was assigned: that colleague is not active any more.")
        return back
    changed = assign_owner(ids, owner, by=request.user, now=timezone.now())
    noun = "account" if changed == 1 else "accounts"
    who = (
        f"now belong{'s' if changed == 1 else ''} to {owner}" if owner else "left without an owner"
    )
    messages.success(request, f"{changed} {noun} {who}.")
    return back


def _colleague(wanted: str) -> User | None:
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 18):
        return None
    return User.objects.filter(pk=int(wanted), is_active=True).first()

"""Saved views: keep a filter under a name, for oneself or for all."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from tenure.accounts.models import SavedView
from tenure.core import roles
from tenure.core.models import User
from tenure.core.roles import needs
from tenure.health.pages.account_filters import read
from tenure.web.accounts.views import address


class SavedViewForm(forms.Form):
    """A name for the filter in force."""

    name = forms.CharField(max_length=120)
    query = forms.CharField(max_length=2000, required=False)
    shared = forms.BooleanField(required=False)


@require_POST
@needs("accounts.view")
def save(request: HttpRequest) -> HttpResponse:
    """Keep a view; the same name again replaces the own view of that name."""
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The view was not saved: give it a name of up to 120 letters.")
        return redirect("accounts")
    data = form.cleaned_data
    filters = read(QueryDict(data["query"]))
    SavedView.objects.update_or_create(
        user=cast(User, request.user),
        name=data["name"],
        defaults={
            "query": filters.to_query(),
            "shared": data["shared"] and roles.has(request.user, "accounts.edit"),
        },
    )
    messages.success(request, f"The view “{data['name']}” is saved.")
    return redirect(address(filters))


@require_POST
@needs("accounts.view")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an own view; views of others are not found."""
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    view.delete()
    messages.success(request, f"The view “{view.name}” is deleted.")
    return redirect("accounts")

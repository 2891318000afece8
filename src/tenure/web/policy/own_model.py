"""A model of one's own: a copy of a packaged one to start from, saved only when it is sound."""

from __future__ import annotations

import re
from typing import Any

import tomlkit
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from tenure.analytics.errors import SpecError
from tenure.core import policy
from tenure.core.roles import needs
from tenure.web.policy.catalogue import MODELS

NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")


class CopyForm(forms.Form):
    """What the new model is called, and what it starts from."""

    title = forms.CharField(
        max_length=120, help_text="How it is shown, such as “Enterprise health”."
    )
    name = forms.CharField(
        max_length=80, help_text="Small letters, digits and _; exports and the command line use it."
    )
    source = forms.ChoiceField(label="Start from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)
        names = policy.list_names(MODELS)
        source.choices = [(n.removeprefix(MODELS), policy.load(n).title) for n in names]

    def clean_name(self) -> str:
        """A usable name that no model has."""
        name = str(self.cleaned_data["name"]).strip()
        if not NAME.fullmatch(name):
            raise forms.ValidationError("Use small letters, digits and _, beginning with a letter.")
        if exists(f"{MODELS}{name}"):
            raise forms.ValidationError("There is a model of this name; choose another.")
        return name


def exists(name: str) -> bool:
    """Whether there is a text for this document."""
    try:
        return bool(policy.text(name))
    except SpecError:
        return False


@needs("policy.edit")
def start(request: HttpRequest) -> HttpResponse:
    """Ask for name and source; then open the editor with the copy."""
    form = CopyForm(request.POST or None, initial={"source": request.GET.get("from", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        query = urlencode({"from": given["source"], "title": given["title"]})
        return redirect(f"{reverse('policy_edit', args=[MODELS + given['name']])}?{query}")
    status = 422 if form.is_bound else 200
    return render(request, "web/policy/own_model.html", {"form": form}, status=status)


def draft(request: HttpRequest, name: str) -> str:
    """The text of a new model copied from ``?from=``; empty when the document exists already."""
    source = request.GET.get("from", "")
    if not name.startswith(MODELS) or exists(name) or not exists(MODELS + source):
        return ""
    document = tomlkit.parse(policy.text(MODELS + source))
    document["name"] = name.removeprefix(MODELS)
    document["title"] = request.GET.get("title", "")[:120] or name.removeprefix(MODELS)
    if "source" in document:
        document["source"] = f"copied from {source}"
    return tomlkit.dumps(document)


def frame(name: str) -> dict[str, Any]:
    """What the editor shows around a model that is not saved yet."""
    return {"name": name, "title": "New model", "is_model": True, "tabs": [], "in_force": None}

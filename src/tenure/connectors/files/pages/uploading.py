"""The first step of an import: a file, and what it holds."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.connectors.files import uploads
from tenure.connectors.files.pages import guessing
from tenure.connectors.files.readers import open_file
from tenure.connectors.files.settings import settings
from tenure.connectors.models import FileMapping
from tenure.core.roles import needs

GUESS = ""
KEPT = timedelta(days=2)
KINDS = ".csv,.tsv,.txt,.json,.jsonl,.ndjson,.parquet,.pq"


class UploadForm(forms.Form):
    """The file, and the table its rows belong to."""

    file = forms.FileField(
        help_text="CSV, JSON Lines or Parquet.",
        widget=forms.FileInput(attrs={"accept": KINDS}),
    )
    table = forms.ChoiceField(
        required=False,
        label="Each row is about",
        choices=[
            (GUESS, "Tell from the file’s name"),
            *((n, f"{n}: {t.doc}") for n, t in TABLES.items()),
        ],
    )


@needs("facts.import")
def page(request: HttpRequest) -> HttpResponse:
    """Take a file in; the next page maps its columns."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _keep(request, form)
        except SpecError as error:
            form.add_error("file", f"{error.problem}: {error.remedy}")
    elif request.method != "POST":
        form = UploadForm(initial={"table": request.GET.get("table", "")})
    context = {
        "form": form,
        "tables": TABLES.values(),
        "most": int(settings()["upload_mb"]),
        "mapping": FileMapping.objects.filter(pk=request.GET.get("mapping", "")).first(),
    }
    return render(request, "imports/upload.html", context, status=422 if form.errors else 200)


def _keep(request: HttpRequest, form: UploadForm) -> HttpResponse:
    file = form.cleaned_data["file"]
    mapping = FileMapping.objects.filter(pk=request.POST.get("mapping", "")).first()
    table = form.cleaned_data["table"] or (mapping.table if mapping else "")
    table = table or guessing.table_of(file.name) or "events"
    uploads.tidy(timezone.now() - KEPT)
    upload = uploads.save(file.chunks(), file.name)
    try:
        open_file(upload.path)
    except SpecError:
        uploads.remove(upload.token)
        raise
    query = {"table": table, **({"mapping": mapping.pk} if mapping else {})}
    return redirect(f"{reverse('facts_mapping', args=[upload.token])}?{urlencode(query)}")

"""The pages' addresses, and an empty page to measure against."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from tenure.web.urls import urlpatterns as real


def empty(request: HttpRequest) -> HttpResponse:
    """The shell with nothing in it."""
    return render(request, "base.html")


urlpatterns = [path("empty/", empty), *real]

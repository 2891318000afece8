"""Addresses of a colleague's own profile."""

from __future__ import annotations

from django.urls import path

from tenure.documents.digests import pages as digests
from tenure.web.profile import views

urlpatterns = [
    path("", views.profile, name="profile"),
    path("digests/", digests.choose, name="profile_digests"),
]

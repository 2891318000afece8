"""Addresses below ``/facts/people/``: what is known of a person, exported or erased."""

from __future__ import annotations

from django.urls import path

from tenure.accounts.pages import privacy

urlpatterns = [
    path("", privacy.page, name="facts_people"),
    path("export/", privacy.export, name="facts_person_export"),
    path("erase/", privacy.erase, name="facts_person_erase"),
    path("split/", privacy.split, name="facts_person_split"),
    path("allow/", privacy.allow, name="facts_person_allow"),
]

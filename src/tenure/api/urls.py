"""Where the API hangs."""

from django.urls import path

from tenure.api.app import api

urlpatterns = [path("", api.urls)]

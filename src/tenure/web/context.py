"""What every page's shell shows."""

from __future__ import annotations

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001
    """Context for the base template."""
    return {}

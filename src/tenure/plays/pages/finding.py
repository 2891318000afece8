"""The play that an address names."""

from __future__ import annotations

from django.http import Http404

from tenure.analytics.errors import SpecError
from tenure.plays import policy
from tenure.plays.spec import Play


def get(name: str) -> Play:
    """A play, or 404."""
    try:
        return policy.play(name)
    except SpecError as error:
        raise Http404(str(error)) from None

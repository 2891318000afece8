"""What a step says to one person, as its channel takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.channels import registry
from tenure.channels.kinds import About
from tenure.channels.settings import limits
from tenure.core import policy as policies
from tenure.plays import words

Values = Mapping[str, Any]


def content(step: Any, values: Values, about: About | None = None) -> dict[str, Any]:
    """The words of ``step``, filled with ``values``; what they are ``about`` (see the channel)."""
    told = about or About()
    gate = policies.load("channels")
    about = About(told.type, told.account_id, told.person_id, told.locale, limits(gate, step.kind))
    return registry.kind(step.kind).content(step, values, words.fill, about)

"""Whether a change of policy would hold: each text by itself, and all documents together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.core.policy.reading import default_text, parsed, source_of, text
from tenure.core.policy.registry import document, list_names


def validate(changes: Mapping[str, str]) -> list[SpecError]:
    """What is wrong with ``changes`` (name to text) taken together; empty if nothing is.

    An empty text stands for the packaged default. Each text is parsed, then every document that
    looks at others is checked against the policy as it would be.
    """
    errors = [error for name, body in changes.items() if (error := _parse_error(name, body))]
    return errors or _check_all(changes)


def _parse_error(name: str, body: str) -> SpecError | None:
    try:
        if body:
            parsed(name, body)
        else:
            document(name)
    except SpecError as error:
        return error
    return None


def _check_all(changes: Mapping[str, str]) -> list[SpecError]:
    def load_changed(name: str) -> Any:
        body = (changes[name] or default_text(name)) if name in changes else text(name)
        return parsed(name, body)

    errors = []
    gone = {name for name, body in changes.items() if not body and not default_text(name)}
    for name in sorted({*list_names(), *changes} - gone):
        found = document(name)
        if found.check is None:
            continue
        try:
            found.check(source_of(name), load_changed(name), load_changed)
        except SpecError as error:
            errors.append(error)
    return errors

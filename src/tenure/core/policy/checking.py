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


class _AsChanged:
    """The documents as they would be. Many look at the same few: each is read once."""

    def __init__(self, changes: Mapping[str, str]) -> None:
        self._changes = changes
        self._parsed: dict[str, Any] = {}
        gone = {name for name, body in changes.items() if not body and not default_text(name)}
        self._names = sorted({*list_names(), *changes} - gone)

    def __call__(self, name: str) -> Any:
        if name not in self._parsed:
            body = self._changes.get(name)
            body = text(name) if body is None else body or default_text(name)
            self._parsed[name] = parsed(name, body)
        return self._parsed[name]

    def names(self, prefix: str = "") -> list[str]:
        return [name for name in self._names if name.startswith(prefix)]


def _check_all(changes: Mapping[str, str]) -> list[SpecError]:
    errors, load = [], _AsChanged(changes)
    for name in load.names():
        found = document(name)
        if found.check is None:
            continue
        try:
            found.check(source_of(name), load(name), load)
        except SpecError as error:
            errors.append(error)
    return errors

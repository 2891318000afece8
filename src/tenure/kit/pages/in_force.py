"""Policy in force, for pages: one query a request tells whether anything kept is still good."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from tenure.core.models import PolicyVersion
from tenure.kit.pages.once import per_request

T = TypeVar("T")
State = tuple[tuple[str, str], ...]


@per_request
def state() -> State:
    """Name and text of every document that overrides a packaged one."""
    rows = PolicyVersion.objects.filter(active=True).order_by("name")
    return tuple(rows.values_list("name", "body"))


def loaded(load: Callable[..., T], *args: Any) -> T:
    """What ``load(*args)`` gives under the policy in force, worked out once per state of it."""
    return _kept(load, args, state())


@lru_cache(maxsize=256)
def _kept(load: Callable[..., Any], args: tuple[Any, ...], state: State) -> Any:  # noqa: ARG001
    return load(*args)

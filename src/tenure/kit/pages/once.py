"""Values looked up once per request, however many rows of a page ask for them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_kept: ContextVar[dict[Hashable, object] | None] = ContextVar("tenure_once", default=None)


@contextmanager
def request_scope() -> Iterator[None]:
    """While inside, results of ``per_request`` functions are kept."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def per_request(look_up: Callable[P, T]) -> Callable[P, T]:
    """Keep the result for the rest of the request; outside of one, look up every time."""

    @wraps(look_up)
    def kept(*args: P.args, **kwargs: P.kwargs) -> T:
        store = _kept.get()
        if store is None:
            return look_up(*args, **kwargs)
        key = (look_up, args, tuple(sorted(kwargs.items())))
        if key not in store:
            store[key] = look_up(*args, **kwargs)
        return store[key]  # type: ignore[return-value]

    return kept

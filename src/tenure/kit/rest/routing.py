"""How endpoints are declared: none without its permission, all with the same errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ninja import Router
from ninja.responses import codes_4xx

from tenure.kit.rest.auth import Allowed
from tenure.kit.rest.errors import ErrorOut

View = TypeVar("View", bound=Callable[..., Any])


class Endpoints:
    """The endpoints of one room, each declared with the permission it needs."""

    def __init__(self, tag: str) -> None:
        self.router = Router(tags=[tag])

    def get(self, path: str, permission: str, out: Any) -> Callable[[View], View]:
        """Reads."""
        return self._add("GET", path, permission, out)

    def post(self, path: str, permission: str, out: Any) -> Callable[[View], View]:
        """Makes or does something."""
        return self._add("POST", path, permission, out)

    def put(self, path: str, permission: str, out: Any) -> Callable[[View], View]:
        """Replaces."""
        return self._add("PUT", path, permission, out)

    def patch(self, path: str, permission: str, out: Any) -> Callable[[View], View]:
        """Changes in part."""
        return self._add("PATCH", path, permission, out)

    def delete(self, path: str, permission: str, out: Any) -> Callable[[View], View]:
        """Ends or removes."""
        return self._add("DELETE", path, permission, out)

    def _add(self, method: str, path: str, permission: str, out: Any) -> Callable[[View], View]:
        return self.router.api_operation(
            [method],
            path,
            auth=Allowed(permission),
            response={200: out, codes_4xx: ErrorOut},
            openapi_extra={"x-permission": permission},
        )

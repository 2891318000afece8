"""The main navigation: one entry per page of a slice that a person may open."""

from __future__ import annotations

from tenure.core import roles
from tenure.core.slices import INSTALLED, NavEntry


def items() -> list[NavEntry]:
    """All entries, in the order of their places."""
    return sorted((e for one in INSTALLED for e in one.navigation), key=lambda e: e.place)


def entries(user: object, path: str) -> list[dict[str, object]]:
    """What ``user`` sees while on ``path``."""
    return [
        {
            "title": item.title,
            "icon": item.icon,
            "url": item.url,
            "current": path.startswith(item.url),
        }
        for item in items()
        if roles.has(user, item.permission)
    ]

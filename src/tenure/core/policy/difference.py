"""What differs between two versions."""

from __future__ import annotations

import difflib

from tenure.core.policy.reading import PACKAGED, source_of, text


def diff(name: str, a: int | None = PACKAGED, b: int | None = None) -> str:
    """Unified diff from version ``a`` to ``b``; None is the one in force, 0 the packaged."""
    return diff_texts(name, text(name, a), text(name, b), _mark(a), _mark(b))


def diff_texts(name: str, before: str, after: str, mark_a: str, mark_b: str) -> str:
    """Unified diff of two texts of document ``name``; empty if they are equal."""
    source = source_of(name)
    lines = difflib.unified_diff(
        before.splitlines(),
        after.splitlines(),
        f"{source} ({mark_a})",
        f"{source} ({mark_b})",
        lineterm="",
    )
    return "\n".join(lines)


def _mark(number: int | None) -> str:
    return {None: "in force", PACKAGED: "packaged"}.get(number, f"version {number}")

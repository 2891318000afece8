"""Differences of two texts, as pages show them."""

from __future__ import annotations


def diff_lines(diff: str) -> list[tuple[str, str]]:
    """Lines of a unified diff with the class each is shown in."""
    kinds = {"+": "add", "-": "del", "@": "hunk"}
    return [(kinds.get(line[:1], ""), line) for line in diff.splitlines()[2:]]

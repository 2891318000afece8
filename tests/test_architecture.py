"""The house's rules that an import contract cannot say: no circle, and pure means pure."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import tenure

SOURCE = Path(tenure.__file__).parent
OUTSIDE = ("django", "ninja")


@cache
def trees() -> dict[str, ast.Module]:
    """Every module but migrations, by dotted name."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        parts = ["tenure", *path.relative_to(SOURCE).with_suffix("").parts]
        if "migrations" in parts:
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imported(name: str) -> Iterator[str]:
    """What a module imports, within functions too; what only types need does not count."""
    only_types = {
        id(inner)
        for node in ast.walk(trees()[name])
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(trees()[name]):
        if id(node) in only_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in trees() else node.module


@cache
def graph() -> dict[str, set[str]]:
    """Our modules and which of ours they import."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in trees():
        found[name] = {other for other in imported(name) if other in trees() and other != name}
    return found


def test_no_module_imports_itself_by_way_of_another() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_modules_that_call_themselves_pure_reach_no_framework() -> None:
    touches = {
        name for name in trees() if any(other.split(".")[0] in OUTSIDE for other in imported(name))
    }
    pure = {name for name, tree in trees().items() if "Pure" in (ast.get_docstring(tree) or "")}
    assert len(pure) > 40
    assert [name for name in sorted(pure) if _reached(name) & touches] == []


def _reached(name: str) -> set[str]:
    seen, left = {name}, [name]
    while left:
        new = graph()[left.pop()] - seen
        seen |= new
        left += new
    return seen

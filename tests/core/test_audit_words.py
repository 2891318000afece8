"""The audit trail in words: every action has its own, and values read like sentences."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tenure.core import audit_words

SOURCE = Path(audit_words.__file__).parents[1]
VARIED = {
    "cancel.": ("cancelled", "saved", "carried_out", "refused"),
    "experiment.": ("planned", "started", "looked", "stopped"),
    "person.": ("export", "erase"),
    "play.": ("on", "off", "paused"),
}


def _recorded() -> set[str]:
    """Actions that the code records; those made of parts with all their endings."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record"):
                continue
            action = node.args[1]
            if isinstance(action, ast.Constant):
                found.add(str(action.value))
            else:
                start = ast.unparse(action).removeprefix("f'").partition("{")[0]
                found |= {f"{start}{end}" for end in VARIED[start]}
    return found


def test_every_action_has_words_and_no_words_are_left_over() -> None:
    assert len(_recorded()) > 70
    assert _recorded() == set(audit_words.actions())


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (False, "no"), (3, "3"), ("x", "x"), ([1, 2], "1, 2"), ({"a": {"b": True}}, "a b yes"),
        (None, "–"), ([], "–"), ("y" * 400, "y" * 299 + "…"),
    ],
)  # fmt: skip
def test_values_read_like_words(given: object, shown: str) -> None:
    assert audit_words.value(given) == shown

"""What is packaged is sent by companies nobody here knows: it promises nothing for them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tenure.plays import settings

LIBRARY = sorted(settings.LIBRARY.glob("*.toml"))
UNKNOWN = {
    "a gift": r"(\b(on us|for free|free month|months? free|discount|credit)|(%|per cent) off)\b",
    "what changed": r"\b(we (changed|mended|fixed|improved|made it)|is better now)\b",
    "what was kept": r"\b(as you left it|stays? available|nothing is lost|we kept|stays? yours)\b",
    "what others did": r"\b(teams (like|in your|that)|your colleagues|most teams|others like)",
    "how long it takes": r"\b(takes? (a|one|two|five|ten) minutes?|five-minute|two clicks)\b",
    "what will never come": r"\b(not write again|never again|nothing stops|last (mail|one))\b",
}


def messages(play: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What customers read: subject and text of each step that goes to them, in every language."""
    for step in play["steps"]:
        if step["kind"] in ("mail", "in_app", "push", "sms"):
            for said in (step, *step.get("locales", {}).values()):
                yield (
                    step["id"],
                    f"{said.get('subject', '')}\n{said.get('title', '')}\n{said['text']}",
                )


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.stem)
def test_no_packaged_message_says_what_nobody_knows(path: Any) -> None:
    play = tomllib.loads(path.read_text("utf-8"))
    found = [
        (step, kind)
        for step, text in messages(play)
        for kind, claim in UNKNOWN.items()
        if re.search(claim, text, re.IGNORECASE)
    ]
    assert found == []


def test_such_claims_are_found() -> None:
    text = "Your set-up is as you left it, and the first month is on us. Teams like yours know."
    said = {"steps": [{"id": "m", "kind": "mail", "subject": "Hi", "text": text}]}
    [(_, told)] = messages(said)
    assert {k for k, claim in UNKNOWN.items() if re.search(claim, told, re.IGNORECASE)} == {
        "a gift",
        "what was kept",
        "what others did",
    }

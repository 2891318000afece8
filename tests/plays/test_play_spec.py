"""Plays as written: what is refused at saving, with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.analytics.errors import SpecError
from tenure.channels import settings as gate
from tenure.health import policy as health
from tenure.plays import check, settings, spec, words

LIBRARY = sorted(settings.LIBRARY.glob("*.toml"))
NUMBERS, GATE = settings.packaged(), gate.packaged()
PLAY = """
title = "Try"
about = "A play for tests."
purpose = "help"
to = ["champion"]
[trigger]
kind = "when"
rule = { field = "health", op = "<", value = 50 }
[goal]
title = "Well again"
rule = { field = "health", op = ">=", value = 60 }
days = 30
[[steps]]
id = "write"
kind = "mail"
subject = "Hello"
text = "Hello {{ person.first_name | there }}, see https://example.com"
[[steps]]
id = "pause"
kind = "wait"
days = 2
[[steps]]
id = "ask"
kind = "branch"
rule = { field = "health", op = "<", value = 50 }
then = "call"
otherwise = "end"
[[steps]]
id = "call"
kind = "task"
title = "Call {{ account.name }}"
due_hours = 24
"""


@pytest.mark.parametrize("path", LIBRARY, ids=[p.stem for p in LIBRARY])
def test_every_packaged_play_is_sound_and_passes_the_message_check(path: Path, db: None) -> None:
    play = spec.parse(path.name, path.read_text())
    assert play.fields() <= health.known_fields()
    assert play.goal is not None
    assert check.check(play, NUMBERS.check, GATE, None, 100) == []


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ('then = "call"', 'then = "sing"', "(file)", "goes to 'sing', which is no step"),
        ('otherwise = "end"', 'otherwise = "write"', "(file)", "goes back to 'write'"),
        ('id = "pause"', 'id = "write"', "(file)", "two steps are called 'write'"),
        ("days = 2", "", "steps.1.wait", "wait how long?"),
        ('kind = "mail"', 'kind = "fax"', "steps.0", "fax"),
        ("| there }}", "}}", "steps.write.text", "person.first_name can be missing"),
        ("account.name }}", "account.nam }}", "steps.call.title", "no variable account.nam"),
        ("{{ account.name }}", "{{ account.name", "steps.call.title", "not closed"),
        ('purpose = "help"', 'purpose = "help"\nunit = "person"', "(file)", "is about accounts"),
        ('title = "Try"', 'titel = "Try"', "titel", "not permitted"),
    ],
)
def test_a_wrong_play_is_refused_where_it_is_wrong(
    old: str, new: str, key: str, problem: str
) -> None:
    with pytest.raises(SpecError) as refused:
        spec.parse("plays/try", PLAY.replace(old, new, 1))
    assert refused.value.key == key
    assert problem in str(refused.value)
    assert refused.value.remedy


def warned(text: str, audience: int | None = None) -> set[str]:
    play = spec.parse("plays/try", text)
    return {w.rule for w in check.check(play, NUMBERS.check, GATE, audience, 100)}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("see https://example.com", "see https://a.example or https://b.example", "many-actions"),
        ("see https://example.com", "we miss you", "guilt"),
        ("see https://example.com", "last chance", "pressure"),
        ("see https://example.com", "word " * 181, "long"),
        ('purpose = "help"', 'purpose = "payment"', "transactional"),
        ('purpose = "help"', 'purpose = "help"\nholdout = 0', "no-holdout"),
        ('kind = "when"\nrule = { field = "health", op = "<", value = 50 }',
         'kind = "date"\nfield = "created_at"', "no-audience"),
    ],
)  # fmt: skip
def test_the_message_check_warns(old: str, new: str, rule: str) -> None:
    assert warned(PLAY) == set()
    assert warned(PLAY.replace(old, new, 1)) == {rule}


def test_the_message_check_warns_of_a_mass_send_and_of_no_goal() -> None:
    assert warned(PLAY, audience=60) == {"mass-send"}
    without = PLAY[: PLAY.index("[goal]")] + PLAY[PLAY.index("[[steps]]") :]
    assert warned(without) == {"no-goal"}


def test_texts_are_filled_and_what_is_missing_is_said_otherwise() -> None:
    text = "Hello {{ person.first_name | there }}, {{account.name}}: {{ signal.limit_use | – }}"
    values = {"account.name": "Acme", "signal.limit_use": "0.9"}
    assert words.fill(text, values) == "Hello there, Acme: 0.9"
    assert words.fill(text, {**values, "person.first_name": "Ann"}).startswith("Hello Ann,")
    assert words.fill("{{ account.name }}", {"account.name": "{{ company }}"}) == "{{ company }}"


STATES = {"trialing", "active", "past_due", "paused", "scheduled", "ended"}
"""What the signal ``status`` can say (analytics.asof)."""


def _compared(part: object) -> list[object]:
    """Every value that some rule inside compares ``status`` with."""
    if isinstance(part, dict):
        here = [part["value"]] if part.get("field") == "status" and "value" in part else []
        return here + [v for inner in part.values() for v in _compared(inner)]
    return [v for inner in part for v in _compared(inner)] if isinstance(part, list) else []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.stem)
def test_a_packaged_play_asks_for_states_that_there_are(path: Path) -> None:
    import tomllib

    found = _compared(tomllib.loads(path.read_text("utf-8")))
    values = {v for one in found for v in (one if isinstance(one, list) else [one])}
    assert values <= STATES

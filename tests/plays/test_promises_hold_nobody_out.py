"""What is promised is kept to every account: a play marked as a promise has no hold-out."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tenure.analytics.errors import SpecError
from tenure.plays import entering, policy, spec
from tenure.plays.pages import form, writing

PLAY = """
title = "A complaint"
about = "Somebody calls."
purpose = "service"
{promise}
[trigger]
kind = "manual"
[[steps]]
id = "call"
kind = "task"
title = "Call"
due_hours = 24
"""
LIBRARY = Path(spec.__file__).parent / "library"
ACCOUNTS = [f"a{number}" for number in range(500)]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generous hold-outs and a fixed salt, without a workspace."""
    held = SimpleNamespace(holdout=0.5, global_holdout=0.2)
    monkeypatch.setattr(policy, "numbers", lambda: held)
    monkeypatch.setattr(policy, "salt", lambda: "salt")


@pytest.mark.usefixtures("drawn")
def test_nobody_is_held_out_of_a_promise() -> None:
    usual = spec.parse("plays/try", PLAY.format(promise=""))
    promise = spec.parse("plays/try", PLAY.format(promise="promise = true"))
    assert entering.held_out("try", usual, ACCOUNTS)
    assert entering.held_out("try", promise, ACCOUNTS) == set()


def test_a_hold_out_on_a_promise_is_refused() -> None:
    with pytest.raises(SpecError, match="a promise is kept to everybody"):
        spec.parse("plays/try", PLAY.format(promise="promise = true\nholdout = 0.1"))


@pytest.mark.parametrize(
    "name", ["champion-left", "negative-feedback", "nps-detractor", "renewal-near"]
)
def test_what_the_packaged_plays_owe_is_marked_as_a_promise(name: str) -> None:
    assert spec.parse(name, (LIBRARY / f"{name}.toml").read_text()).promise


def test_the_editor_keeps_the_mark() -> None:
    kept = writing.to_toml(form.posted({"title": ["A complaint"], "promise": ["1"]}))
    assert "promise = true" in kept
    assert "promise" not in writing.to_toml(form.posted({"title": ["A complaint"]}))

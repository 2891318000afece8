"""``tenure init``: from nothing to somebody who can sign in and a key that SDKs can use."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

from command_fixtures import TENURE, Here, Installation
from people import PASSWORD


def test_it_makes_admin_and_write_key_and_says_what_is_next(installation: Installation) -> None:
    said = installation.init()
    assert "alice@example.com" in said
    assert "tnw_" in said
    assert "tenure serve" in said
    assert (installation.home / "secret.key").stat().st_mode & 0o077 == 0
    again = installation.run("init", "--email", "bob@example.com", "--password-stdin")
    assert again.returncode == 2
    assert "already has its first admin" in again.stderr


def test_a_weak_password_is_refused_and_can_be_corrected(here: Here) -> None:
    weak = here.run("init", "--email", "a@b.co", "--password-stdin", stdin="12345")
    assert weak.returncode == 2
    assert "too short" in weak.stderr
    assert "Traceback" not in weak.stderr
    assert (
        json.loads(
            here.ok("init", "--email", "a@b.co", "--password-stdin", "--json", stdin=PASSWORD)
        )["email"]
        == "a@b.co"
    )


def test_without_a_terminal_it_says_how_to_answer(here: Here) -> None:
    done = here.run("init")
    assert done.returncode == 2
    assert "--password-stdin" in done.stderr


def test_a_folder_that_cannot_be_made_is_named(installation: Installation) -> None:
    installation.home.write_text("I am a file")
    done = installation.run("policy", "list")
    assert done.returncode == 2
    assert str(installation.home) in done.stderr
    assert "Traceback" not in done.stderr


def test_four_commands_started_at_once_in_an_empty_folder_all_work(
    install: Callable[[str], Any],
) -> None:
    fresh = install("fresh")
    started = [
        subprocess.Popen(
            [*TENURE, "policy", "list", "--json"],
            env=fresh.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    ended = [(p.communicate(timeout=240), p.returncode) for p in started]
    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert all(json.loads(out) for (out, _), _ in ended)

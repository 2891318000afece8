"""Colleagues and keys from the machine: the way back in for an admin who lost theirs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from command_fixtures import Here, Installation
from django.test import Client
from people import PASSWORD

from tenure.core.models import ApiKey, AuditEntry, User

OTHER = "another horse battery"


def test_a_colleague_is_added_with_a_link_or_a_password(here: Here, alice: Any) -> None:
    said = here.ok("user", "add", "Bob@Example.com", "--role", "csm", "--name", "Bob")
    path = re.search(r"http://127\.0\.0\.1:8000(/\S+)", said)
    assert path
    assert Client().get(path[1], follow=True).status_code == 200
    made = json.loads(here.ok(
        "user", "add", "eve@example.com", "--role", "admin", "--password-stdin", "--json",
        stdin=PASSWORD,
    ))  # fmt: skip
    assert made == {"email": "eve@example.com", "role": "admin"}
    assert User.objects.get(email="eve@example.com").check_password(PASSWORD)
    rows = json.loads(here.ok("user", "list", "--json"))
    assert [(r["email"], r["role"]) for r in rows] == [
        ("alice@example.com", "admin"), ("bob@example.com", "csm"), ("eve@example.com", "admin"),
    ]  # fmt: skip
    assert not ApiKey.objects.exists()
    assert AuditEntry.objects.filter(actor__endswith="(command line)").count() == 3


def test_a_weak_password_adds_nobody(here: Here, alice: Any) -> None:
    done = here.run("user", "add", "bob@example.com", "--role", "csm", "--password-stdin",
                    stdin="12345")  # fmt: skip
    assert done.returncode == 2
    assert "too short" in done.stderr
    assert not User.objects.filter(email="bob@example.com").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "bob@example.com", "--role", "king"), "king"),
        (("add", "nobody", "--role", "csm"), "no mail address"),
        (("add", "alice@example.com", "--role", "csm"), "already in the team"),
        (("role", "zoe@example.com", "csm"), "tenure user list"),
        (("role", "alice@example.com", "csm"), "last admin"),
        (("password", "alice@example.com"), "--password-stdin"),
    ],
)
def test_what_cannot_be_says_why(here: Here, alice: Any, words: tuple[str, ...], says: str) -> None:
    done = here.run("user", *words)
    assert done.returncode == 2
    assert says in done.stderr


def test_an_admin_who_lost_the_password_is_let_in_at_once(here: Here, alice: Any) -> None:
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
    browser, entry = Client(), {"login": alice.email, "password": "wrong"}
    for _ in range(9):
        closed = browser.post("/sign-in/login/", entry)
    assert closed.status_code == 429
    here.ok("user", "password", "ALICE@example.com", "--password-stdin",
            "--without-second-factor", stdin=OTHER)  # fmt: skip
    answer = browser.post("/sign-in/login/", {"login": alice.email, "password": OTHER})
    assert answer["Location"] == "/"
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {
        "team.password", "team.second_factor_removed",
    }  # fmt: skip


def test_a_role_is_changed_also_ones_own(here: Here, alice: Any, bob: Any) -> None:
    here.ok("user", "role", "bob@example.com", "admin")
    here.ok("user", "role", "alice@example.com", "analyst")
    assert dict(User.objects.values_list("email", "role")) == {
        "alice@example.com": "analyst", "bob@example.com": "admin",
    }  # fmt: skip


def test_a_key_is_printed_once_and_works_until_it_is_revoked(here: Here, alice: Any) -> None:
    plain = here.ok("key", "add", "--role", "analyst", "--name", "warehouse").strip()
    client = Client(headers={"authorization": f"Bearer {plain}"})
    assert client.get("/api/v1/team").status_code == 200
    assert client.get("/api/v1/keys").status_code == 403
    made = json.loads(here.ok("key", "add", "--name", "website", "--json"))
    assert (made["scope"], made["key"][:4]) == ("ingest", "tnw_")
    rows = json.loads(here.ok("key", "list", "--json"))
    assert [(r["name"], r["role"]) for r in rows] == [("warehouse", "analyst"), ("website", "")]
    assert plain not in here.ok("key", "list")
    here.ok("key", "revoke", rows[0]["id"])
    assert client.get("/api/v1/team").status_code == 401
    assert here.run("key", "revoke", 999).returncode == 2
    assert here.run("key", "add", "--role", "king").returncode == 2


def test_only_init_makes_a_workspace_in_the_current_folder(installation: Installation) -> None:
    folder = installation.home.parent
    del installation.environment["TENURE_HOME"]
    for words in (("policy", "list"), ("user", "list"), ("doctor",), ("serve",)):
        done = installation.run(*words)
        assert done.returncode == 2, words
        assert "there is no workspace in" in done.stderr
        assert "tenure init" in done.stderr
        assert "TENURE_HOME" in done.stderr
    assert list(folder.iterdir()) == []
    installation.init()
    assert (folder / "tenure-data" / "secret.key").exists()
    assert "alice@example.com" in installation.ok("user", "list")

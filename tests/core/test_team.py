"""The team: how Alice starts, how Bob comes in, how Charlie left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from people import PASSWORD

from tenure.analytics.errors import SpecError
from tenure.core import audit, team
from tenure.core.models import User

pytestmark = pytest.mark.django_db


def test_the_first_admin_starts_a_new_workspace(now: datetime) -> None:
    assert team.is_new()
    admin = team.make_first_admin(" Alice@Example.com ", PASSWORD, "Alice", now=now)
    assert (admin.email, admin.role, admin.check_password(PASSWORD)) == (
        "alice@example.com",
        "admin",
        True,
    )
    assert not team.is_new()
    with pytest.raises(SpecError, match="first admin"):
        team.make_first_admin("bob@example.com", PASSWORD, now=now)


@pytest.mark.parametrize("password", ["", "short", "password123", "alice@example.com"])
def test_a_weak_password_is_refused_and_leaves_nobody(password: str, now: datetime) -> None:
    with pytest.raises(SpecError) as refused:
        team.make_first_admin("alice@example.com", password, now=now)
    assert refused.value.key == "password"
    assert team.is_new()


@pytest.mark.parametrize("email", ["", "bob", "bob@", "a@b@c.com", "b" * 300 + "@example.com"])
def test_who_is_invited_needs_a_mail_address(email: str, alice: Any, now: datetime) -> None:
    with pytest.raises(SpecError) as refused:
        team.invite(email, "csm", by=alice, now=now)
    assert refused.value.key == "email"


def test_bob_sets_his_password_by_the_link_once(alice: Any, now: datetime) -> None:
    bob, path = team.invite("Bob@example.com", "csm", "Bob", by=alice, now=now)
    assert not bob.has_usable_password()
    browser = Client()
    form = browser.get(path, follow=True)
    address = form.redirect_chain[-1][0]
    browser.post(address, {"password1": PASSWORD, "password2": PASSWORD})
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    again = Client().get(path, follow=True)
    assert again.context["token_fail"]


def test_inviting_twice_is_refused_whatever_the_case(alice: Any, bob: Any, now: datetime) -> None:
    with pytest.raises(SpecError, match="already in the team"):
        team.invite("BOB@example.com", "csm", by=alice, now=now)


def test_an_unknown_role_is_refused(alice: Any, bob: Any, now: datetime) -> None:
    for refused in (
        lambda: team.invite("dora@example.com", "king", by=alice, now=now),
        lambda: team.change_role(bob.pk, "king", by=alice, now=now),
    ):
        with pytest.raises(SpecError, match="king"):
            refused()


def test_a_new_role_is_audited_from_and_to(alice: Any, bob: Any, now: datetime) -> None:
    team.change_role(bob.pk, "cs_lead", by=alice, now=now)
    team.change_role(bob.pk, "cs_lead", by=alice, now=now)
    (entry,) = audit.entries(target_id="bob@example.com")
    assert entry.actor == "alice@example.com"
    assert (entry.before["role"], entry.after["role"]) == ("csm", "cs_lead")


def test_the_last_admin_stays(alice: Any, bob: Any, now: datetime) -> None:
    for change in (
        lambda: team.change_role(alice.pk, "csm", by=alice, now=now),
        lambda: team.deactivate(alice.pk, by=alice, now=now),
    ):
        with pytest.raises(SpecError, match="last admin"):
            change()
    team.change_role(bob.pk, "admin", by=alice, now=now)
    bob.refresh_from_db()
    assert team.change_role(alice.pk, "csm", by=User.objects.get(pk=bob.pk), now=now).role == "csm"


def test_an_admin_who_left_does_not_count(alice: Any, bob: Any, now: datetime) -> None:
    team.change_role(bob.pk, "admin", by=alice, now=now)
    team.deactivate(bob.pk, by=alice, now=now)
    with pytest.raises(SpecError, match="last admin"):
        team.deactivate(alice.pk, by=alice, now=now)


def test_who_leaves_is_out_at_once_and_may_come_back(alice: Any, bob: Any, now: datetime) -> None:
    browser = Client()
    browser.force_login(bob)
    assert browser.get("/api/v1/team").status_code == 200
    team.deactivate(bob.pk, by=alice, now=now)
    assert browser.get("/api/v1/team").status_code == 401
    with pytest.raises(SpecError, match="deactivated"):
        team.new_link(User.objects.get(pk=bob.pk), by=alice, now=now)
    team.reactivate(bob.pk, by=alice, now=now)
    assert [e.action for e in audit.entries(target_id=bob.email)] == [
        "team.reactivate",
        "team.deactivate",
    ]


def test_a_profile_needs_a_real_time_zone(bob: Any, now: datetime) -> None:
    team.update_profile(bob, name="Robert", timezone="Europe/Berlin", now=now)
    with pytest.raises(SpecError, match="Berlim"):
        team.update_profile(bob, name="Robert", timezone="Europe/Berlim", now=now)
    assert User.objects.get(pk=bob.pk).name == "Robert"

"""The shell around every page: who gets in, what they see, and what a browser may run."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from people import PASSWORD

from tenure.core import policy, roles
from tenure.kit import workspace_name

PAGES = ("/accounts/", "/profile/", "/start/")


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
@pytest.mark.parametrize("path", PAGES)
def test_every_role_may_open_these_pages(customers, seen_by, colleague, role, path):
    assert seen_by(colleague(role)).get(path).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/accounts/export.csv", "/accounts/a/acc_000001"])
def test_nobody_gets_in_without_signing_in(customers, path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/login/?next=")


def test_charlie_who_left_is_not_let_in(customers, charlie):
    client = Client()
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/accounts/").status_code == 302


def test_a_role_without_a_permission_is_told_which_one(customers, seen_by, colleague, now, alice):
    text = re.sub(r'"accounts.view",\s*', "", policy.default_text("roles"))
    policy.save("roles", text, alice, "closed", now)
    answer = seen_by(colleague("support")).get("/accounts/")
    assert answer.status_code == 403
    assert b"accounts.view" in answer.content
    assert b'href="/accounts/"' not in seen_by(colleague("analyst")).get("/start/").content


def test_the_navigation_shows_only_where_a_role_may_go(customers, seen_by, colleague):
    page = seen_by(colleague("support")).get("/accounts/").content.decode()
    shown = set(re.findall(r'<li><a href="(/\w+/)"', page))
    assert "/accounts/" in shown
    assert "/validation/" not in shown
    assert not roles.table().granted("support") & {"validation.view"}


def test_the_page_one_is_on_is_marked(customers, seen_by, bob):
    page = seen_by(bob).get("/accounts/").content.decode()
    assert '<a href="/accounts/" aria-current="page">' in page


@pytest.mark.parametrize("path", [*PAGES, "/sign-in/login/", "/no-such-page", "/accounts/count"])
def test_only_our_own_scripts_and_styles_may_run(customers, seen_by, bob, path):
    client = Client() if "sign-in" in path else seen_by(bob)
    answer = client.get(path)
    sources = answer["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in sources
    assert "unsafe" not in sources
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", [*PAGES, "/accounts/a/acc_000003", "/sign-in/2fa/"])
def test_pages_hold_no_inline_style_script_or_handler(customers, seen_by, bob, path):
    page = seen_by(bob).get(path).content.decode()
    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)


def test_an_expired_session_reloads_the_page_for_htmx(customers):
    answer = Client().get("/accounts/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (401, "true")


def test_times_are_shown_in_the_zone_of_the_reader(customers, seen_by, bob):
    bob.timezone = "Asia/Tokyo"
    bob.save()
    page = seen_by(bob).get("/accounts/a/acc_000001").content.decode()
    assert "18:00 JST" in page


def test_an_unknown_zone_does_not_break_the_page(customers, seen_by, bob):
    bob.timezone = "../etc/passwd"
    bob.save()
    assert seen_by(bob).get("/accounts/").status_code == 200


def test_the_workspaces_name_stands_in_the_sidebar(customers, seen_by, alice, bob, now):
    workspace_name.write('Acme "Cloud" & Söhne', alice, now)
    assert "Acme &quot;Cloud&quot; &amp; Söhne" in seen_by(bob).get("/start/").content.decode()


def test_a_form_older_than_the_session_is_refused_kindly(customers, bob):
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/accounts/views", {"name": "x"})
    assert answer.status_code == 403
    assert b"This form had expired" in answer.content


def test_an_error_of_ours_is_told_without_detail(customers, bob, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("tenure.web.accounts.listing.Listing.page", broken)
    client = Client(raise_request_exception=False)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/accounts/")
    assert answer.status_code == 500
    assert b"Something broke on our side" in answer.content
    assert b"secret detail" not in answer.content


def test_sign_in_and_out(alice):
    client = Client()
    answer = client.post("/sign-in/login/", {"login": alice.email, "password": PASSWORD})
    assert answer["Location"] == "/"
    assert client.get("/profile/").status_code == 200
    client.post("/sign-in/logout/")
    assert client.get("/profile/").status_code == 302


def test_after_too_many_wrong_passwords_the_door_is_closed_for_a_while(alice):
    client = Client()
    for _ in range(8):
        answer = client.post("/sign-in/login/", {"login": alice.email, "password": "wrong"})
    assert answer.status_code == 429
    assert b"Too many wrong passwords" in answer.content
    right = client.post("/sign-in/login/", {"login": alice.email, "password": PASSWORD})
    assert right.status_code == 429


def test_nobody_signs_up_by_themselves(alice):
    answer = Client().get("/sign-in/signup/")
    assert b"password1" not in answer.content


def test_who_forgot_a_password_is_sent_to_an_admin_and_no_mail_is_promised(alice):
    page = Client().get("/sign-in/password/reset/").content
    assert b"Ask an admin" in page
    assert b'name="email"' not in page


def test_before_two_factor_is_changed_the_password_is_asked_for(seen_by, alice):
    answer = seen_by(alice).get("/sign-in/2fa/totp/activate/", follow=True)
    assert b'name="password"' in answer.content
    assert b"Forgot" not in answer.content

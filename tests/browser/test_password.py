"""Setting a password by the link of an invitation, and what stands around it."""

from __future__ import annotations

from people import NOW, PASSWORD

from tenure.core import team


def test_dana_sets_her_password_and_signs_in(browse, alice):
    _, path = team.invite("dana@example.com", "csm", "Dana", by=alice, now=NOW)
    window = browse(None, "dark", phone=True)
    page = window.open(path)
    window.check()
    page.fill("input[name=password1]", PASSWORD)
    page.fill("input[name=password2]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Your password is set")
    window.check()
    page.click("main a:has-text('Sign in')")
    page.fill("input[name=login]", "dana@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/start/")


def test_a_used_link_and_a_forgotten_password_lead_to_an_admin(browse, alice):
    window = browse(None)
    for path in ("/sign-in/password/reset/key/1-abc-def/", "/sign-in/password/reset/"):
        window.open(path)
        window.check()

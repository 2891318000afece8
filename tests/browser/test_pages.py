"""Every page in real Chromium: calm console, clean axe, light and dark, wide and phone."""

from __future__ import annotations

import pytest
from people import PASSWORD

LOOKS = [("light", False), ("dark", False), ("light", True), ("dark", True)]
IDS = ["light", "dark", "phone", "phone-dark"]
looks = pytest.mark.parametrize(("theme", "phone"), LOOKS, ids=IDS)
# Where pages share all their parts with those above, the two extremes do.
extremes = pytest.mark.parametrize(("theme", "phone"), LOOKS[::3], ids=IDS[::3])


@looks
def test_pages_of_a_colleague(browse, customers, alice, theme, phone):
    window = browse(alice, theme, phone)
    for path in ("/accounts/", "/accounts/a/acc_000003", "/start/", "/profile/", "/sign-in/2fa/"):
        window.open(path)
        window.check()


@extremes
def test_pages_without_content(browse, workspace, alice, theme, phone):
    window = browse(alice, theme, phone)
    for path in ("/accounts/", "/accounts/?q=nobody", "/no-such-page"):
        window.open(path)
        window.check()


@extremes
def test_pages_before_sign_in(browse, db, theme, phone):
    window = browse(None, theme, phone)
    page = window.open("/")
    page.wait_for_url("**/first-run/")
    window.check()
    page.click("main button[type=submit]")
    page.wait_for_selector(".errors")
    window.check()


@extremes
def test_sign_in(browse, alice, theme, phone):
    window = browse(None, theme, phone)
    page = window.open("/sign-in/login/")
    for password in ("wrong", PASSWORD):
        page.fill("input[name=login]", alice.email)
        page.fill("input[name=password]", password)
        page.click("main button[type=submit]")
        if password == "wrong":
            page.wait_for_selector("[role=alert]")
            window.check()
    page.wait_for_selector(".sidebar", state="attached")


@extremes
def test_what_opens_on_an_account(browse, customers, bob, theme, phone):
    window = browse(bob, theme, phone)
    page = window.open("/accounts/a/acc_000003")
    page.click(".dimension summary >> nth=0")
    page.click(".dimension[open] .link >> nth=0")
    page.wait_for_selector("#behind .mono")
    window.check()
    page.keyboard.press("Escape")
    page.click("text=Override score")
    window.check()

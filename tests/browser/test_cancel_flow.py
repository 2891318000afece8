"""The cancel flow in real Chromium: the hosted page, and the dialog in a product elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from browser.axe import violations
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from programs.cancel.cancelling import Company, make

from tenure.channels.in_app import keys, tokens
from tenure.channels.in_app.pages import answers
from tenure.channels.models import InAppKey
from tenure.programs.cancel.models import Visit

pytestmark = pytest.mark.django_db(transaction=True)
LOOKS = [("light", False), ("dark", True)]
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<script src="{tenure}/in-app/v1/cancel.js" data-token="{token}" defer></script></head>
<body><main><h1>Shop</h1><a href="{tenure}/m/cancel/{token}/" data-tenure-cancel>Cancel</a>
</main></body></html>"""
POLICY = "default-src 'none'; script-src {tenure}; connect-src {tenure}; frame-ancestors 'none'"


@pytest.fixture
def company(workspace: Any, monkeypatch: pytest.MonkeyPatch, alice: Any) -> Company:
    answers.limiter.windows.clear()
    return make(monkeypatch)


@pytest.fixture
def token(company: Company, alice: Any) -> str:
    key: InAppKey = keys.make("Shop", alice, now=timezone.now())
    expires = int(timezone.now().timestamp()) + 600
    return tokens.make(key.secrets[0], key.public_id, "ann", "acme", expires, ["cancel"])


@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_every_hosted_screen_is_clean(
    browse: Any, company: Company, token: str, theme: str, phone: bool
) -> None:
    seen = browse(theme=theme, phone=phone)
    page: Page = seen.open(f"/m/cancel/{token}/")
    seen.check()
    page.get_by_label("It is too expensive for us").check()
    expect(page.get_by_label("What would be a fair price")).to_be_visible()
    expect(page.get_by_label("What went wrong?")).to_be_hidden()
    page.get_by_label("What would be a fair price").fill("Half")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", name="25 % off")).to_be_visible()
    seen.check()
    page.get_by_role("button", name="No, continue to cancel").click()
    expect(page.get_by_role("heading", name="A smaller plan: Basic")).to_be_visible()
    seen.check()
    page.get_by_role("button", name="Cancel my subscription").click()
    expect(page.get_by_role("heading", name="Your subscription is cancelled")).to_be_visible()
    seen.check()
    page.get_by_label("Maybe").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert Visit.objects.get().would_return == "maybe"


def test_the_hosted_page_goes_without_script_and_by_keyboard_alone(
    chromium: Browser, live_server: Any, company: Company, token: str
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{live_server.url}/m/cancel/{token}/")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator("button:focus").count():
            break
    page.keyboard.press("Tab")
    assert page.locator("button:focus").inner_text() == "Ohne Grund weiter"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Abonnement kündigen?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ihr Abonnement ist gekündigt")).to_be_visible()
    assert Visit.objects.get().outcome == "cancelled"
    context.close()


@pytest.fixture
def shop(live_server: Any, token: str) -> Iterator[dict[str, str]]:
    fields = {"tenure": live_server.url, "token": token, "lang": "en", "url": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-security-policy", POLICY.format(**fields))
            self.end_headers()
            self.wfile.write(PAGE.format(**fields).encode())

        def log_message(self, *_args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fields["url"] = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield fields
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(chromium: Browser, shop: dict[str, str]) -> Iterator[Callable[..., Page]]:
    opened = []

    def make_page(**look: Any) -> Page:
        context = chromium.new_context(reduced_motion="reduce", **look)
        opened.append(context)
        page = context.new_page()
        page.faults = []  # type: ignore[attr-defined]
        page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)  # type: ignore[attr-defined]
        page.on("pageerror", lambda e: page.faults.append(str(e)))  # type: ignore[attr-defined]
        page.goto(shop["url"])
        page.wait_for_load_state("networkidle")
        return page

    yield make_page
    for context in opened:
        context.close()


def clean(page: Page) -> None:
    assert page.faults == []  # type: ignore[attr-defined]
    assert violations(page) == []
    page.faults.clear()  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_the_dialog_goes_all_the_way_on_a_strict_host(visit: Any, theme: Any, phone: bool) -> None:
    size = {"width": 360, "height": 720} if phone else {"width": 1280, "height": 900}
    page: Page = visit(color_scheme=theme, viewport=size)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("dialog", name="Cancel your subscription")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Please choose a reason, or go on without one.")
    page.get_by_label("It is too expensive for us").check()
    page.get_by_label("What would be a fair price").fill("Half")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("dialog", name="25 % off for 3 months")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="No, continue to cancel").click()
    expect(page.get_by_role("dialog", name="Cancel your subscription?")).to_be_visible()
    expect(page.get_by_text("Sign-in by SSO")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="Cancel my subscription").click()
    expect(page.get_by_role("dialog", name="Your subscription is cancelled")).to_be_visible()
    clean(page)
    page.get_by_label("Maybe").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    row = Visit.objects.get()
    assert (row.outcome, row.more, row.would_return) == ("cancelled", "Half", "maybe")


def test_a_dialog_that_was_closed_goes_on_where_it_was(visit: Any) -> None:
    page: Page = visit()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("We only need it at times").check()
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("dialog", name="A pause of up to 3 months")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("dialog", name="A pause of up to 3 months")).to_be_visible()
    page.get_by_label("2 months").check()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("dialog", name="It is arranged")).to_be_visible()
    assert Visit.objects.get().offers.get().months == 2


def test_where_the_script_cannot_ask_the_link_is_followed(visit: Any, shop: dict[str, str]) -> None:
    page: Page = visit()
    page.route("**/in-app/v1/cancel/**", lambda route: route.abort())
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/m/cancel/**")
    expect(page.get_by_role("heading", name="Cancel your subscription")).to_be_visible()

"""Messages in a customer's product: a page of another origin, a strict policy, real Chromium."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from browser.axe import violations
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tenure.channels import reception
from tenure.channels.drafts import Draft, submit
from tenure.channels.in_app import keys, tokens
from tenure.channels.in_app.pages import answers
from tenure.channels.models import InAppKey, Reception, Refusal

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = """<!doctype html><html lang="en" dir="{dir}"><head><meta charset="utf-8"><title>Shop</title>
<script src="{tenure}/in-app/v1/tenure.js" data-token="{token}" defer></script></head>
<body><main><h1>Shop</h1><button id="here">Work</button>
<div data-tenure-slot="checklist"></div></main></body></html>"""
POLICY = (
    "default-src 'none'; script-src 'self' {tenure}; connect-src {tenure}; "
    "worker-src 'self'; frame-ancestors 'none'"
)
WORKER = 'importScripts("{tenure}/in-app/v1/push-worker.js");'
EVIL = '<img src=x onerror="document.title=1"> & <b>bold</b>'


class Shop:
    """The customer's product: one page on a host of its own."""

    def __init__(self, tenure: str) -> None:
        self.fields = {"tenure": tenure, "token": "", "dir": "ltr"}
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                worker = self.path == "/tenure-worker.js"
                kind = "text/javascript" if worker else "text/html; charset=utf-8"
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-security-policy", POLICY.format(tenure=tenure))
                self.end_headers()
                text = WORKER if worker else PAGE
                self.wfile.write(text.format(**shop.fields).encode())

            def log_message(self, *_args: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def key(alice: Any) -> InAppKey:
    answers.limiter.windows.clear()
    return keys.make("Shop", alice, now=timezone.now())


@pytest.fixture
def shop(live_server: Any, key: InAppKey) -> Iterator[Shop]:
    found = Shop(live_server.url)
    found.fields["token"] = token_of(key)
    yield found
    found.server.shutdown()
    found.server.server_close()


def token_of(key: InAppKey, person: str = "ann") -> str:
    expires = int(timezone.now().timestamp()) + 600
    return tokens.make(key.secrets[0], key.public_id, person, "acme", expires)


@pytest.fixture
def visit(chromium: Browser, shop: Shop) -> Iterator[Callable[..., Page]]:
    opened = []

    def make(**look: Any) -> Page:
        context = chromium.new_context(**look)
        opened.append(context)
        page = context.new_page()
        page.faults = []  # type: ignore[attr-defined]
        page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)  # type: ignore[attr-defined]
        page.on("pageerror", lambda e: page.faults.append(str(e)))  # type: ignore[attr-defined]
        page.goto(shop.url)
        page.wait_for_load_state("networkidle")
        return page

    yield make
    for context in opened:
        context.close()


def lay_in(slot: str, purpose: str = "payment", **content: Any) -> str:
    said = {"slot": slot, "title": "Exports run at night", "text": "No need to wait for them."}
    now = timezone.now() - timedelta(minutes=1)
    submit([Draft(slot, "in_app", purpose, "ann", said | content, now, person_id="ann",
                  account_id="acme")], now=now)  # fmt: skip
    placed = reception.place(slot, slot, 14, now)
    assert placed is not None
    return placed.code


def row(slot: str) -> Reception:
    return Reception.objects.get(slot=slot)


def settled(page: Page, true: Callable[[], Any]) -> None:
    for _ in range(100):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it was not recorded")


LOOKS = [
    {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 360, "height": 720}},
]


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark-phone"])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("slot", ["banner", "message", "modal", "checklist"])
def test_every_slot_is_calm_and_clean_on_a_strict_host(
    visit: Any, shop: Shop, slot: str, direction: str, look: Any
) -> None:
    shop.fields["dir"] = direction
    items = [{"text": "Invite a colleague", "link": "https://shop.example/team"},
             {"text": "Import a file"}]  # fmt: skip
    more = {"items": items} if slot == "checklist" else {"link": "/x", "link_text": "See how"}
    lay_in(slot, "help", **more)
    page = visit(**look, reduced_motion="reduce")
    expect(page.get_by_text("Exports run at night")).to_be_visible()
    assert page.faults == []
    settled(page, lambda: row(slot).seen_at)
    assert violations(page) == []
    wide = "document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(wide) <= 0


def test_words_are_words_and_never_markup(visit: Any, shop: Shop) -> None:
    lay_in("banner", title=EVIL, text=EVIL)
    page = visit()
    expect(page.get_by_role("heading", name=EVIL)).to_be_visible()
    assert page.title() == "Shop"


def test_a_link_that_is_no_page_is_not_drawn(visit: Any, shop: Shop) -> None:
    lay_in("banner", link="/x", link_text="Go")
    row("banner").message.__class__.objects.update(  # as if it had come past the check
        content={"slot": "banner", "title": "T", "text": "x", "link": "javascript:alert(1)"}
    )
    page = visit()
    expect(page.get_by_role("heading", name="T")).to_be_visible()
    assert page.get_by_role("link").count() == 0


def test_closing_is_recorded_and_it_does_not_come_back(visit: Any, shop: Shop) -> None:
    lay_in("banner")
    page = visit()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Exports")).to_have_count(0)
    settled(page, lambda: row("banner").dismissed_at)
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.get_by_role("heading", name="Exports").count() == 0


def test_a_click_is_recorded_although_the_page_goes_away(visit: Any, shop: Shop) -> None:
    lay_in("message", link="/exports", link_text="See how")
    page = visit()
    page.get_by_role("link", name="See how").click()
    page.wait_for_url("**/exports")
    settled(page, lambda: row("message").clicked_at)


def test_a_modal_keeps_the_focus_closes_by_escape_and_gives_it_back(visit: Any, shop: Shop) -> None:
    lay_in("modal", link="/x", link_text="See how")
    page = visit()
    dialog = page.get_by_role("dialog", name="Exports run at night")
    expect(dialog).to_be_visible()
    inner = "document.querySelector('[data-tenure-slot=modal] > div').shadowRoot.activeElement"
    seen = []
    for _ in range(5):
        seen.append(page.evaluate(f"{inner}?.textContent"))
        page.keyboard.press("Tab")
    assert seen == ["See how", "Close", "See how", "Close", "See how"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    settled(page, lambda: row("modal").dismissed_at)
    page.get_by_role("button", name="Work").click()  # nothing lies over the page any more


def test_escape_closes_a_message_that_has_the_focus(visit: Any, shop: Shop) -> None:
    lay_in("message")
    page = visit()
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    settled(page, lambda: row("message").dismissed_at)


def test_no_more_like_this_is_a_refusal(visit: Any, shop: Shop) -> None:
    lay_in("banner", "expansion")
    page = visit()
    page.get_by_role("button", name="No more like this").click()
    settled(page, Refusal.objects.exists)
    assert Refusal.objects.get().purpose == "expansion"


def test_ticks_of_a_checklist_stay(visit: Any, shop: Shop) -> None:
    lay_in("checklist", "onboarding", items=[{"text": "Invite a colleague"}, {"text": "Import"}])
    page = visit()
    page.get_by_role("checkbox", name="Import").press("Space")
    settled(page, lambda: row("checklist").done == [1])
    page.reload()
    expect(page.get_by_role("checkbox", name="Import")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Invite a colleague")).not_to_be_checked()


def test_a_product_of_one_page_changes_who_is_signed_in(
    visit: Any, shop: Shop, key: InAppKey
) -> None:
    lay_in("banner")
    shop.fields["token"] = ""
    page = visit()
    assert page.get_by_role("heading", name="Exports").count() == 0
    page.evaluate("t => Tenure.start({ token: async () => t })", token_of(key))
    expect(page.get_by_role("heading", name="Exports")).to_be_visible()
    page.evaluate("() => Tenure.stop()")
    expect(page.get_by_role("heading", name="Exports")).to_have_count(0)
    page.evaluate("t => Tenure.start({ token: async () => t })", token_of(key, "bo"))
    assert page.get_by_role("heading", name="Exports").count() == 0
    assert page.faults == []


def test_what_is_withdrawn_goes_from_an_open_page(visit: Any, shop: Shop) -> None:
    lay_in("banner")
    page = visit()
    expect(page.get_by_role("heading", name="Exports")).to_be_visible()
    Reception.objects.update(withdrawn_at=timezone.now())
    page.evaluate("() => Tenure.refresh()")
    expect(page.get_by_role("heading", name="Exports")).to_have_count(0)


def test_the_worker_shows_a_push_and_says_that_it_was_seen(
    chromium: Browser, shop: Shop, settings: Any
) -> None:
    from tenure.channels.outbox import parcel_of
    from tenure.channels.push.transport import payload
    from tenure.core import policy

    settings.PUBLIC_URL = shop.fields["tenure"]
    now = timezone.now()
    content = {"title": "Three reports wait", "text": EVIL, "link": "/reports"}
    submit([Draft("p1", "push", "help", "ann", content, now, "play:q", "ann", "acme")], now=now)
    placed = reception.place("p1", "push", 1, now)
    assert placed is not None
    sealed_away = payload(parcel_of(placed.message, policy.load("channels")), placed.code)
    context = chromium.new_context(permissions=["notifications"])
    page = context.new_page()
    page.goto(shop.url)
    cdp = context.new_cdp_session(page)
    found: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda e: found.extend(r["registrationId"] for r in e["registrations"]),
    )
    cdp.send("ServiceWorker.enable")
    page.evaluate(
        "navigator.serviceWorker.register('/tenure-worker.js')"
        ".then(() => navigator.serviceWorker.ready).then(() => 1)"
    )
    settled(page, lambda: found)
    told = {"origin": shop.url.rstrip("/"), "registrationId": found[-1]}
    for _ in range(2):  # the same again takes the place of the first
        cdp.send("ServiceWorker.deliverPushMessage", told | {"data": sealed_away.decode()})
        settled(page, lambda: row("push").seen_at)
    shown = page.evaluate(
        "navigator.serviceWorker.ready.then((r) => r.getNotifications())"
        ".then((all) => all.map((n) => [n.title, n.body, n.data.link]))"
    )
    assert shown == [["Three reports wait", EVIL, "/reports"]]
    context.close()

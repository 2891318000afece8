"""Real pages in real Chromium: what is checked of each, whatever it shows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from people import NOW
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a browser test, skipped (loudly) where there is no Chromium."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs the Debian package chromium"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module. Not for the session: playwright keeps an event loop running in
    this thread, which Django is told to bear, and which tests of other rooms must not meet."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


class Watched:
    """A page whose console, errors and refused requests are remembered."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.url = url
        self.faults: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("response", self._answered)

    def _heard(self, message: Any) -> None:
        # A refused status is judged in _answered: an error page is a page, too.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"{message.type}: {message.text}")

    def _answered(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} from {response.url}")

    def open(self, path: str) -> Page:
        """Go there, and wait until its panels are loaded."""
        self.page.goto(self.url + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def check(self) -> None:
        """No fault was heard, axe finds nothing, and nothing is wider than the screen."""
        assert self.faults == []
        found = Axe().run(self.page, options={"preload": False}).response["violations"]
        self.faults.clear()  # axe tries inline styles of its own, which the policy refuses
        assert [_violation(v) for v in found] == []
        width = "document.documentElement.scrollWidth - window.innerWidth"
        assert self.page.evaluate(width) <= 0, "the page scrolls sideways"


def _violation(found: dict[str, Any]) -> str:
    places = [f"{n['target']} {n.get('failureSummary', '')}" for n in found["nodes"][:4]]
    return f"{found['id']}: {' | '.join(places)}"


@pytest.fixture
def browse(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Watched]]:
    """Open a window: ``browse(user, theme="dark", phone=True)``; user None is nobody."""
    opened: list[BrowserContext] = []

    def make(user: Any = None, theme: Any = "light", phone: bool = False) -> Watched:
        context = chromium.new_context(
            viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
            color_scheme=theme,
            reduced_motion="reduce",
        )
        opened.append(context)
        watched = Watched(context, live_server.url)
        if user is not None:
            sign_in(watched, user)
        return watched

    yield make
    for context in opened:
        context.close()


def sign_in(watched: Watched, user: Any) -> None:
    """With the cookie of a session; the form itself has a test of its own."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": watched.url}
    watched.page.context.add_cookies([cookie])


@pytest.fixture
def customers(workspace: Any, alice: Any, bob: Any) -> list[Any]:
    """Sixty accounts, so that there is more than one page of them."""
    from web.factories import company

    return company(60, [alice, bob], NOW)

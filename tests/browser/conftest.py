"""Real pages in real Chromium: what is checked of each, whatever it shows."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from browser.watching import PHONE, WIDE, Watched
from django.test import Client
from people import NOW
from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM = shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a browser test, skipped (loudly) where there is no Chromium."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs the Debian package chromium"))


@dataclass(frozen=True)
class Launched:
    """Chromium, and the event loop on which playwright talks to it."""

    browser: Browser
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def launched() -> Iterator[Launched]:
    """One browser for a process. Playwright keeps its event loop running in this thread as long as
    the browser lives, which other tests must not meet: it is hidden whenever no test browses."""
    with sync_playwright() as playwright:
        loop = asyncio.get_running_loop()
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        asyncio._set_running_loop(None)
        yield Launched(browser, loop)
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def chromium(launched: Launched, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The browser, with its event loop running, which Django is told to bear."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    asyncio._set_running_loop(launched.loop)
    yield launched.browser
    asyncio._set_running_loop(None)


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

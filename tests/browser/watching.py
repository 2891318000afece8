"""What is watched and checked of each page in Chromium, whatever it shows."""

from __future__ import annotations

from typing import Any

from browser.axe import violations
from playwright.sync_api import BrowserContext, Page

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
STICKING_OUT = """() => {
  const scrolled = e => e && e !== document.body &&
    (getComputedStyle(e).overflowX !== "visible" || scrolled(e.parentElement));
  return [...document.querySelectorAll("main *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolled(e.parentElement))
    .slice(0, 3).map(e => e.outerHTML.slice(0, 120));
}"""
"""What makes a page too wide: for whoever has to mend it."""


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
        assert self.violations() == []
        assert self.page.evaluate(TOO_WIDE) <= 0, "the page scrolls sideways"

    def violations(self) -> list[str]:
        """What axe finds. It tries inline styles of its own, which the policy refuses: no fault."""
        before = list(self.faults)
        found = violations(self.page)
        self.faults[:] = before
        return found

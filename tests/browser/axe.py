"""What axe finds wrong with a page, in the fewest steps: only violations are worked out and
brought over, whose alternative took as long as all else that a test of a page does."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_OPTIONS = {"preload": False, "resultTypes": ["violations"]}
_RUN = "async options => (await axe.run(options)).violations"


def violations(page: Page) -> list[str]:
    """One text for each rule that is broken: its name, where, and why."""
    page.evaluate(AXE_SCRIPT)
    return [_text(found) for found in page.evaluate(_RUN, _OPTIONS)]


def _text(found: dict[str, Any]) -> str:
    places = [f"{n['target']} {n.get('failureSummary', '')}" for n in found["nodes"][:4]]
    return f"{found['id']}: {' | '.join(places)}"

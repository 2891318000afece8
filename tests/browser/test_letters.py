"""A play's mail in both of its parts, on its preview, in real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from browser.test_pages import extremes
from people import NOW
from plays.test_plays_pages import PERSONAL

from tenure.core import policy as policies

pytestmark = pytest.mark.browser


@extremes
def test_a_mail_is_shown_as_html_and_as_text(
    browse: Any, customers: Any, alice: Any, theme: str, phone: bool
) -> None:
    policies.save("plays/ways", PERSONAL, "alice", "", NOW)
    window = browse(alice, theme, phone)
    page = window.open("/plays/ways/preview/?account=acc_000001")
    assert page.inner_text(".letter.html a") == "Open it"
    assert "Open it: https://shop.example/open" in page.inner_text("pre.letter >> nth=0")
    window.check()

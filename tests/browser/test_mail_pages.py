"""Settings, Mail and the preference page in real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from browser.test_pages import extremes

from tenure.channels import unsubscribing
from tenure.channels.drafts import Draft, submit
from tenure.channels.mail import taking_in
from tenure.channels.mail.notices import Notice
from tenure.channels.models import Message, Refusal
from tenure.core import mail_server

pytestmark = pytest.mark.browser


def mails() -> None:
    """Two mails: one arrived, one came back."""
    from django.utils import timezone

    now = timezone.now()
    for name in ("ann", "bo"):
        content = {"subject": f"Can we help, {name}?", "text": "Hello"}
        address = f"{name}@example.com"
        submit([Draft(name, "mail", "help", address, content, now, "play:help", name)], now=now)
    Message.objects.update(state="sent", settled_at=now)
    Message.objects.filter(key="ann").update(receipt="r-ann")
    Message.objects.filter(key="bo").update(receipt="r-bo")
    said = "550 5.1.1 The email account that you tried to reach does not exist"
    for kind, name in (("delivered", "ann"), ("hard", "bo")):
        notice = Notice(
            kind, f"{name}@example.com", said, "postmark", name, now, receipt=f"r-{name}"
        )  # type: ignore[arg-type]
        taking_in.take_in(notice, now=now, proven=True)


@extremes
def test_settings_of_mail(
    browse: Any, workspace: Any, alice: Any, settings: Any, theme: str, phone: bool
) -> None:
    window = browse(alice, theme, phone)
    window.open("/settings/mail/")
    window.check()
    settings.MAIL_WAY = mail_server.read(
        {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "k", "TENURE_MAIL_WEBHOOK": "h:" + "x" * 20}
    )
    settings.MAIL_IS_SET_UP = True
    mails()
    page = window.open("/settings/mail/")
    assert "Does not exist" in page.inner_text("main")
    window.check()
    page.click("text=Send a test mail to")
    page.wait_for_selector("text=is on its way")
    window.check()


@extremes
def test_the_preference_page(browse: Any, workspace: Any, theme: str, phone: bool) -> None:
    window = browse(None, theme, phone)
    page = window.open(f"/m/{unsubscribing.token('ann', 'help')}/")
    window.check()
    page.click("summary:has-text('Push')")
    page.uncheck("input[value='push:news']")
    page.click("main button:has-text('Save')")
    page.wait_for_selector("text=It holds from now on")
    window.check()
    assert Refusal.objects.get().purpose == "news"
    page.click("details:has-text('To your mailbox') button:has-text('Nothing by this way')")
    page.wait_for_selector("summary:has-text('Mail'):has-text('Off')")
    window.check()
    assert set(Refusal.objects.values_list("channel", "purpose")) == {
        ("push", "news"), ("mail", "any"),
    }  # fmt: skip

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from servers import NOON, Clock, Mailbox, Posted, mail_server, receiver

from tenure.channels.drafts import Draft


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A mail server, with Tenure told of it."""
    with mail_server(Mailbox()) as box:
        settings.MAIL_IS_SET_UP = True
        settings.EMAIL_BACKEND = "tenure.channels.mail.transport.TellingBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_USE_TLS = False
        yield box


@pytest.fixture
def hook(db: None) -> Iterator[Posted]:
    """A receiver of webhooks, known to Tenure as the endpoint ``crm``."""
    from tenure.channels.models import Endpoint
    from tenure.channels.webhook.signing import new_secret

    with receiver(Posted()) as kept:
        Endpoint.objects.create(
            name="crm", channel="webhook", url=kept.url, secrets=[new_secret()], created_at=NOON
        )
        yield kept


@pytest.fixture
def mail() -> Callable[..., Draft]:
    """A mail that wants to go out at noon."""

    def make(key: str = "hello", **fields: Any) -> Draft:
        given: dict[str, Any] = {
            "channel": "mail",
            "purpose": "help",
            "address": "ann@example.com",
            "content": {"subject": "Can we help?", "text": "Hello Ann,\n\nhow is it going?"},
            "due_at": NOON,
            "source": "play:help",
            "person_id": "ann",
            "account_id": "acme",
        } | fields
        return Draft(key, **given)

    return make

"""Endpoints: where webhooks and team-chat messages go. Made, rotated and switched by colleagues."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from tenure.analytics.errors import SpecError
from tenure.channels.models import Endpoint
from tenure.channels.webhook import signing
from tenure.core import audit

CHANNELS = ("webhook", "chat")
_KEPT_SECRETS = 2  # the one in force, and the one before while receivers change over


@transaction.atomic
def make(name: str, channel: str, url: str, by: object, *, now: datetime) -> Endpoint:
    """A new endpoint; webhooks get a signing secret. SpecError for a wrong or taken name or URL."""
    if channel not in CHANNELS:
        raise SpecError("endpoint", "channel", f"is {channel!r}", "use webhook or chat")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SpecError("endpoint", "url", "is no web address", "begin with https://")
    keys = [signing.new_secret()] if channel == "webhook" else []
    try:
        with transaction.atomic():
            made = Endpoint.objects.create(
                name=name, channel=channel, url=url, secrets=keys, created_at=now,
                created_by=audit.actor_name(by)[:254],
            )  # fmt: skip
    except IntegrityError:
        raise SpecError("endpoint", "name", "is taken", "choose another name") from None
    after = {"channel": channel, "host": parts.hostname}
    audit.record(by, "endpoint.made", "endpoint", name, None, after, now=now)
    return made


@transaction.atomic
def rotate(endpoint: Endpoint, by: object, *, now: datetime) -> str:
    """A new secret beside the old one, which goes with the next rotation; gives the new one."""
    kept = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    new = signing.new_secret()
    kept.secrets = [new, *kept.secrets][:_KEPT_SECRETS]
    kept.save(update_fields=["secrets"])
    audit.record(by, "endpoint.rotated", "endpoint", kept.name, now=now)
    return new


@transaction.atomic
def switch(endpoint: Endpoint, active: bool, by: object, *, now: datetime) -> None:
    """Switch an endpoint on or off; what is sent to one that is off is given up, saying so."""
    before = {"active": endpoint.active}
    Endpoint.objects.filter(pk=endpoint.pk).update(active=active)
    audit.record(
        by, "endpoint.switched", "endpoint", endpoint.name, before, {"active": active}, now=now
    )

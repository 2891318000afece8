"""Endpoints: where webhooks and team-chat messages go. Made, rotated and switched by colleagues."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from tenure.analytics.errors import SpecError
from tenure.channels import posting, registry
from tenure.channels.models import Endpoint
from tenure.channels.webhook import signing
from tenure.core import audit

_KEPT_SECRETS = 2  # the one in force, and the one before while receivers change over


@transaction.atomic
def make(name: str, channel: str, url: str, by: object, *, now: datetime) -> Endpoint:
    """A new endpoint; webhooks get a signing secret. SpecError for a wrong or taken name or URL,
    also one that leads into one's own network."""
    possible = registry.addressed_to("endpoint")
    if channel not in possible:
        remedy = f"use {' or '.join(possible)}"
        raise SpecError("endpoint", "channel", f"is {channel!r}", remedy)
    posting.check_url("endpoint", url)
    keys = [signing.new_secret()] if registry.kind(channel).signed else []
    try:
        with transaction.atomic():
            made = Endpoint.objects.create(
                name=name,
                channel=channel,
                url=url,
                secrets=keys,
                created_at=now,
                created_by=audit.actor_name(by)[:254],
            )
    except IntegrityError:
        raise SpecError("endpoint", "name", "is taken", "choose another name") from None
    after = {"channel": channel, "host": urlsplit(url).hostname}
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

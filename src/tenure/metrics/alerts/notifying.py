"""Telling people of alerts: one message a recipient, handed to the outbox with the alerts' change.

Messages to colleagues are transactional: they pass the gate at once, at any hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels import drafts
from tenure.channels.chat.escaping import escaped
from tenure.channels.drafts import Draft
from tenure.core.models import User
from tenure.metrics.alerts import documents
from tenure.metrics.alerts.models import Alert
from tenure.metrics.alerts.policy import SEVERITIES

Address = tuple[str, str]
"""Channel, and the address on it."""


def notify(alerts: Sequence[Alert], *, now: datetime) -> int:
    """Hand in a message for everybody who is to be told; gives how many. In the caller's
    transaction, so that an alert and its message are kept together or not at all."""
    if not alerts:
        return 0
    ordered = sorted(alerts, key=lambda a: (SEVERITIES.index(a.severity), a.pk))
    wanted, untold = _recipients(ordered)
    names = dict(
        Account.objects.filter(pk__in={a.account_id for a in alerts if a.account_id}).values_list(
            "pk", "name"
        )
        if len(alerts) <= 500
        else []
    )
    sent = 0
    for address, listed in wanted.items():
        try:
            drafts.submit([_draft(address, listed, names, now)], now=now)
        except SpecError as error:
            for alert in listed:
                untold.setdefault(alert.pk, f"{address[0]} {address[1]}: {error.problem}")
            continue
        sent += 1
        for alert in listed:
            alert.told = [*alert.told, {"by": address[0], "to": address[1], "at": now.isoformat()}]
    for alert in ordered:
        alert.untold = untold.get(alert.pk, "")
    Alert.objects.bulk_update(ordered, ["told", "untold"], batch_size=500)
    return sent


def _recipients(alerts: Sequence[Alert]) -> tuple[dict[Address, list[Alert]], dict[int, str]]:
    """Whom each alert goes to, by its route; and for whom nobody was found."""
    routes = {route.name: route for route in documents.current().routes}
    people: dict[int, str] = {}
    roles: dict[str, list[str]] = {}
    for user in User.objects.filter(is_active=True).order_by("pk"):
        people[user.pk] = user.email
        roles.setdefault(user.role, []).append(user.email)
    wanted: dict[Address, list[Alert]] = {}
    untold: dict[int, str] = {}
    for alert in alerts:
        to = routes[alert.route].to if alert.route in routes else ()
        found = _addresses(to, people.get(alert.owner_id or 0), roles)
        for address in found:
            wanted.setdefault(address, []).append(alert)
        if to and not found:
            untold[alert.pk] = f"nobody is there for: {', '.join(to)}"
    return wanted, untold


def _addresses(
    to: Sequence[str], owner: str | None, roles: Mapping[str, Sequence[str]]
) -> list[Address]:
    found: list[Address] = []
    for one in to:
        way, _, who = one.partition(":")
        if one == "owner" and owner:
            found.append(("mail", owner))
        elif way == "role":
            found += [("mail", address) for address in roles.get(who, ())]
        elif way in ("mail", "chat"):
            found.append((way, who))
    return list(dict.fromkeys(found))


def _draft(
    address: Address, alerts: Sequence[Alert], names: Mapping[str, str], now: datetime
) -> Draft:
    numbers = documents.current().telling
    lines = [_line(a, names) for a in alerts[: numbers.most_listed]]
    if len(alerts) > numbers.most_listed:
        lines.append(f"and {len(alerts) - numbers.most_listed} more")
    link = f"{settings.PUBLIC_URL}/alerts/"
    head = alerts[0].title if len(alerts) == 1 else f"{len(alerts)} alerts"
    where = names.get(alerts[0].account_id, "") if len(alerts) == 1 else ""
    subject = f"{head}: {where}" if where else head
    text = "\n\n".join([*lines, link])
    content = {"subject": f"[{alerts[0].severity}] {subject}", "text": text}
    if address[0] == "chat":
        said = [f"*{escaped(subject)}*", *map(escaped, lines), link]
        content = {"text": "\n".join(said)}
    newest = max(a.pk for a in alerts)
    return Draft(
        key=f"alerts:{address[0]}:{address[1]}:{newest}:{now.isoformat()}"[:200],
        channel=address[0],
        purpose=numbers.purpose,
        address=address[1],
        content=content,
        due_at=now,
        source="alerts",
    )


def _line(alert: Alert, names: Mapping[str, str]) -> str:
    who = names.get(alert.account_id, alert.account_id)
    about = f"{who}: " if who else ""
    says = f" {alert.says}" if alert.says else ""
    return f"[{alert.severity}] {about}{alert.title}.{says}"

"""The policy document of alerts."""

from __future__ import annotations

from tenure.analytics.errors import SpecError
from tenure.channels.settings import Numbers
from tenure.core import policy, roles
from tenure.core.policy.registry import Loader
from tenure.metrics.alerts.policy import DEFAULT, AlertPolicy, parse_alerts

DOCUMENT = "alerts"


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Alerts",
            DEFAULT,
            parse_alerts,
            "Which signs become an alert, and who is told of which.",
            _check,
            permission=policy.EDIT,
        ),
    )


def _check(source: str, parsed: AlertPolicy, load: Loader) -> None:
    """SpecError for a purpose that is none (or would be restrained), or a role that is none."""
    gate: Numbers = load("channels")
    asked = gate.purposes.get(parsed.telling.purpose)
    if asked is None or asked.category != "transactional":
        fit = ", ".join(n for n, p in gate.purposes.items() if p.category == "transactional")
        raise SpecError(
            source,
            "telling.purpose",
            f"{parsed.telling.purpose!r} is no transactional purpose",
            f"use one of: {fit}",
        )
    known = load(roles.DOCUMENT).roles
    for number, route in enumerate(parsed.routes):
        for to in route.to:
            if to.startswith("role:") and to[5:] not in known:
                raise SpecError(
                    source,
                    f"routes.{number}.to",
                    f"there is no role {to[5:]!r}",
                    f"use one of: {', '.join(known)}",
                )


def current() -> AlertPolicy:
    """``alerts`` in force."""
    loaded: AlertPolicy = policy.load(DOCUMENT)
    return loaded

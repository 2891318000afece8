"""The policy document of digests, and the zone they follow."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tenure.analytics.errors import SpecError
from tenure.channels.settings import Numbers
from tenure.core import policy
from tenure.core.policy.registry import Loader
from tenure.documents.digests.policy import DEFAULT, DigestPolicy, parse_digests

DOCUMENT = "digests"


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Digests",
            DEFAULT,
            parse_digests,
            "When digests go out to colleagues, and what stands in them.",
            _check,
            permission=policy.EDIT,
        ),
    )


def _check(source: str, parsed: DigestPolicy, load: Loader) -> None:
    gate: Numbers = load("channels")
    asked = gate.purposes.get(parsed.purpose)
    if asked is None or asked.category != "transactional":
        fit = ", ".join(n for n, p in gate.purposes.items() if p.category == "transactional")
        raise SpecError(
            source,
            "purpose",
            f"{parsed.purpose!r} is no transactional purpose",
            f"use one of: {fit}",
        )


def current() -> DigestPolicy:
    """``digests`` in force."""
    loaded: DigestPolicy = policy.load(DOCUMENT)
    return loaded


def zone() -> ZoneInfo:
    """The zone whose mornings count."""
    gate: Numbers = policy.load("channels")
    return ZoneInfo(current().zone or gate.quiet.zone)

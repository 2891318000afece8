"""The numbers of the portfolio in force (policy document ``portfolio``)."""

from __future__ import annotations

from tenure.accounts.segments import DOCUMENT as SEGMENTS
from tenure.core import policy
from tenure.core.policy.registry import Loader
from tenure.core.roles import DOCUMENT as ROLES
from tenure.work.portfolio.spec import DEFAULT, DOCUMENT, OWNER, Portfolio, packaged, parse, unknown


def check(source: str, found: Portfolio, load: Loader) -> None:
    """SpecError if it names a tier or a role that does not exist. What comes with Tenure is left
    alone: a workspace with tiers of its own is not held up by it."""
    if found == packaged():
        return
    segments, roles = load(SEGMENTS), load(ROLES).roles
    tiers = [name for name, spec in segments.items() if spec.tier]
    for name in (*found.tiers, *found.assignment.tiers):
        if name not in tiers:
            raise unknown(source, "tiers", "tier", name, tiers)
    named = [(f"tiers.{t}.owed", p.by) for t, tier in found.tiers.items() for p in tier.owed]
    named += [("assignment.role", found.assignment.role)]
    named += [
        (f"hand_offs.{name}.to", kind.to.removeprefix("role:"))
        for name, kind in found.hand_offs.items()
        if kind.to.startswith("role:")
    ]
    for key, role in named:
        if role != OWNER and role not in roles:
            raise unknown(source, key, "role", role, roles)


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Portfolio",
            DEFAULT,
            parse,
            "Touches owed to each tier, their cost, capacity, assignment, time split, hand-offs.",
            check,
            permission=policy.EDIT,
        ),
    )


def current() -> Portfolio:
    """The numbers in force."""
    loaded: Portfolio = policy.load(DOCUMENT)
    return loaded

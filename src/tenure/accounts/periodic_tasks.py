"""What workers do regularly for accounts and people."""

from __future__ import annotations

from datetime import datetime

from tenure.accounts import projection


def turns_seconds() -> float:
    """How often it is looked for subscriptions that begin or end by now."""
    return float(projection.settings()["turns_every_seconds"])


def turns(now: datetime) -> None:
    """Bring up to date the accounts of which a day has come that was told before."""
    from tenure.accounts import handlers  # the engines are loaded by who does the work

    while handlers.look_at_turns(now) == projection.settings()["chunk"]:
        continue

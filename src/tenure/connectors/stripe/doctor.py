"""Checks of the way to Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tenure.connectors.stripe.state import state
from tenure.core.doctor import Finding, Level
from tenure.core.operations import DoctorLimits


def stripe(_limits: DoctorLimits, _now: datetime) -> Iterator[Finding]:
    """Can Stripe tell us what happens, and could everything it told be read?"""
    known = state()
    if not known.is_used:
        return
    if not known.has_secret:
        text = "Stripe's notices are refused: TENURE_STRIPE_WEBHOOK_SECRET is not set"
        yield Finding("stripe", Level.FAIL, text, "see docs/how-to/connect-stripe.md")
    if not known.has_key:
        text = "Stripe cannot be asked: TENURE_STRIPE_KEY is not set"
        yield Finding("stripe", Level.WARN, text, "set it, or missed notices are not found")
    if known.troubles:
        first = known.troubles[0]
        text = f"notices of Stripe could not be read: {first.event_id} ({first.error})"
        yield Finding("stripe", Level.FAIL, text, f"then 'tenure stripe again {first.event_id}'")
    if known.has_key and known.has_secret and not known.troubles:
        last = f"{known.last_at:%Y-%m-%d %H:%M} UTC" if known.last_at else "none so far"
        yield Finding("stripe", Level.OK, f"connected; last notice: {last}")

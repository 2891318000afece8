"""A notice of Stripe's comes in: its signature is checked, then it is kept as it came."""

from __future__ import annotations

from datetime import datetime

from tenure.connectors.intake import Answer
from tenure.connectors.stripe.ingest import HELD, SOURCE
from tenure.facts.inbox import RawRequest

PATH = "/stripe/webhook"


def letter(body: bytes, header: str, secrets: str, tolerance: int, now: datetime) -> RawRequest:
    """The notice as a request for the inbox. Answer 400 if it is forged, stale or cut off, 503 if
    nobody has told us the secret. ``secrets`` may be several, separated by spaces: while one is
    rolled, both are good."""
    if not secrets.strip():
        raise Answer(
            503, "not_set_up", "start Tenure with TENURE_STRIPE_WEBHOOK_SECRET=whsec_…", 3600
        )
    if not any(_signed(body, header, secret, tolerance, now) for secret in secrets.split()):
        raise Answer(
            400,
            "signature",
            "the signature is missing, wrong or too old: compare the endpoint's signing secret "
            "with TENURE_STRIPE_WEBHOOK_SECRET, and the clocks",
        )
    return RawRequest(now, SOURCE, HELD, body)


def _signed(body: bytes, header: str, secret: str, tolerance: int, now: datetime) -> bool:
    """Whether Stripe signed this, at most ``tolerance`` seconds ago (and not in a time to come)."""
    from stripe import SignatureVerificationError, WebhookSignature

    stamp = next((p[2:] for p in header.split(",") if p.startswith("t=")), "")
    if not stamp.isdigit() or abs(now.timestamp() - int(stamp)) > tolerance:
        return False
    try:
        # The age is judged above, by the clock that we are given.
        return bool(WebhookSignature.verify_header(body, header, secret, None))
    except (SignatureVerificationError, UnicodeDecodeError, TypeError, ValueError):
        return False

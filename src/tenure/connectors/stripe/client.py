"""Asking Stripe: the official SDK, set up from the environment, its errors in our words.

``TENURE_STRIPE_KEY`` is the secret (better: restricted) key, ``TENURE_STRIPE_WEBHOOK_SECRET`` the
signing secret of the endpoint; ``TENURE_STRIPE_API`` another address of the API, for tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tenure.analytics.errors import SpecError
from tenure.connectors.billing.contract import Rejected, Unavailable
from tenure.connectors.stripe import policy

if TYPE_CHECKING:  # half a second to load: only who asks Stripe waits for it
    import stripe


def configured() -> bool:
    """Whether Tenure may ask Stripe."""
    return bool(os.environ.get("TENURE_STRIPE_KEY", "").strip())


def client() -> stripe.StripeClient:
    """The SDK's client; SpecError if there is no key."""
    key = os.environ.get("TENURE_STRIPE_KEY", "").strip()
    if not key:
        raise SpecError(
            "stripe",
            "TENURE_STRIPE_KEY",
            "is not set",
            "start Tenure with TENURE_STRIPE_KEY=rk_… (see docs/how-to/connect-stripe.md)",
        )
    numbers, address = policy.current(), os.environ.get("TENURE_STRIPE_API", "")
    return _client(key, address, numbers.retries, numbers.answer_seconds)


@lru_cache(maxsize=4)
def _client(key: str, address: str, retries: int, seconds: int) -> stripe.StripeClient:
    import stripe

    addresses: Any = {"api": address} if address else {}
    return stripe.StripeClient(
        key,
        base_addresses=addresses,
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=seconds),
    )


@contextmanager
def asking() -> Iterator[None]:
    """Errors of the SDK become ``Unavailable`` (ask again, with the same key) or ``Refused``.

    A declined card (``stripe.CardError``) is no error of asking and passes through.
    """
    import stripe

    try:
        yield
    except stripe.CardError:
        raise
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Unavailable(f"Stripe does not take the key: {_said(error)}") from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise Rejected(_said(error)) from error
    except stripe.StripeError as error:  # no connection, too many requests, their fault
        raise Unavailable(_said(error)) from error


def _said(error: Any) -> str:
    return str(getattr(error, "user_message", None) or error)[:500]

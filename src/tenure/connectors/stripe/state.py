"""How the connection to Stripe stands. Only reads, and asks Stripe nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Sum

from tenure.connectors.models import StripeDay, StripeLink, StripeParked, StripeTrouble
from tenure.connectors.stripe import backfill, client, ingest
from tenure.core.models import Job
from tenure.facts.models import InboxRow


@dataclass(frozen=True)
class Kind:
    """A kind of notice: how many came, when the last one did, whether it means anything to us."""

    name: str
    used: bool
    count: int
    last_at: datetime


@dataclass(frozen=True)
class State:
    """``waiting``: notices not read yet; ``parked``: those that wait for another; ``history``: the
    newest run of the backfill, ``missed`` of looking for what never arrived."""

    has_key: bool
    has_secret: bool
    live: bool
    last_at: datetime | None
    kinds: list[Kind]
    waiting: int
    parked: int
    troubles: list[StripeTrouble]
    history: Job | None
    missed: Job | None

    @property
    def is_used(self) -> bool:
        """Whether anything is set up or has come."""
        return self.has_key or self.has_secret or self.last_at is not None

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "has_key": self.has_key,
            "has_secret": self.has_secret,
            "live": self.live,
            "last_at": self.last_at,
            "waiting": self.waiting,
            "parked": self.parked,
            "kinds": [vars(kind) for kind in self.kinds],
            "troubles": [
                {
                    "event_id": t.event_id,
                    "kind": t.kind,
                    "received_at": t.received_at,
                    "error": t.error,
                }
                for t in self.troubles
            ],
            "backfill": _job(self.history),
            "reconcile": _job(self.missed),
        }


def _job(job: Job | None) -> dict[str, Any] | None:
    if job is None:
        return None
    stage = job.checkpoint.get("stage", "")
    told = {"state": job.state, "done": job.progress_done, "stage": stage}
    return {**told, "error": job.error.strip().splitlines()[-1] if job.error.strip() else ""}


def state() -> State:
    """The state as it is."""
    rows = (
        StripeDay.objects.values("kind", "used")
        .annotate(n=Sum("count"), last=Max("last_at"))
        .order_by("-used", "-n")
    )
    kinds = [Kind(r["kind"], r["used"], r["n"], r["last"]) for r in rows]
    key = os.environ.get("TENURE_STRIPE_KEY", "")
    return State(
        client.configured(),
        bool(os.environ.get("TENURE_STRIPE_WEBHOOK_SECRET", "").strip()),
        "_live_" in key,
        max((k.last_at for k in kinds), default=None),
        kinds,
        InboxRow.objects.filter(endpoint=ingest.HELD).count(),
        StripeParked.objects.count(),
        list(StripeTrouble.objects.defer("body")[:50]),
        _latest(backfill.KIND),
        _latest(backfill.MISSED),
    )


def _latest(kind: str) -> Job | None:
    return Job.objects.filter(kind=kind).order_by("-pk").first()


def customer_of(account_id: str) -> str:
    """Stripe's customer of an account; the account itself where they have one name."""
    links = StripeLink.objects.filter(pk__startswith="cus:", target=account_id).order_by("pk")
    link = links.first()
    return link.pk.removeprefix("cus:") if link else account_id

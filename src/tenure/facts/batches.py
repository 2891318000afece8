"""Single-file processes that survive their death: what is in hand is written down first.

A batch is begun (its rows and its number committed), worked on, and finished, all under a lease.
Whoever comes after a dead worker gets the same rows under the same number, and the lake refuses a
number it already has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from tenure.core import leases
from tenure.core.leases import LeaseLost
from tenure.facts.models import Batch


@dataclass
class InHand:
    """A batch in hand. ``resumed``: somebody before us began it and may have got far."""

    name: str
    number: int
    rows: list[Any]
    owner: str
    epoch: int
    resumed: bool

    def finish(self) -> None:
        """In the caller's transaction: nothing is in hand any more. LeaseLost if it is not ours."""
        if not self._mine().update(in_hand=[]):
            raise LeaseLost(self.name)

    def _mine(self) -> Any:
        return Batch.objects.filter(name=self.name, lease_owner=self.owner, number=self.number)


Pick = Callable[[], list[Any]]


def begin(name: str, owner: str, pick: Pick, now: datetime, lease_seconds: float) -> InHand | None:
    """The batch left by a dead worker, or a new one of the rows that ``pick`` gives.

    None when there is nothing to do or another worker holds the lease.
    """
    with transaction.atomic():
        batch = _claimed(name, owner, now, lease_seconds)
        if batch is None:
            return None
        resumed = bool(batch.in_hand)
        if not resumed:
            batch.in_hand = pick()
            if not batch.in_hand:
                return None
            batch.number += 1
            batch.save(update_fields=["number", "in_hand"])
    return InHand(name, batch.number, batch.in_hand, owner, batch.epoch, resumed)


def _claimed(name: str, owner: str, now: datetime, lease_seconds: float) -> Batch | None:
    Batch.objects.get_or_create(name=name)
    length = timedelta(seconds=lease_seconds)
    free = Q(lease_owner__in=("", owner)) | leases.free(now, length)
    rows = Batch.objects.filter(free, name=name)
    if not rows.update(lease_owner=owner, lease_until=now + length):
        return None
    return Batch.objects.get(name=name)


def release(name: str, owner: str) -> None:
    """Let others have it at once; whatever is in hand stays written down."""
    Batch.objects.filter(name=name, lease_owner=owner).update(lease_owner="", lease_until=None)


def release_of(owner: str) -> None:
    """The same of everything that ``owner`` holds."""
    Batch.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)


def changed_elsewhere(name: str) -> None:
    """Tell the holder that what it remembers of the database may be out of date."""
    Batch.objects.get_or_create(name=name)
    Batch.objects.filter(name=name).update(epoch=F("epoch") + 1)

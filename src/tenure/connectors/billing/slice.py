"""What the billing outbox is made of."""

from __future__ import annotations

from tenure.core.slices import Slice, Tick

SLICE = Slice(
    name="billing",
    package="tenure.connectors.billing",
    jobs={"billing.carry_out": "periodic_tasks.carry_out"},
    ticks=(Tick("billing", "periodic_tasks.tick", "periodic_tasks.every_seconds"),),
)

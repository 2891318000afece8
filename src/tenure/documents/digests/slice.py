"""What digests is made of."""

from __future__ import annotations

from tenure.core.slices import Slice, Tick

SLICE = Slice(
    name="digests",
    package="tenure.documents.digests",
    policies=("documents.documents",),
    ticks=(
        Tick("digests", "actions.send_due", 60.0),
        Tick("digests_tidy", "actions.forget", 3600.0),
    ),
)

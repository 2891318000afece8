"""What the ways in that SDKs and scripts use is made of."""

from __future__ import annotations

from tenure.core.slices import Api, Slice, Tick

SLICE = Slice(
    name="connectors",
    package="tenure.connectors",
    parsers=("routing.parsers",),
    ticks=(Tick("posted", "posted.ingest.land", "posted.ingest.every_seconds"),),
    at_stop=("posted.ingest.release",),
    drains=("posted.ingest.land_now",),
    endpoints=(Api("facts", "posted.api.endpoints"),),
)

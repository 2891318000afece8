"""What segments: rules over accounts, and their pages is made of."""

from __future__ import annotations

from tenure.core.slices import Api, Slice, Urls

SLICE = Slice(
    name="segments",
    package="tenure.health.segments",
    urls=(Urls("segments/", "pages.urls"),),
    endpoints=(Api("segments", "api.endpoints"),),
)

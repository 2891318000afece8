"""What accounts and people, as they are now is made of."""

from __future__ import annotations

from tenure.core.slices import Slice, Tick, Urls

SLICE = Slice(
    name="accounts",
    package="tenure.accounts",
    handlers={
        "accounts": ("handlers.accounts_told",),
        "subscriptions": ("handlers.subscriptions_told",),
        "people": ("handlers.people_told",),
        "events": ("handlers.events_told",),
    },
    sweep="sweeping.sweep",
    ticks=(Tick("turns", "periodic_tasks.turns", "periodic_tasks.turns_seconds"),),
    erasure=("erasing.PART",),
    urls=(Urls("facts/people/", "pages.urls"),),
)

"""What onboarding, measured is made of."""

from __future__ import annotations

from tenure.core.slices import Api, Command, NavEntry, Slice, Urls

SLICE = Slice(
    name="onboarding",
    package="tenure.metrics.onboarding",
    urls=(Urls("onboarding/", "pages.urls"),),
    endpoints=(Api("onboarding", "api.endpoints"),),
    commands=(
        Command("onboarding", "cli", "Milestones, activation, first value, and who is late.", 120),
    ),
    navigation=(NavEntry("Onboarding", "flag", "/onboarding/", "health.view", 50),),
)

"""What leading indicators is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import Api, Command, NavEntry, PeriodicJob, Slice, Urls

SLICE = Slice(
    name="indicators",
    package="tenure.metrics.indicators",
    policies=("documents.documents",),
    jobs={"indicators.count": "jobs.count"},
    periodic=(PeriodicJob("indicators.count", timedelta(days=1), timedelta(hours=1, minutes=15)),),
    urls=(Urls("indicators/", "pages.urls"),),
    endpoints=(Api("indicators", "api.endpoints"),),
    commands=(
        Command(
            "indicators", "cli", "Leading indicators: figures, what was expected, alerts.", 140
        ),
    ),
    navigation=(NavEntry("Indicators", "chart-line", "/indicators/", "alerts.view", 70),),
)

"""What the practice audit is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import Command, NavEntry, PeriodicJob, Slice, Urls

SLICE = Slice(
    name="practice_audit",
    package="tenure.learning.practice_audit",
    policies=("documents.documents",),
    jobs={"learning.audit": "jobs.audit"},
    periodic=(PeriodicJob("learning.audit", timedelta(days=1), timedelta(hours=4)),),
    urls=(Urls("practice/", "pages.urls"),),
    commands=(
        Command("audit", "cli", "Look for known faults of customer success in your own data.", 280),
    ),
    navigation=(NavEntry("Practice", "stethoscope", "/practice/", "practice.view", 160),),
)

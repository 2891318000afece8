"""What plays: triggers, audiences, steps, enrolments is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import AccountPanel, Api, Command, NavEntry, PeriodicJob, Slice, Tick, Urls

SLICE = Slice(
    name="plays",
    package="tenure.plays",
    policies=("policy.documents",),
    erasure=("erasing.PART",),
    jobs={
        "plays.advance": "jobs.run_advance",
        "plays.look": "jobs.run_look",
        "plays.dry_run": "jobs.run_dry_run",
    },
    periodic=(PeriodicJob("plays.look", timedelta(minutes=15)),),
    ticks=(Tick("plays", "jobs.tick", "jobs.every_seconds"),),
    handlers={"events": ("triggers.on_events",)},
    sweep="sweeping.sweep",
    hooks={
        "scoring_fields": ("triggers.asked_fields",),
        "after_scoring": ("jobs.after_scoring",),
    },
    urls=(Urls("plays/", "pages.urls"),),
    endpoints=(Api("plays", "api.endpoints"),),
    commands=(
        Command(
            "plays", "cli", "List plays, switch them, try them on history, tell their effect.", 200
        ),
    ),
    navigation=(NavEntry("Plays", "bolt", "/plays/", "plays.view", 110),),
    account_panels=(
        AccountPanel("plays", "Plays", "plays.view", "pages.log.panel", "plays/panel.html", 80),
    ),
)

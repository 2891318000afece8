"""What health and churn risk: scores, validation, learned models is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import AccountPanel, Api, Command, NavEntry, PeriodicJob, Slice, Urls

SLICE = Slice(
    name="health",
    package="tenure.health",
    policies=("policy.documents",),
    jobs={
        "health.score": "jobs.score",
        "health.validate": "jobs.validate",
        "health.trial": "jobs.trial",
        "health.train": "jobs.train",
        "health.watch": "jobs.watch",
    },
    periodic=(
        # Scoring begins half an hour after midnight UTC, when the day before has come in.
        PeriodicJob("health.score", timedelta(days=1), timedelta(minutes=30)),
        PeriodicJob("health.validate", timedelta(days=30), timedelta(hours=2)),
        PeriodicJob("health.watch", timedelta(days=30), timedelta(hours=4)),
    ),
    hooks={
        "accounts_in_trouble": ("queries.accounts_at_risk",),
        "scoring_fields": ("learned.predicting.fields",),
        "before_scoring": ("learned.predicting.before_scoring",),
    },
    doctor={"scores": "doctor.scores"},
    urls=(Urls("health/", "pages.urls"), Urls("validation/", "pages.validation.urls")),
    endpoints=(
        Api("scores", "api.scores.endpoints"),
        Api("health", "api.health.endpoints"),
        Api("validations", "api.validation.endpoints"),
    ),
    commands=(
        Command("signals", "cli.signals", "List, explain, compute and check signals.", 130),
        Command("score", "cli.score", "Score every account, as of now or a past day.", 150),
        Command(
            "validate",
            "cli.validate",
            "Hold past scores against the churn that really happened.",
            160,
        ),
        Command(
            "model",
            "cli.model",
            "Try a changed health model on history; have a better one proposed.",
            170,
        ),
    ),
    navigation=(
        NavEntry("Health", "activity", "/health/", "health.view", 40),
        NavEntry("Validation", "target", "/validation/", "validation.view", 80),
    ),
    account_panels=(
        AccountPanel(
            "chance",
            "Chance to leave",
            "health.view",
            "pages.validation.learned.panel",
            "validation/panel.html",
            40,
            wanted="pages.validation.learned.has_one",
        ),
    ),
)

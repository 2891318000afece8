"""What churn studied is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import AccountPanel, Api, Command, NavEntry, PeriodicJob, Slice, Urls

SLICE = Slice(
    name="investigations",
    package="tenure.learning.investigations",
    policies=("documents.documents",),
    jobs={"learning.study_churn": "periodic_tasks.study"},
    periodic=(
        PeriodicJob("learning.study_churn", timedelta(days=1), timedelta(hours=3, minutes=20)),
    ),
    erasure=("erasing.PART",),
    urls=(Urls("churned/", "pages.urls"), Urls("m/", "pages.public_urls")),
    endpoints=(Api("churned", "api.endpoints"),),
    commands=(
        Command(
            "churned",
            "cli",
            "Accounts that left: why, and whether it could have been prevented.",
            250,
        ),
    ),
    navigation=(NavEntry("Churned", "user-off", "/churned/", "churn.view", 120),),
    account_panels=(
        AccountPanel(
            "churned",
            "Why it left",
            "churn.view",
            "pages.views.panel",
            "investigations/panel.html",
            130,
            wanted="pages.views.has_left",
        ),
    ),
)

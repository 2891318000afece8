"""What dunning: payments that fail, and before they do is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import AccountPanel, Api, Command, NavEntry, PeriodicJob, Slice, Tick, Urls

SLICE = Slice(
    name="dunning",
    package="tenure.programs.dunning",
    policies=("documents.documents",),
    jobs={"dunning.advance": "periodic_tasks.advance", "dunning.ahead": "periodic_tasks.say_ahead"},
    periodic=(PeriodicJob("dunning.ahead", timedelta(days=1), timedelta(hours=6)),),
    ticks=(Tick("dunning", "periodic_tasks.tick", 60.0),),
    handlers={
        "invoices": ("cases.on_billing_facts",),
        "payments": ("cases.on_billing_facts",),
        "cards": ("cases.card_told",),
        "people": ("cases.person_told",),
        "subscriptions": ("cases.subscription_told",),
    },
    sweep="sweeping.sweep",
    billing="actions.Hears",
    urls=(Urls("dunning/", "pages.urls"), Urls("m/", "pages.public_urls")),
    endpoints=(Api("dunning", "api.endpoints"),),
    commands=(
        Command("dunning", "cli", "Payments that failed: cases, next steps, recovery.", 260),
    ),
    navigation=(NavEntry("Dunning", "credit-card", "/dunning/", "dunning.view", 140),),
    account_panels=(
        AccountPanel(
            "dunning",
            "Unpaid invoices",
            "dunning.view",
            "pages.views.panel",
            "dunning/panel.html",
            120,
        ),
    ),
)

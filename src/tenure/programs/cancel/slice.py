"""What the cancel flow is made of."""

from __future__ import annotations

from tenure.core.slices import AccountPanel, Api, Command, NavEntry, Slice, Tick, Urls

SLICE = Slice(
    name="cancel",
    package="tenure.programs.cancel",
    policies=("documents.documents",),
    jobs={
        "cancel.abandon": "periodic_tasks.abandon",
        "cancel.look_back": "periodic_tasks.look_back",
    },
    ticks=(Tick("cancel_visits", "periodic_tasks.look_at_visits", 300.0),),
    billing="fulfilment.Hears",
    erasure=("erasing.PART",),
    urls=(
        Urls("cancel-flow/", "pages.urls"),
        Urls("m/", "pages.public_urls"),
        Urls("in-app/v1/", "pages.in_product_urls"),
    ),
    endpoints=(Api("cancel", "api.endpoints"),),
    commands=(
        Command(
            "cancel", "cli", "The cancel flow: saves, visits, what waits for billing, links.", 240
        ),
    ),
    navigation=(NavEntry("Cancel flow", "logout", "/cancel-flow/", "cancel.view", 100),),
    account_panels=(
        AccountPanel(
            "cancelling",
            "Came to cancel",
            "cancel.view",
            "pages.views.panel",
            "cancel/panel.html",
            90,
        ),
    ),
    doctor={"billing": "doctor.promised"},
)

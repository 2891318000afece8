"""What Stripe is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import Command, PeriodicJob, SettingsTab, Slice, Tick, Urls

SLICE = Slice(
    name="stripe",
    package="tenure.connectors.stripe",
    policies=("policy.documents",),
    jobs={"stripe.backfill": "backfill.run", "stripe.reconcile": "backfill.reconcile"},
    periodic=(PeriodicJob("stripe.reconcile", timedelta(days=1), timedelta(hours=3)),),
    ticks=(Tick("stripe", "fetching.land", "ingest.every_seconds"),),
    drains=("fetching.land",),
    urls=(Urls("settings/stripe/", "pages.urls"),),
    commands=(Command("stripe", "cli", "Stripe: connection, history, missed notices.", 270),),
    settings_tabs=(SettingsTab("Stripe", "settings_stripe", "keys.manage", 50),),
    doctor={"stripe": "doctor.stripe"},
)

"""What the ledger of what happened is made of."""

from __future__ import annotations

from datetime import timedelta

from tenure.core.slices import Api, Command, NavEntry, PeriodicJob, Slice, Tick, Urls

SLICE = Slice(
    name="facts",
    package="tenure.facts",
    policies=("contracts.documents", "sentiment.documents", "ingest_policy.documents"),
    jobs={
        "facts.watch": "watch.look",
        "facts.replay": "pages.bulk.handle",
        "facts.heal": "healing.run",
    },
    periodic=(
        PeriodicJob("facts.watch", timedelta(hours=1), timedelta(minutes=7)),
        PeriodicJob("facts.heal", timedelta(days=1), timedelta(hours=2, minutes=20)),
    ),
    ticks=(
        Tick("flush", "periodic_tasks.flush", "ingest_policy.every_seconds"),
        Tick("resolve", "periodic_tasks.resolve_links", "ingest_policy.every_seconds"),
        Tick("compact", "periodic_tasks.compact", 10.0),
        Tick("heal", "healing.at_start", 60.0),
    ),
    handlers={"plans": ("list_prices.plans_told",)},
    sweep="list_prices.sweep",
    at_stop=("periodic_tasks.release",),
    urls=(Urls("facts/", "pages.urls"),),
    endpoints=(
        Api("quarantine", "api.quarantine.endpoints"),
        Api("people", "api.people.endpoints"),
    ),
    commands=(
        Command("erase", "cli", "Export or erase all data of a person.", 80),
        Command("split", "split_cli", "List a person's joined ids; take a merge apart.", 81),
    ),
    navigation=(NavEntry("Facts", "database", "/facts/", "facts.view", 170),),
    doctor={
        "inbox": "doctor.inbox",
        "lake": "doctor.tables",
        "sources": "doctor.sources",
        "quarantine": "doctor.quarantine",
        "state": "doctor.state",
    },
    deep_doctor={"lake files": "doctor.whole_files", "state": "doctor.whole_state"},
)

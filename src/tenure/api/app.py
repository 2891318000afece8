"""The REST API under ``/api/v1``. Its description is at ``/api/v1/openapi.json``."""

from __future__ import annotations

from ninja import NinjaAPI

from tenure import __version__
from tenure.api import (
    accounts,
    alerts,
    cancelling,
    churned,
    dunning,
    errors,
    experiments,
    exports,
    facts,
    hand_offs,
    health,
    imports,
    indicators,
    keys,
    metrics,
    onboarding,
    people,
    plays,
    policy,
    portfolio,
    quarantine,
    scores,
    segments,
    tasks,
    team,
    trail,
    validation,
    work,
)
from tenure.api.parsing import StrictParser

api = NinjaAPI(
    title="Tenure",
    version=__version__,
    description="Facts in, proven health scores out. Every endpoint needs the permission it names.",
    docs_url=None,  # the usual documentation pages need scripts from elsewhere
    openapi_url="/openapi.json",
    parser=StrictParser(),
    urls_namespace="api",
)
errors.install(api)

ROOMS = {
    "accounts": accounts.endpoints,
    "scores": scores.endpoints,
    "health": health.endpoints,
    "alerts": alerts.endpoints,
    "indicators": indicators.endpoints,
    "facts": facts.endpoints,
    "quarantine": quarantine.endpoints,
    "imports": imports.endpoints,
    "export": exports.endpoints,
    "people": people.endpoints,
    "segments": segments.endpoints,
    "validations": validation.endpoints,
    "jobs": work.endpoints,
    "policy": policy.endpoints,
    "team": team.endpoints,
    "keys": keys.endpoints,
    "cancel": cancelling.endpoints,
    "metrics": metrics.endpoints,
    "onboarding": onboarding.endpoints,
    "plays": plays.endpoints,
    "churned": churned.endpoints,
    "experiments": experiments.endpoints,
    "dunning": dunning.endpoints,
    "portfolio": portfolio.endpoints,
    "tasks": tasks.endpoints,
    "audit": trail.endpoints,
}
for prefix, endpoints in ROOMS.items():
    api.add_router(f"/{prefix}", endpoints.router)
api.add_router("/portfolio", hand_offs.endpoints.router)

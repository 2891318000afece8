"""The REST API under ``/api/v1``. Its description is at ``/api/v1/openapi.json``."""

from __future__ import annotations

from ninja import NinjaAPI

from tenure import __version__
from tenure.api import accounts, keys, policy, team, trail, work
from tenure.core.slices import INSTALLED
from tenure.kit.rest import errors
from tenure.kit.rest.parsing import StrictParser

api = NinjaAPI(
    title="Tenure",
    version=__version__,
    description="Facts in, proven health scores out. Every endpoint needs the permission it names.",
    docs_url=None,  # the usual documentation pages need scripts from elsewhere
    openapi_url=None,  # made once, see ``urls``
    parser=StrictParser(),
    urls_namespace="api",
)
errors.install(api)

OWN = {
    "accounts": accounts.endpoints,
    "jobs": work.endpoints,
    "policy": policy.endpoints,
    "team": team.endpoints,
    "keys": keys.endpoints,
    "audit": trail.endpoints,
}
"""What composes many slices, or belongs to the core."""

for prefix, endpoints in OWN.items():
    api.add_router(f"/{prefix}", endpoints.router)
for one in INSTALLED:
    for part in one.endpoints:
        api.add_router(f"/{part.prefix}", one.resolve(part.endpoints).router)

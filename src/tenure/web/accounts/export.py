"""The filtered list of accounts as CSV, streamed at any length."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.core.roles import needs
from tenure.health.pages import models_shown
from tenure.health.pages.account_filters import read
from tenure.kit.pages.cells import safe
from tenure.web.accounts.listing import Listing, Row

COLUMNS = (
    "account_id",
    "name",
    "domain",
    "owner",
    "stage",
    "plan",
    "mrr_minor",
    "currency",
    "health",
    "band",
    "risk",
    "risk_level",
    "coverage",
    "change_30d",
    "renews_at",
)


class _Echo:
    """A file for csv.writer that hands back what is written."""

    def write(self, line: str) -> str:
        return line


@require_GET
@needs("export")
@needs("accounts.view")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """All accounts of the filter, in its order."""
    now = timezone.now()
    listing = Listing(read(request.GET), models_shown.default(), now)
    response = StreamingHttpResponse(lines(listing), content_type="text/csv; charset=utf-8")
    name = f"accounts-{now:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def lines(listing: Listing) -> Iterator[str]:
    """The CSV line by line."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in listing.everything():
        yield writer.writerow([safe(value) for value in values(row)])


def values(row: Row) -> tuple[object, ...]:
    """One account in the order of ``COLUMNS``."""
    account, score = row.account, row.health
    renews = account.renews_at.date().isoformat() if account.renews_at else ""
    owner = account.owner.email if account.owner else account.owner_email
    known = (account.pk, account.name, account.domain, owner, account.stage, account.plan_id)
    money = (account.mrr_minor, account.currency)
    if score is None:
        return (*known, *money, "", "", "", "", "", "", renews)
    scored = (score.shown_health, score.shown_band, score.risk, score.risk_level)
    return (*known, *money, *scored, score.coverage, score.change_30d, renews)

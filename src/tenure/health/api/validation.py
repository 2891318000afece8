"""Validation: does the score tell of the churn that came?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.health import queries
from tenure.health.job_kinds import VALIDATE
from tenure.health.models import ValidationReport
from tenure.kit.rest.auth import caller
from tenure.kit.rest.paging import BIGINT, AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import JobOut, ModelName

endpoints = Endpoints("validation")


class ReportRow(Schema):
    """A kept report in the list."""

    id: int
    model: str
    model_version: str
    start: date
    end: date
    created_at: datetime
    created_by: str
    verdict: str = Field(
        description="predicts, weak, does_not_predict, inverted or too_little_churn"
    )


class ReportOut(ReportRow):
    """A kept report; ``result`` holds all figures with their intervals."""

    result: dict[str, Any]


class ReportsOut(Schema):
    """A page of reports, newest first."""

    items: list[ReportRow]
    next_cursor: int | None


class ValidateIn(Schema):
    """What to validate; by default the default model over the whole usable history."""

    model: str | None = Field(None, max_length=80)
    start: date | None = None
    end: date | None = None


@endpoints.get("", "validation.view", ReportsOut)
def list_reports(
    request: HttpRequest, model: ModelName = None, limit: Limit = 50, cursor: AfterId = None
) -> dict[str, Any]:
    """Kept reports, newest first."""
    rows = ValidationReport.objects.order_by("-pk").defer("result")
    if model:
        rows = rows.filter(model=model)
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda report: report.pk)


@endpoints.get("/{int:report_id}", "validation.view", ReportOut)
def get_report(request: HttpRequest, report_id: int) -> ValidationReport:
    """One report in full."""
    return ValidationReport.objects.get(pk=min(report_id, BIGINT))


@endpoints.post("", "validation.run", JobOut)
def start_validation(request: HttpRequest, data: ValidateIn) -> Job:
    """Ask for a validation; look at the job for its progress, then at the list."""
    who, now = caller(request), datetime.now(UTC)
    model = queries.model(data.model).name if data.model else queries.default_model()
    period = {k: v.isoformat() for k, v in (("start", data.start), ("end", data.end)) if v}
    payload = {"model": model, "by": audit.actor_name(who), **period}
    job = jobs.enqueue(VALIDATE, f"{model} {data.start} {data.end}", payload, now=now)
    audit.record(who, "validation.run", "job", job.pk, after={"model": model, **period}, now=now)
    return job

"""Jobs: what is being worked on, and how far it is."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Schema

from tenure.core.models import Job
from tenure.kit.rest.paging import BIGINT, AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import JobOut

endpoints = Endpoints("jobs")


class JobsOut(Schema):
    """A page of jobs, newest first."""

    items: list[JobOut]
    next_cursor: int | None


@endpoints.get("", "jobs.view", JobsOut)
def list_jobs(
    request: HttpRequest,
    kind: Annotated[str, Query(max_length=80)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    limit: Limit = 50,
    cursor: AfterId = None,
) -> dict[str, Any]:
    """Jobs, newest first; ``state`` is ready, running, done or failed."""
    exact = {k: v for k, v in (("kind", kind), ("state", state), ("pk__lt", cursor)) if v}
    rows = Job.objects.filter(**exact).order_by("-pk")
    return page(list(rows[: limit + 1]), limit, lambda job: job.pk)


@endpoints.get("/{int:job_id}", "jobs.view", JobOut)
def get_job(request: HttpRequest, job_id: int) -> Job:
    """One job and its progress."""
    return Job.objects.get(pk=min(job_id, BIGINT))

"""An import started in the browser, carried out by a worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.connectors.files import uploads
from tenure.connectors.files.job import Options
from tenure.connectors.files.runs import run_import
from tenure.core import jobs

KIND = "facts.import"


def handle(job: jobs.Running, now: datetime) -> None:
    """Import the uploaded file. What is wrong with it is kept for the person, not tried again."""
    try:
        upload = uploads.find(str(job.payload["token"]))
        run = run_import(
            str(job.payload["table"]),
            upload.path,
            dict(job.payload["mapping"]),
            now=now,
            options=_options(dict(job.payload["options"])),
            name=str(job.payload.get("name") or ""),
            actor=str(job.payload.get("by") or ""),
            progress=_progress(job),
        )
    except SpecError as error:
        job.save({"error": f"{error.key}: {error.problem}", "remedy": error.remedy})
        raise jobs.Hopeless(str(error)) from error
    job.save({"run": run.pk})
    uploads.remove(upload.token)


def _options(given: dict[str, Any]) -> Options:
    kept: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    return Options(**kept)


def _progress(job: jobs.Running) -> Any:
    def report(what: str, done: int, total: int) -> None:
        job.save({"what": what}, done=done, total=total)

    return report

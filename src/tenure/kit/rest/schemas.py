"""Shapes that several rooms of the API share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import AwareDatetime

Moment = AwareDatetime
ModelName = Annotated[
    str | None, Query(max_length=80, description="health model; default: the workspace's default")
]


class ScoreOut(Schema):
    """The latest score of an account as shown: an override in force included."""

    model: str
    model_version: str
    as_of: datetime
    health: float | None
    band: str
    risk: float | None
    risk_level: str
    coverage: float
    overridden: bool
    change_30d: float | None


class JobOut(Schema):
    """Work asked for, and how far it is."""

    id: int
    kind: str
    state: str
    progress_done: int
    progress_total: int
    created_at: datetime
    finished_at: datetime | None
    error: str
    run: int | None = None

    @staticmethod
    def resolve_run(job: Any) -> int | None:
        """Of an import: the number of its run, once it is done."""
        found = job.checkpoint.get("run") if isinstance(job.checkpoint, dict) else None
        return found if isinstance(found, int) else None

    @staticmethod
    def resolve_error(job: Any) -> str:
        """The last line of the traceback: what went wrong, without where in our code."""
        lines = (job.error or "").strip().splitlines()
        return lines[-1] if lines else ""


def score_of(row: Any) -> dict[str, Any] | None:
    """``ScoreOut`` of an AccountHealth, as shown."""
    if row is None:
        return None
    keys = (
        "model",
        "model_version",
        "as_of",
        "risk",
        "risk_level",
        "coverage",
        "overridden",
        "change_30d",
    )
    shown = {"health": row.shown_health, "band": row.shown_band}
    return {**{key: getattr(row, key) for key in keys}, **shown}

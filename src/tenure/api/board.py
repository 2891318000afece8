"""The board over REST."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.api.routing import Endpoints
from tenure.documents.board import figures

endpoints = Endpoints("metrics")


class FigureOut(Schema):
    """A value, how many things it rests on, and its 95 % interval where one can be told."""

    value: float | None
    n: int
    low: float | None
    high: float | None


class EntryOut(Schema):
    """A figure of the board; shares are parts of one."""

    name: str
    title: str
    group: str
    unit: str
    better: str
    target: float | None
    least: int
    says: str = Field(description="what it means")
    standing: str = Field(description="on, near, off, open (no target), few or nothing")
    now: FigureOut
    trend: list[FigureOut] = Field(description="the periods up to now, oldest first")


@endpoints.get("/board", "revenue.view", list[EntryOut])
def get_board(request: HttpRequest) -> list[dict[str, Any]]:
    """Every figure of the board, as known now."""
    return [entry.told() for entry in figures.board(datetime.now(UTC))]

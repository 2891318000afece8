"""What pages, commands and digests ask of indicators. Everything here only reads state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tenure.accounts import segments
from tenure.analytics.indicators import expect, learned
from tenure.analytics.indicators.policy import Indicator
from tenure.metrics.alerts import queries as alerts
from tenure.metrics.alerts.models import Alert
from tenure.metrics.indicators import documents
from tenure.metrics.indicators.models import IndicatorValue

KIND = "indicator"
POINTS = 120


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator with its course (oldest first) and its open alert, if any."""

    name: str
    of: Indicator
    segment: str
    segment_title: str
    course: Sequence[IndicatorValue]
    alert: Alert | None
    factor: float

    @property
    def last(self) -> IndicatorValue | None:
        """The newest period with a figure."""
        return next((row for row in reversed(self.course) if row.value is not None), None)

    @property
    def computed_at(self) -> datetime | None:
        """When it was last worked out."""
        return max((row.computed_at for row in self.course), default=None)

    @property
    def status(self) -> str:
        """alert, out of line (``low``, ``high``), fine, or unknown."""
        if self.alert:
            return "alert"
        return self.last.status if self.last else "unknown"

    @property
    def is_bad(self) -> bool:
        """Whether the newest figure lies out of line the bad way."""
        return bool(self.last) and self.last.status == expect.bad(self.of)  # type: ignore[union-attr]

    def to_dict(self, points: int = 1) -> dict[str, Any]:
        """For programs."""
        last = self.last
        return {
            "indicator": self.name,
            "title": self.of.title,
            "segment": self.segment or None,
            "cadence": self.of.cadence,
            "unit": self.of.unit,
            "better": self.of.better,
            "target": self.of.target,
            "status": self.status,
            "factor": round(self.factor, 4),
            "alert": self.alert.pk if self.alert else None,
            "computed_at": self.computed_at,
            "start": last.start if last else None,
            "value": last.value if last else None,
            "expected": last.expected if last else None,
            "low": last.low if last else None,
            "high": last.high if last else None,
            "course": [
                {
                    "start": row.start,
                    "value": row.value,
                    "expected": row.expected,
                    "low": row.low,
                    "high": row.high,
                    "status": row.status,
                }
                for row in self.course[-points:]
            ],
        }


def indicators(segment: str = "", only: str | None = None) -> list[IndicatorRow]:
    """Every indicator (or the one named) for the workspace or a segment, in the order of policy."""
    found = documents.current()
    wanted = {n: of for n, of in found.indicators.items() if only in (None, n)}
    rows = IndicatorValue.objects.filter(segment=segment, indicator__in=list(wanted))
    courses: dict[str, list[IndicatorValue]] = {}
    for row in rows.order_by("start"):
        courses.setdefault(row.indicator, []).append(row)
    opened = {a.signal: a for a in alerts.open_alerts().filter(kind=KIND, segment=segment)}
    title = segments.titles().get(segment, segment) if segment else ""
    return [
        IndicatorRow(
            name,
            of,
            segment,
            title,
            courses.get(name, [])[-POINTS:],
            opened.get(name),
            learned.factor(alerts.marks(KIND, name), found.learning),
        )
        for name, of in wanted.items()
    ]


def by_segment(name: str) -> list[IndicatorRow]:
    """One indicator for every segment that has figures, in the order of policy."""
    kept = set(
        IndicatorValue.objects.filter(indicator=name)
        .exclude(segment="")
        .values_list("segment", flat=True)
    )
    order = documents.watched_segments(documents.current())
    return [shown for s in order if s in kept for shown in indicators(s, name)]


def exists(name: str) -> bool:
    """Whether policy knows the indicator."""
    return name in documents.current().indicators


def last_computed() -> datetime | None:
    """When any indicator was last worked out."""
    newest = IndicatorValue.objects.order_by("-computed_at").first()
    return newest.computed_at if newest else None


def as_of(name: str, day: date, segment: str = "") -> IndicatorValue | None:
    """The last figure that was known on ``day``."""
    rows = IndicatorValue.objects.filter(indicator=name, segment=segment, known_at__date__lte=day)
    return rows.order_by("start").last()

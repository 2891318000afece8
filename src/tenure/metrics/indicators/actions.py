"""Working out indicators: figures of new periods, what was expected of them, and alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from tenure.analytics.indicators import expect, learned, periods
from tenure.analytics.indicators.expect import Figure
from tenure.analytics.indicators.measures import Span
from tenure.analytics.indicators.policy import Indicator, IndicatorPolicy
from tenure.metrics.alerts import actions as alerts
from tenure.metrics.alerts import queries as alerts_asked
from tenure.metrics.alerts.actions import Condition
from tenure.metrics.indicators import documents, words
from tenure.metrics.indicators.context import Context
from tenure.metrics.indicators.models import IndicatorValue

KIND = "indicator"
Progress = Callable[[int, int], None]
_PAGE = 500


@dataclass(frozen=True)
class Done:
    """What a run did: periods counted anew, and alerts that are open after it."""

    counted: int
    alarms: int


def run(now: datetime, progress: Progress | None = None) -> Done:
    """Bring every indicator up to date, then open and close alerts. Again is once."""
    found = documents.current()
    ground = Context(documents.watched_segments(found))
    counted = 0
    for number, (name, of) in enumerate(found.indicators.items()):
        if progress:
            progress(number, len(found.indicators))
        counted += _bring_up(name, of, found, ground, now)
    _forget(found, now)
    conditions = [c for name, of in found.indicators.items() for c in _conditions(name, of, now)]
    alerts.sync(KIND, conditions, now=now)
    if progress:
        progress(len(found.indicators), len(found.indicators))
    return Done(counted, len(conditions))


def span_of(of: Indicator, start: date, found: IndicatorPolicy) -> Span:
    """The period from ``start``, and when its facts had to be there."""
    end = periods.end_of(of.cadence, start)
    grace = timedelta(hours=found.settings.grace_hours)
    return Span(periods.midnight(start), end, end + grace)


def _bring_up(
    name: str, of: Indicator, found: IndicatorPolicy, ground: Context, now: datetime
) -> int:
    """Count the periods that are new or rest on other facts, and judge from the first on."""
    grace = timedelta(hours=found.settings.grace_hours)
    most = getattr(found.settings.backfill, of.cadence)
    made_by = documents.made_by(of, found)
    kept = _kept(name)
    changed: dict[date, tuple[str, dict[str, Figure]]] = {}
    for start in periods.due(of.cadence, now, grace, most):
        span = span_of(of, start, found)
        stamp = f"{made_by}:{ground.made_of(span)}"
        before = kept.get("", {}).get(start)
        if before is None or before.made_by != stamp:
            changed[start] = (stamp, ground.figures(of, span))
    if changed:
        _judge(name, of, found, kept, changed, now)
    return len(changed)


def _kept(name: str) -> dict[str, dict[date, IndicatorValue]]:
    rows: dict[str, dict[date, IndicatorValue]] = {}
    for row in IndicatorValue.objects.filter(indicator=name):
        rows.setdefault(row.segment, {})[row.start] = row
    return rows


def _judge(
    name: str,
    of: Indicator,
    found: IndicatorPolicy,
    kept: Mapping[str, Mapping[date, IndicatorValue]],
    changed: Mapping[date, tuple[str, dict[str, Figure]]],
    now: datetime,
) -> None:
    factor = learned.factor(alerts_asked.marks(KIND, name), found.learning)
    segments = {"", *kept, *(s for _, figures in changed.values() for s in figures)}
    rows = [
        row
        for segment in sorted(segments)
        for row in _course(name, of, found, segment, kept.get(segment, {}), changed, factor, now)
    ]
    with transaction.atomic():
        IndicatorValue.objects.filter(indicator=name, start__in=list(changed)).delete()
        new = [r for r in rows if r.pk is None]
        IndicatorValue.objects.bulk_create(new, batch_size=_PAGE)
        old = [r for r in rows if r.pk is not None]
        IndicatorValue.objects.bulk_update(
            old, ["expected", "low", "high", "status"], batch_size=_PAGE
        )


def _course(
    name: str,
    of: Indicator,
    found: IndicatorPolicy,
    segment: str,
    kept: Mapping[date, IndicatorValue],
    changed: Mapping[date, tuple[str, dict[str, Figure]]],
    factor: float,
    now: datetime,
) -> list[IndicatorValue]:
    """The rows of one segment from the first changed period on, judged in order."""
    before: dict[date, Figure] = {}
    began, first, rows = False, min(changed), []
    for start in sorted({*kept, *changed}):
        row = kept.get(start)
        if start in changed:
            stamp, figures = changed[start]
            figure = _figure(of, figures.get(segment), began)
            if segment and figure.value is None and segment not in figures and not began:
                continue
            row = IndicatorValue(
                indicator=name,
                segment=segment,
                start=start,
                value=figure.value,
                base=figure.base,
                factor=factor,
                made_by=stamp,
                computed_at=now,
                known_at=span_of(of, start, found).known_at,
            )
        assert row is not None
        figure = Figure(row.value, row.base)
        began = began or bool(row.value)
        if start >= first:
            _place(row, of, figure, before, found)
            rows.append(row)
        before[start] = figure
    return rows


def _figure(of: Indicator, figure: Figure | None, began: bool) -> Figure:
    """A count of nothing is 0 once there was something; before, it is unknown."""
    if not of.counts:
        return figure or Figure(None)
    if figure is None or not figure.value:
        return Figure(0.0 if began else None)
    return figure


def _place(
    row: IndicatorValue,
    of: Indicator,
    figure: Figure,
    before: Mapping[date, Figure],
    found: IndicatorPolicy,
) -> None:
    holidays = found.settings.holidays
    values = expect.comparable(of, row.start, before, holidays)
    band = expect.band(of, values, figure.base, row.factor)
    holiday = of.cadence == "daily" and row.start in holidays
    row.status = "unknown" if holiday else expect.judge(figure, band)
    row.expected = band.expected if band else None
    row.low, row.high = (band.low, band.high) if band else (None, None)


def _conditions(name: str, of: Indicator, now: datetime) -> Iterable[Condition]:
    """An alarm for each grain whose newest periods are out of line."""
    since = periods.shifted(of.cadence, periods.start_of(of.cadence, now.date()), -60)
    courses: dict[str, list[IndicatorValue]] = {}
    rows = IndicatorValue.objects.filter(indicator=name, start__gte=since).order_by("start")
    for row in rows:
        courses.setdefault(row.segment, []).append(row)
    for segment, course in sorted(courses.items()):
        statuses: Sequence[expect.Status] = [row.status for row in course]  # type: ignore[misc]
        if not _fresh(of, course[-1], now) or not expect.is_alarm(of, statuses):
            continue
        yield Condition(
            key=f"{KIND}:{name}:{segment}",
            signal=name,
            severity=of.severity,
            title=words.title(of, segment),
            says=words.says(of, course[-1]),
            segment=segment,
            periods=expect.in_a_row(of, statuses),
        )


def _fresh(of: Indicator, newest: IndicatorValue, now: datetime) -> bool:
    """Whether the newest figure is of the last period that can be known, or the one before."""
    last = periods.shifted(of.cadence, periods.start_of(of.cadence, now.date()), -2)
    return newest.start >= last


def _forget(found: IndicatorPolicy, now: datetime) -> None:
    old = now.date() - timedelta(days=found.settings.keep_days)
    IndicatorValue.objects.filter(start__lt=old).delete()
    IndicatorValue.objects.exclude(indicator__in=list(found.indicators)).delete()

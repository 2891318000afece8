"""Where the board's figures come from. Everything is as known at ``now``; nothing is written.

The periods are the last ``days`` days and as many before, each ending where the next begins;
figures of revenue are of whole calendar months.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from statistics import median

import numpy as np
import numpy.typing as npt

from tenure.analytics.indicators.measures import DETRACTOR, GOOD_RATING, PROMOTER
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.revenue.figures import MonthFigures
from tenure.analytics.revenue.survival import kaplan_meier
from tenure.analytics.revenue.yearly import yearly
from tenure.analytics.validation.intervals import wilson
from tenure.core import policy
from tenure.documents.board import targets
from tenure.documents.board.spec import DOCUMENT, Board, Entry, Figure, Settings, entries
from tenure.facts import lake
from tenure.facts.reading import as_known
from tenure.health import policy as health
from tenure.health import validation_inputs as churned
from tenure.health.models import ScoringRun
from tenure.metrics.onboarding import queries as onboarding
from tenure.metrics.revenue import queries as revenue
from tenure.programs.cancel import documents as cancel_policy
from tenure.programs.cancel import queries as cancelling
from tenure.programs.dunning import queries as dunning

Windows = list[tuple[datetime, datetime]]
Found = dict[str, list[Figure]]
_HOUR_US = DAY_US // 24
NOTHING = Figure(None)
Floats = npt.NDArray[np.float64]
EQUAL = 1e-9
"""So far apart two shares are still the same number."""


def board(now: datetime) -> list[Entry]:
    """The board as of ``now``."""
    document: Board = policy.load(DOCUMENT)
    windows = windows_of(document.settings, now)
    found: Found = {}
    for part in _PARTS:
        found |= part(document.settings, windows, now)
    return entries(targets.resolved(document), found)


def windows_of(settings: Settings, now: datetime) -> Windows:
    """The periods, oldest first."""
    span = timedelta(days=settings.days)
    ends = [now - span * n for n in range(settings.periods, -1, -1)]
    return [(end - span, end) for end in ends]


def _revenue(settings: Settings, windows: Windows, now: datetime) -> Found:  # noqa: ARG001
    if not churned.has_subscriptions():
        return {}
    months = _months(now.date(), settings.periods + 1)
    told = revenue.monthly(months[0], months[-1], known_at=now)
    currency = _main(told)
    by_month = {m.month: m for m in told if m.currency == currency}
    names = ("net_churn", "logo_churn", "quick_ratio")
    rates = {name: [_rate(by_month.get(m), name) for m in months] for name in names}
    return rates | _over_a_year(months, currency, now)


def _over_a_year(months: list[date], currency: str, now: datetime) -> Found:
    """NRR and GRR of the year that ends with each month, which is what their targets are about."""
    first = months[0].replace(year=months[0].year - 1)
    moves = revenue.account_movements(first, months[-1], known_at=now)
    years = [
        next((y for y in yearly(moves, month) if y.currency == currency), None) for month in months
    ]
    return {
        name: [NOTHING if y is None else Figure(getattr(y, name), y.accounts_before) for y in years]
        for name in ("nrr", "grr")
    }


def _months(today: date, number: int) -> list[date]:
    """The last whole months, oldest first."""
    found, first = [], today.replace(day=1)
    for _ in range(number):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found[::-1]


def _main(told: Iterable[MonthFigures]) -> str:
    weight: dict[str, int] = {}
    for month in told:
        weight[month.currency] = weight.get(month.currency, 0) + month.accounts_end
    return max(weight, key=lambda c: (weight[c], c), default="")


def _rate(month: MonthFigures | None, name: str) -> Figure:
    if month is None:
        return NOTHING
    if name == "logo_churn":
        return _share(month.accounts_churned, month.accounts_start)
    return Figure(getattr(month, name), month.accounts_start)


def _saving(settings: Settings, windows: Windows, now: datetime) -> Found:  # noqa: ARG001
    control = cancel_policy.current().split.control
    saves, days = [], []
    for since, until in windows:
        rows = cancelling.ended(cancelling.VisitFilter(since, until), now)
        offered = [r for r in rows if r.arm != control]
        saves.append(_share(sum(r.outcome == "saved" for r in offered), len(offered)))
        days.append(
            _median(
                (r.ended_at - r.first_signal_at) / timedelta(days=1)
                for r in rows
                if r.outcome == "cancelled" and r.first_signal_at is not None
            )
        )
    return {"save_rate": saves, "days_to_cancel": days}


def _dunning(settings: Settings, windows: Windows, now: datetime) -> Found:  # noqa: ARG001
    found = [_share(*dunning.recovered(since, until)) for since, until in windows]
    return {"recovery": found, "involuntary": _involuntary(windows, now)}


def _involuntary(windows: Windows, now: datetime) -> list[Figure]:
    if not churned.has_subscriptions():
        return [NOTHING]
    lost = churned.churn(now, health.churn_policy()).to_pylist()
    found = []
    for since, until in windows:
        kinds = [r["kind"] for r in lost if since <= r["churned_at"] < until]
        known = [k for k in kinds if k in ("voluntary", "involuntary")]
        found.append(_share(known.count("involuntary"), len(known)))
    return found


def _health(settings: Settings, windows: Windows, now: datetime) -> Found:  # noqa: ARG001
    runs = ScoringRun.objects.filter(model=health.settings().default_model, as_of__lte=now)
    found = []
    for since, until in windows:
        run = runs.filter(as_of__gte=since, as_of__lte=until).order_by("-as_of").first()
        told = run.summary if run is not None and run.summary else {}
        found.append(Figure(told.get("health"), int(told.get("accounts") or 0)))
    return {"health": found}


def _first_value(settings: Settings, windows: Windows, now: datetime) -> Found:  # noqa: ARG001
    if not onboarding.known():
        return {}
    found = onboarding.beginnings(windows[0][0], now, now)
    value = found.at[onboarding.onboarding_policy().first_value]
    firsts, activated = [], []
    for since, until in windows:
        begun = (found.begun >= micros(since)) & (found.begun < micros(until))
        days = (value - found.begun)[begun] / DAY_US
        so_far = (micros(now) - found.begun)[begun] / DAY_US
        firsts.append(_median_reached(days, so_far))
        activated.append(_share(*onboarding.activated(found.take(begun), now)))
    return {"first_value": firsts, "activation": activated}


def _tickets(settings: Settings, windows: Windows, now: datetime) -> Found:  # noqa: ARG001
    if not _has("tickets"):
        return {}
    since = micros(windows[0][0])
    rows = as_known(
        "SELECT opened_at, first_reply_at, resolved_at, csat FROM tickets"
        f" WHERE opened_at >= {since} OR resolved_at >= {since}",
        now,
        "tickets",
    )
    people = _people(windows, now)
    found: Found = {n: [] for n in ("first_response", "resolution", "csat", "support_load")}
    for (begin, end), active in zip(windows, people, strict=True):
        first, last = micros(begin), micros(end)
        opened = [r for r in rows if first <= r["opened_at"] < last]
        solved = [r for r in rows if r["resolved_at"] and first <= r["resolved_at"] < last]
        rated = [r["csat"] for r in solved if r["csat"] is not None]
        found["first_response"].append(
            _median(
                (r["first_reply_at"] - r["opened_at"]) / _HOUR_US
                for r in opened
                if r["first_reply_at"]
            )
        )
        found["resolution"].append(
            _median((r["resolved_at"] - r["opened_at"]) / _HOUR_US for r in solved)
        )
        found["csat"].append(_share(sum(c >= GOOD_RATING for c in rated), len(rated)))
        found["support_load"].append(Figure(len(opened) / active, active) if active else NOTHING)
    return found


def _people(windows: Windows, now: datetime) -> list[int]:
    """How many people did something in the product in each period."""
    if not _has("events"):
        return [0] * len(windows)
    counts = ", ".join(
        f"COUNT(DISTINCT person_id) FILTER (timestamp >= {micros(a)} AND timestamp < {micros(b)})"
        f" AS n{i}"
        for i, (a, b) in enumerate(windows)
    )
    first = windows[0][0]
    sql = (
        f"SELECT {counts} FROM events"
        f" WHERE timestamp >= {micros(first)} AND source IS DISTINCT FROM 'tenure'"
    )
    row = as_known(sql, now, "events", since=first.date())[0]
    return [int(row[f"n{i}"] or 0) for i in range(len(windows))]


def _nps(settings: Settings, windows: Windows, now: datetime) -> Found:  # noqa: ARG001
    if not _has("responses"):
        return {}
    rows = as_known(
        "SELECT COALESCE(person_id, response_id) AS who, responded_at, score FROM responses"
        f" WHERE survey = 'nps' AND score IS NOT NULL AND responded_at >= {micros(windows[0][0])}"
        " ORDER BY responded_at",
        now,
        "responses",
    )
    found = []
    for since, until in windows:
        last = {
            r["who"]: r["score"] for r in rows if micros(since) <= r["responded_at"] < micros(until)
        }
        found.append(nps(list(last.values())))
    return {"nps": found}


def nps(scores: list[float]) -> Figure:
    """Promoters less detractors in per cent, with the 95 % interval of a mean of −1, 0 and 1
    (normal approximation; the variance of Rowe and Miller's "adjusted" score is not needed from
    ten answers on).

    >>> nps([10] * 60 + [8] * 20 + [3] * 20)
    Figure(value=40.0, n=100, low=24.3, high=55.7)
    >>> nps([])
    Figure(value=None, n=0, low=None, high=None)
    """
    if not scores:
        return NOTHING
    n = len(scores)
    up = sum(s >= PROMOTER for s in scores) / n
    down = sum(s <= DETRACTOR for s in scores) / n
    mean = up - down
    spread = 1.959964 * ((up + down - mean * mean) / n) ** 0.5
    low, high = max(mean - spread, -1.0), min(mean + spread, 1.0)
    return Figure(round(100 * mean, 1), n, round(100 * low, 1), round(100 * high, 1))


def _share(hits: int, of: int) -> Figure:
    told = wilson(hits, of)
    return Figure(told.value, of, told.low, told.high)


def _median(values: Iterable[float]) -> Figure:
    listed = list(values)
    return Figure(median(listed), len(listed)) if listed else NOTHING


def _median_reached(days: Floats, so_far: Floats) -> Figure:
    """The day by which half are there; ``days`` is NaN for those who are not yet, after ``so_far``.

    The median of Kaplan and Meier's estimate. Where half are not there yet, there is none, and
    ``low`` says after how long that is so.

    >>> _median_reached(np.array([1.0, 2.0, np.nan]), np.array([9.0, 9.0, 9.0]))
    Figure(value=2.0, n=3, low=None, high=None)
    >>> _median_reached(np.array([1.0, np.nan, np.nan]), np.array([9.0, 9.0, 5.0]))
    Figure(value=None, n=3, low=9.0, high=None)
    """
    there = ~np.isnan(days)
    if not len(days):
        return NOTHING
    lasted = np.where(there, days, so_far)
    for point in kaplan_meier(lasted.tolist(), there.tolist()):
        if point.survival <= 0.5 + EQUAL:
            return Figure(point.time, len(days))
    return Figure(None, len(days), low=float(lasted.max()))


def _has(*tables: str) -> bool:
    here = lake.current()
    return all(here.exists(t) and here.rows(t) > 0 for t in tables)


_PARTS: tuple[Callable[[Settings, Windows, datetime], Found], ...] = (
    _revenue,
    _saving,
    _dunning,
    _health,
    _first_value,
    _tickets,
    _nps,
)

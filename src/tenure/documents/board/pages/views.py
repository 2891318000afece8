"""The board: every figure with its target, trend and status, and what it means."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.core import policy
from tenure.core.roles import needs
from tenure.documents.board import figures
from tenure.documents.board.spec import DOCUMENT, Board, Entry, Figure, Measure
from tenure.kit.pages import formats
from tenure.metrics.revenue.pages.query import read
from tenure.metrics.revenue.pages.views import tabs

STANDINGS = {
    "on": ("good", "on target"),
    "near": ("warn", "nearly"),
    "off": ("bad", "off target"),
    "open": ("none", "no target"),
    "few": ("none", "too few to tell"),
    "nothing": ("none", "not measured yet"),
}
_DIGITS = {"share": 1, "ratio": 2, "days": 1, "hours": 1, "points": 0}
_UNITS = {"share": " %", "hours": " h"}


@needs("revenue.view")
def page(request: HttpRequest) -> HttpResponse:
    """The whole board, as of now."""
    now = timezone.now()
    document: Board = policy.load(DOCUMENT)
    lines = [line(entry, document) for entry in figures.board(now)]
    groups = [
        (title, [one for one in lines if one["group"] == name])
        for name, title in document.groups.items()
    ]
    context = {
        "tabs": tabs("revenue_board", read(request.GET, now)),
        "groups": [g for g in groups if g[1]],
        "settings": document.settings,
        "off": sum(one["standing"] == "off" for one in lines),
        "judged": sum(one["standing"] in ("on", "near", "off") for one in lines),
    }
    return render(request, "board/board.html", context)


def line(entry: Entry, document: Board) -> dict[str, Any]:
    """An entry as the page shows it."""
    measure = entry.measure
    role, words = STANDINGS[entry.standing]
    shown = [f.value if f.n >= measure.least else None for f in entry.trend]
    return {
        "name": entry.name,
        "group": measure.group,
        "title": measure.title,
        "says": measure.says.replace("{core_days}", str(document.settings.core_days or "")),
        "link": measure.link,
        "value": value(entry.now, measure),
        "interval": interval(entry.now, measure),
        "n": entry.now.n,
        "target": target(measure),
        "trend": shown,
        "spoken": spoken(shown, measure),
        "standing": entry.standing,
        "role": role,
        "words": words,
    }


def value(figure: Figure, measure: Measure) -> str:
    """The figure of now; of a median that is not reached, after how long it is not."""
    if figure.value is None and figure.low is not None:
        return f"over {text(figure.low, measure)}"
    return text(figure.value, measure)


def text(value: float | None, measure: Measure) -> str:
    """A value in its unit."""
    if value is None:
        return formats.NOTHING
    scaled = 100 * value if measure.unit == "share" else value
    written = formats.number(scaled, _DIGITS[measure.unit])
    if measure.unit == "days":
        return f"{written} day{'' if written == '1' else 's'}"
    return written + _UNITS.get(measure.unit, "")


def interval(figure: Figure, measure: Measure) -> str:
    """The 95 % interval, where there is one."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{text(figure.low, measure)} to {text(figure.high, measure)}"


def target(measure: Measure) -> str:
    """What is aimed at."""
    if measure.target is None:
        return formats.NOTHING
    return f"{'above' if measure.better == 'up' else 'below'} {text(measure.target, measure)}"


def spoken(values: list[float | None], measure: Measure) -> str:
    """The trend for those who cannot see it."""
    return ", ".join(text(v, measure) for v in values)

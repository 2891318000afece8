"""The building blocks of pages: ``{% load ui %}``. See docs in each tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.forms import BoundField, CheckboxInput
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from tenure.kit.pages import formats, icons, svg

register = template.Library()
register.filter("whole", formats.whole)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A Tabler icon, decorative unless it has a ``label``."""
    return icons.svg(name, label)


@register.simple_tag
def initials(who: object, small: bool = False) -> SafeString:
    """A round mark with a person's initials."""
    size = "initials sm" if small else "initials"
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>', size, formats.initials(str(who))
    )


def address_part(text: str) -> str:
    """``text`` (such as an account's id) as the last part of an address; slashes stay."""
    return quote(text, safe="/~:@")


@register.filter
def number(value: float | None, digits: int = 1) -> str:
    """Thousands separated, at most ``digits`` decimals."""
    return formats.number(value, int(digits))


@register.simple_tag
def money(minor: int | None, currency: str = "") -> str:
    """Minor units of a currency, written for people."""
    return formats.money(minor, currency)


@register.filter
def percent(value: float | None, digits: int = 0) -> str:
    """A share of one as per cent: 0.256 is 26 %."""
    return formats.NOTHING if value is None else formats.number(100 * value, int(digits)) + " %"


@register.simple_tag
def ago(moment: datetime | None, empty: str = "never") -> SafeString | str:
    """A moment in words, with the exact time (in the reader's zone) as title."""
    if moment is None:
        return empty
    words = formats.relative(moment, timezone.now())
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        moment.isoformat(),
        local.strftime("%-d %B %Y, %H:%M %Z"),
        words,
    )


@register.simple_tag
def day(moment: datetime | date | None, empty: str = formats.NOTHING) -> SafeString | str:
    """A calendar day, such as 4 Mar 2026, in the reader's zone."""
    if moment is None:
        return empty
    shown = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), formats.day(shown))


@register.inclusion_tag("components/score.html")
def score(
    value: float | None, role: str, band: str = "", overridden: bool = False, tip: str = ""
) -> dict[str, object]:
    """A score in the colour of its band, with the band's name beside it (never colour alone)."""
    return {
        "shown": formats.whole(value),
        "role": role or "none",
        "band": band or ("" if value is not None else "No score"),
        "overridden": overridden,
        "tip": tip,
    }


@register.simple_tag
def band_pill(role: str, title: str) -> SafeString:
    """A band or state as a pill with a dot: role is good, ok, warn, bad or none."""
    return format_html('<span class="pill dot role-{}">{}</span>', role or "none", title)


@register.simple_tag
def delta(value: float | None, better: str = "up", digits: int = 0, unit: str = "") -> SafeString:
    """A change with its arrow; ``better`` is up, down or none (then it has no colour)."""
    return _delta(None if value is None else round(value, digits), better, digits, unit)


@lru_cache(maxsize=2048)
def _delta(value: float | None, better: str, digits: int, unit: str) -> SafeString:
    if value is None:
        return format_html('<span class="delta"><span aria-label="unknown">{}</span></span>', "–")
    if not value:
        return format_html('<span class="delta">{}</span>', "0")
    up = value > 0
    tone = "" if better == "none" else ("better" if up == (better == "up") else "worse")
    return format_html(
        '<span class="delta {}">{}<span class="visually-hidden">{}</span>{}{}</span>',
        tone,
        icons.svg("arrow-up-right" if up else "arrow-down-right"),
        "up " if up else "down ",
        formats.number(abs(value), digits),
        unit,
    )


@register.simple_tag
def sparkline(
    values: Iterable[Any] | None,
    role: str = "",
    label: str = "",
    width: int = 72,
    height: int = 20,
    low: float | None = None,
    high: float | None = None,
    least: float = 0.0,
) -> SafeString | str:
    """A small line; values may be numbers or ``[date, number]`` pairs, missing ones are gaps."""
    numbers = [v[1] if isinstance(v, (list, tuple)) else v for v in values or ()]
    numbers = [v if isinstance(v, (int, float)) else None for v in numbers]
    spark = svg.sparkline(numbers, width, height, low, high, least)
    if spark.last is None:
        return ""
    shade = f" role-{escape(role)}" if role else ""
    x, y = spark.last
    return mark_safe(  # noqa: S308 - numbers, and two escaped texts
        f'<svg class="spark{shade}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label or _spoken(numbers))}">'
        f'<path d="{spark.path}"/><circle cx="{x}" cy="{y}" r="1.9"/></svg>'
    )


def _spoken(numbers: Sequence[float | None]) -> str:
    known = [v for v in numbers if v is not None]
    return f"from {formats.number(known[0])} to {formats.number(known[-1])}"


@register.simple_tag
def bar(value: float | None, of: float = 100, role: str = "", label: str = "") -> SafeString:
    """A horizontal bar filled to ``value`` of ``of``."""
    return format_html(
        '<svg class="bar{}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><rect class="track" width="100" height="6"/>'
        '<rect class="fill" width="{}" height="6"/></svg>',
        f" role-{role}" if role else "",
        label or f"{formats.number(value)} of {formats.number(of)}",
        svg.share(value, of),
    )


@register.simple_tag
def progress(done: int, total: int | None, label: str) -> SafeString:
    """How far long work is; without a total it says so."""
    return format_html(
        '<div class="bar-row" role="progressbar" aria-label="{}" aria-valuemin="0" '
        'aria-valuemax="{}" aria-valuenow="{}"><span>{}</span><span class="num muted">{} of {}'
        "</span>{}</div>",
        label,
        total or 0,
        done,
        label,
        formats.number(done),
        formats.number(total) if total else "?",
        bar(done, total or 0, "accent"),
    )


@register.inclusion_tag("components/stat.html")
def stat(label: str, value: object, hint: str = "") -> dict[str, object]:
    """One figure with its name, inside ``<dl class="stats">``."""
    return {"label": label, "value": value, "hint": hint}


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """A form field with label, help and errors."""
    widget = bound.field.widget
    context = {
        "field": bound,
        "is_check": isinstance(widget, CheckboxInput),
        "use_fieldset": getattr(widget, "use_fieldset", False),
    }
    return mark_safe(render_to_string("components/field.html", context))  # noqa: S308


@register.inclusion_tag("components/form.html")
def form_fields(form: object) -> dict[str, object]:
    """All fields of a form, general errors first."""
    return {"form": form}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[dict[str, object]], label: str = "Views") -> dict[str, object]:
    """Tabs from dicts with title, url, current and (if wanted) count."""
    return {"tabs": items, "label": label}


@register.inclusion_tag("components/pager.html")
def pager(text: str, previous: str = "", next: str = "") -> dict[str, object]:
    """The foot of a list: what is shown, and the links to more."""
    return {"text": text, "previous": previous, "next": next}


@register.simple_block_tag
def empty(content: str, icon: str, title: str, compact: bool = False) -> SafeString:
    """An empty state that teaches the next step."""
    context = {"content": content, "icon": icon, "title": title, "compact": compact}
    return mark_safe(render_to_string("components/empty.html", context))  # noqa: S308


NOTE_ICONS = {"bad": "alert-triangle", "warn": "alert-triangle", "good": "circle-check"}


@register.simple_block_tag
def note(content: str, role: str = "accent") -> SafeString:
    """A boxed remark: role is accent, good, warn or bad."""
    context = {"content": content, "role": role, "icon": NOTE_ICONS.get(role, "info-circle")}
    return mark_safe(render_to_string("components/note.html", context))  # noqa: S308


@register.simple_block_tag
def snippet(content: str, id: str) -> SafeString:
    """Text to copy, with its button."""
    context = {"content": mark_safe(content.strip("\n")), "id": id}  # noqa: S308
    return mark_safe(render_to_string("components/snippet.html", context))  # noqa: S308


TOASTS = {"error": ("bad", "alert-circle"), "warning": ("warn", "alert-triangle")}


@register.filter
def toast_role(level: str) -> str:
    """Colour of a message's level."""
    return TOASTS.get(level, ("good", ""))[0]


@register.filter
def toast_icon(level: str) -> str:
    """Icon of a message's level."""
    return TOASTS.get(level, ("", "circle-check"))[1]

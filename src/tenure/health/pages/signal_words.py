"""How signals are named and their values written for people."""

from __future__ import annotations

from collections.abc import Callable

from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.spec import AnySignal
from tenure.health import policy
from tenure.kit.pages import formats, in_force

Value = float | str | None


def registry() -> Registry:
    """The signals in force."""
    return in_force.loaded(policy.registry)


def find(name: str) -> AnySignal | None:
    """The declaration of a signal; None when it is gone."""
    return registry().signals.get(name)


def title(name: str) -> str:
    """How a signal is called."""
    spec = find(name)
    return spec.title if spec else name.replace("_", " ").capitalize()


def shown(name: str, value: Value, currency: str = "") -> str:
    """A signal's value with its unit, such as ``12 days`` or ``43 %``."""
    spec = find(name)
    return write(value, spec.unit if spec else "count", getattr(spec, "kind", ""), currency)


def write(value: Value, unit: str, kind: str = "", currency: str = "") -> str:
    """A value in ``unit``; a ``kind`` of change is written as signed per cent.

    >>> write(12.0, "days"), write(0.43, "share"), write(-0.5, "ratio", "change")
    ('12 days', '43 %', '−50 %')
    """
    if value is None or value == "":
        return formats.NOTHING
    if isinstance(value, str):
        return value.replace("_", " ")
    if kind == "change":
        return ("+" if value > 0 else "") + formats.number(100 * value, 0) + " %"
    writer = WRITERS.get(unit)
    return formats.money(round(value), currency) if unit == "money" else (writer or _plain)(value)


def _plain(value: float) -> str:
    return formats.number(value, 1)


def _counted(noun: str) -> Callable[[float], str]:
    def spell(value: float) -> str:
        return f"{formats.number(value, 1)} {noun}{'' if value == 1 else 's'}"

    return spell


WRITERS: dict[str, Callable[[float], str]] = {
    "days": _counted("day"),
    "minutes": _counted("minute"),
    "share": lambda value: formats.number(100 * value, 0) + " %",
    "ratio": lambda value: formats.number(value, 2),
    "flag": lambda value: "yes" if value else "no",
}


def better(name: str) -> str:
    """Which direction is good, as the ``delta`` tag takes it."""
    spec = find(name)
    return {"better": "up", "worse": "down"}.get(spec.higher_is if spec else "", "none")

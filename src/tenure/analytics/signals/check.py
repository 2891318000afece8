"""Checks that need to know more than one declaration: tables, columns, roles, other signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tenure.analytics.asof import DERIVED_COLUMNS
from tenure.analytics.errors import SpecError
from tenure.analytics.signals.spec import (
    AnySignal,
    ChangeSignal,
    EventSignal,
    TableSignal,
)
from tenure.analytics.tables import TABLES

if TYPE_CHECKING:
    from tenure.analytics.signals.registry import Registry

Suggest = Callable[[str, Iterable[str]], str]
ANY = "any"


def columns_of(table: str) -> list[str]:
    """Columns a signal may name in ``table``: its own, and those every view adds."""
    return [c.name for c in TABLES[table].all_columns()] + list(DERIVED_COLUMNS.get(table, {}))


def check_table(source: str, where: str, signal: TableSignal, suggest: Suggest) -> None:
    """Refuse unknown tables and columns."""
    if signal.table == "events":
        raise SpecError(
            source,
            f"{where}.table",
            "events are counted by `events`",
            'write events = "Name" and no table',
        )
    if signal.table not in TABLES:
        remedy = suggest(signal.table, TABLES)
        raise SpecError(source, f"{where}.table", f"there is no table {signal.table!r}", remedy)
    known = columns_of(signal.table)
    used = [("column", signal.column), ("at", signal.at)]
    used += [("of", name) for name in signal.of]
    used += [("where", c.field) for c in (*signal.where, *signal.matching)]
    used += [("order", name.removeprefix("-")) for name in signal.order]
    for key, name in used:
        if name is not None and name not in known and not name.startswith("properties."):
            problem = f"{signal.table} has no column {name!r}"
            remedy = suggest(name, known) + " A field of your own is properties.NAME"
            raise SpecError(source, f"{where}.{key}", problem, remedy)
    if "account_id" not in known:
        raise SpecError(
            source,
            f"{where}.table",
            f"{signal.table} does not belong to accounts",
            "use a table with an account_id",
        )


def check_references(registry: Registry, suggest: Suggest) -> None:
    """Refuse unknown signals and roles, and signals made of themselves."""
    for name, signal in registry.signals.items():
        source = registry.sources[f"signals.{name}"]
        _check_parts(registry, source, f"signals.{name}", signal, suggest)
        if isinstance(signal, EventSignal):
            _check_role(registry, source, f"signals.{name}", signal, suggest)
        if isinstance(signal, ChangeSignal):
            _check_change(registry, source, name, signal)
        _check_cycle(registry, source, name)
    for kind, found in (("risk", registry.risk_signals), ("opportunity", registry.opportunities)):
        for name, risk in found.items():
            source = registry.sources[f"{kind}.{name}"]
            for part in risk.parts():
                _known(registry, source, f"{kind}.{name}.when", part, "account", suggest)


def _check_parts(
    registry: Registry, source: str, where: str, signal: AnySignal, suggest: Suggest
) -> None:
    for part in signal.parts():
        _known(registry, source, where, part, signal.per, suggest)


def _known(
    registry: Registry, source: str, where: str, part: str, per: str, suggest: Suggest
) -> None:
    if part not in registry.signals:
        raise SpecError(
            source, where, f"there is no signal {part!r}", suggest(part, registry.signals)
        )
    if registry.signals[part].per != per:
        raise SpecError(
            source, where, f"{part} is not per {per}", f'use a signal declared with per = "{per}"'
        )


def _check_role(
    registry: Registry, source: str, where: str, signal: EventSignal, suggest: Suggest
) -> None:
    names = [signal.events] if isinstance(signal.events, str) else signal.events
    for name in names:
        role = name.removeprefix("@")
        if name.startswith("@") and role != ANY and role not in registry.roles:
            raise SpecError(
                source,
                f"{where}.events",
                f"there is no role {name}",
                suggest(role, [*registry.roles, ANY]),
            )


def _check_change(registry: Registry, source: str, name: str, signal: ChangeSignal) -> None:
    part = registry.signals[signal.signal]
    if signal.before is None and getattr(part, "window", None) is None:
        raise SpecError(
            source,
            f"signals.{name}.signal",
            f"{signal.signal} has no window",
            "name the signal to compare with in `before`",
        )


def _check_cycle(registry: Registry, source: str, name: str) -> None:
    path: list[str] = []

    def visit(at: str) -> None:
        if at in path:
            raise SpecError(
                source,
                f"signals.{name}",
                "is made of itself: " + " > ".join([*path, at]),
                "break the circle",
            )
        path.append(at)
        for part in registry.signals[at].parts():
            if part in registry.signals:
                visit(part)
        path.pop()

    visit(name)

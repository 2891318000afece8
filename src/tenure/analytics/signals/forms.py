"""What each form of signal means: an SQL expression over the aggregates it asks for.

Missing or zero (``docs/rules/signals.md``): a count is 0 for an account without any, provided that
somebody in the workspace has one, for then it is tracked; else it is missing. An average or a value
of nothing is always missing.
"""

from __future__ import annotations

from collections.abc import Callable

from tenure.analytics.moments import DAY_US
from tenure.analytics.signals.build import Collector
from tenure.analytics.signals.inputs import Input, features_mask
from tenure.analytics.signals.measures import Measure
from tenure.analytics.signals.role_forms import role_holders
from tenure.analytics.signals.roles import ANY, resolve
from tenure.analytics.signals.spec import (
    AdoptionSignal,
    AnySignal,
    CoverageSignal,
    EventSignal,
    LimitSignal,
    Names,
    TableSignal,
    days,
)
from tenure.analytics.signals.sql import literal, literals, names
from tenure.analytics.signals.table_forms import table_expression


def base_expression(signal: AnySignal, c: Collector) -> str:
    """The expression of a signal that is not made of others."""
    if not needed_tables(signal) <= c.tables:
        return f"CAST(NULL AS {'VARCHAR' if signal.text else 'DOUBLE'})"
    if isinstance(signal, EventSignal):
        return _event(signal, c)
    if isinstance(signal, AdoptionSignal):
        return _adoption(signal, c)
    if isinstance(signal, LimitSignal):
        return _limit(signal, c)
    if isinstance(signal, CoverageSignal):
        return _roles_covered(signal, c)
    assert isinstance(signal, TableSignal), signal
    return table_expression(signal, c)


def needed_tables(signal: AnySignal) -> set[str]:
    """Tables without whose facts the signal is missing for everybody."""
    needed = {"people"} if getattr(signal, "by_role", None) else set()
    if isinstance(signal, TableSignal):
        return needed | {signal.table}
    if isinstance(signal, CoverageSignal):
        return {"people"}
    return {"subscriptions", "plans"} if isinstance(signal, LimitSignal) else needed


def input_of(signal: EventSignal, c: Collector, kind: str = "count") -> Input:
    """The input a signal about events counts."""
    events = resolve(signal.events, c.registry.roles, c.catalogue)
    where = tuple(w.model_dump_json() for w in signal.where)
    return Input(kind, events, where, signal.property if kind in ("sum", "known") else None)  # type: ignore[arg-type]


def window_of(signal: EventSignal | AdoptionSignal) -> tuple[int, int]:
    """First and last bound of the window, in days before the end."""
    end = days(signal.offset)
    return end + days(signal.window), end


def _event(signal: EventSignal, c: Collector) -> str:
    start, end = window_of(signal)
    tracked = c.tracked([input_of(signal, c)], start)
    if signal.kind in ("people", "person_days"):
        return _or_zero(_named(input_of(signal, c), start, c), _over_people(signal, c))
    if signal.by_role is not None:
        return _recency_of_role(signal, c)
    value: Callable[[Measure], str] = c.person if signal.per == "person" else c.account
    if signal.kind == "recency_days":
        last = value(Measure(input_of(signal, c), "last", start, end))
        return _recency(tracked, f"{c.end_day - end - 1} - {last}", days(signal.window))
    if signal.kind == "avg":
        total = value(Measure(input_of(signal, c, "sum"), "sum", start, end))
        known = value(Measure(input_of(signal, c, "known"), "sum", start, end))
        return f"{total} / NULLIF({known}, 0)"
    how = {"active_days": "days", "active_weeks": "weeks"}.get(signal.kind, "sum")
    kind = signal.kind if signal.kind in ("sessions", "minutes", "sum") else "count"
    return _or_zero(tracked, value(Measure(input_of(signal, c, kind), how, start, end)))  # type: ignore[arg-type]


def _named(counted: Input, start: int, c: Collector) -> str:
    """Whether it can be told who did it: somebody in the workspace is named by such an event in the
    window or lately, and so is somebody of the account, where it has such events at all."""
    since = max(start, c.registry.settings.presence_days)
    names = c.people(f"SUM({c.person(Measure(counted, 'any', since))})")
    somebody = c.names_people(names)
    any_event = c.account(Measure(counted, "any", since))
    return f"{somebody} AND (COALESCE({names}, 0) > 0 OR COALESCE({any_event}, 0) = 0)"


def _over_people(signal: EventSignal, c: Collector) -> str:
    start, end = window_of(signal)
    how = "any" if signal.kind == "people" else "days"
    return c.people(f"SUM({c.person(Measure(input_of(signal, c), how, start, end))})")  # type: ignore[arg-type]


def _recency_of_role(signal: EventSignal, c: Collector) -> str:
    """Days since someone of the role was active; missing where nobody holds it, or where events do
    not say who."""
    start, end = window_of(signal)
    tracked = _named(input_of(signal, c), start, c)
    last = c.person(Measure(input_of(signal, c), "last", start, end))
    column = _role_column(c, signal.by_role or "")
    newest = c.people(f"MAX(CASE WHEN {column} THEN {last} END)")
    recency = _recency(tracked, f"{c.end_day - end - 1} - {newest}", days(signal.window))
    return f"CASE WHEN {role_holders(c, signal.by_role or '')} > 0 THEN {recency} END"


def _role_column(c: Collector, roles: Names) -> str:
    c.view("people")
    condition = f"COALESCE(pe.left_at IS NULL AND pe.role IN {literals(names(roles))}, FALSE)"
    return c.roles.setdefault(condition, f"role{len(c.roles)}")


def _adoption(signal: AdoptionSignal, c: Collector) -> str:
    events = c.catalogue.events(signal.features)
    if not events:
        return "CAST(NULL AS DOUBLE)"
    start, end = window_of(signal)
    masks, before = features_mask(events), days(signal.before or "0d")
    tracked = c.tracked(masks, start + before)
    used = [_bits(c, m, start, end) for m in masks]
    if signal.kind == "adoption":
        count = " + ".join(f"BIT_COUNT({bits})" for bits in used)
        return f"CASE WHEN {tracked} THEN ({count}) / {len(events)}.0 END"
    earlier = [_bits(c, m, start + before, start) for m in masks]
    lost = [
        f"BIT_COUNT({old}) - BIT_COUNT({old} & {now})"
        for old, now in zip(earlier, used, strict=True)
    ]
    return f"CASE WHEN {tracked} THEN {' + '.join(lost)} END"


def _bits(c: Collector, mask: Input, start: int, end: int) -> str:
    return f"COALESCE({c.account(Measure(mask, 'bits', start, end))}, CAST(0 AS BIGINT))"


def _limit(signal: LimitSignal, c: Collector) -> str:
    """Missing for an account without a plan, or whose plan counts nothing."""
    if not c.catalogue.usage:
        return "CAST(NULL AS DOUBLE)"
    plan = c.pick(
        "subscriptions", 0, "v.in_force", "v.mrr_minor DESC NULLS LAST, v.subscription_id"
    )
    cases = []
    for event in c.catalogue.usage:
        used = Input("count", None if event == ANY else (event,))
        tracked = c.tracked([used], days(signal.window))
        count = c.account(Measure(used, "sum", days(signal.window)))
        cases.append(f"WHEN {literal(event)} THEN {_or_zero(tracked, count)}")
    used_sql = f"CASE {plan}.usage_event {' '.join(cases)} END"
    return f"{used_sql} / NULLIF({plan}.usage_limit, 0)"


def _roles_covered(signal: CoverageSignal, c: Collector) -> str:
    roles = literals(signal.roles)
    known = c.table_present("people", 0, f"COUNT(CASE WHEN role IN {roles} THEN 1 END)")
    held = c.aggregate(
        "people", 0, f"COUNT(DISTINCT CASE WHEN is_present AND role IN {roles} THEN role END)"
    )
    return f"CASE WHEN {known} THEN COALESCE({held}, 0) / {len(set(signal.roles))}.0 END"


def _or_zero(tracked: str, value: str) -> str:
    return f"CASE WHEN {tracked} THEN COALESCE({value}, 0) END"


def _recency(tracked: str, since: str, window: int) -> str:
    """Days since, and the whole window where there was nothing in it."""
    return f"CASE WHEN {tracked} THEN COALESCE({since}, {window}) END"


__all__ = ["DAY_US", "base_expression", "input_of", "role_holders", "window_of"]

"""Puts the one query together: events by day, views, aggregates, then signals upon signals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tenure.analytics.asof import known_sql, view_sql
from tenure.analytics.moments import DAY_US
from tenure.analytics.signals.build import ACTIVITY, Collector, group_alias
from tenure.analytics.signals.derived_forms import before_name, derived_expression
from tenure.analytics.signals.forms import base_expression
from tenure.analytics.signals.inputs import Input
from tenure.analytics.signals.measures import Measure
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.scan import scan_sql
from tenure.analytics.signals.spec import AnySignal, ChangeSignal, days
from tenure.analytics.signals.sql import quoted
from tenure.analytics.tables import TABLES

ACCOUNT_TABLES = [
    n for n, t in TABLES.items() if n != "events" and any(c.name == "account_id" for c in t.columns)
]
IN_FORCE = "COUNT(CASE WHEN in_force THEN 1 END)"


@dataclass(frozen=True)
class Plan:
    """What is computed: signals in order, their expressions, and what they are made from."""

    collector: Collector
    base: Mapping[str, str]
    derived: Mapping[str, str]
    signals: Mapping[str, AnySignal]
    wanted: Sequence[str]
    per: str = "account"
    levels: Mapping[str, int] = field(default_factory=dict)

    @property
    def inputs(self) -> list[Input]:
        """Inputs per account."""
        return list(dict.fromkeys(m.input for m in self.collector.of_account))

    @property
    def person_inputs(self) -> list[Input]:
        """Inputs per account and person."""
        return list(dict.fromkeys(m.input for m in self.collector.of_person))

    @property
    def first_day(self) -> int:
        """The earliest day any window reaches."""
        return self.collector.end_day - max(m.start for m in self.collector.measures)


def plan(names: Iterable[str], registry: Registry, collector: Collector, per: str) -> Plan:
    """What the named signals need."""
    wanted = list(names)
    signals = with_twins(registry.closure(wanted))
    settings = registry.settings
    collector.account(Measure(ACTIVITY, "any", settings.presence_days))
    collector.account(Measure(ACTIVITY, "any", settings.activity_days))
    if "subscriptions" in collector.tables:
        collector.aggregate("subscriptions", 0, IN_FORCE)
    if per == "person":
        collector.person(Measure(ACTIVITY, "any", settings.presence_days))
    base = {n: base_expression(s, collector) for n, s in signals.items() if not s.derived}
    derived = {n: derived_expression(n, s) for n, s in signals.items() if s.derived}
    return Plan(collector, base, derived, signals, wanted, per, _levels(signals))


def with_twins(signals: dict[str, AnySignal]) -> dict[str, AnySignal]:
    """Adds, before each change, its signal one window earlier."""
    found: dict[str, AnySignal] = {}
    for name, signal in signals.items():
        if isinstance(signal, ChangeSignal) and signal.before is None:
            part = signals[signal.signal]
            window, offset = getattr(part, "window", "0d"), getattr(part, "offset", "0d")
            moved = {"offset": f"{days(offset) + days(window)}d"}
            found[before_name(signal.signal)] = part.model_copy(update=moved)
        found[name] = signal
    return found


def _levels(signals: Mapping[str, AnySignal]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for name, signal in signals.items():
        levels[name] = max((levels[p] + 1 for p in signal.parts()), default=0)
    return levels


@dataclass(frozen=True)
class Days:
    """Where the rows by day come from: raw events within ``bounds``, stored rows, or both."""

    bounds: str | None
    stored: bool = False


def query_sql(p: Plan, source: Days) -> str:
    """The whole query in DuckDB's dialect."""
    parts = [*_view_parts(p), *_event_parts(p, source), *_table_parts(p), _present_part(p)]
    parts.append(("known", _known_sql(p)))
    parts.append(("level0", _base_sql(p)))
    parts += _derived_parts(p)
    body = ", ".join(f"{name} AS ({sql})" for name, sql in parts)
    columns = [
        f"CAST({quoted(n)} AS {'VARCHAR' if p.signals[n].text else 'DOUBLE'}) AS {quoted(n)}"
        for n in p.wanted
    ]
    keys = ["account_id", "person_id"] if p.per == "person" else ["account_id", "active"]
    last = max(p.levels.values(), default=0)
    return (
        f"WITH {body} SELECT {', '.join([*keys, *columns])} FROM level{last} ORDER BY {keys[0]}"
        + (", person_id" if p.per == "person" else "")
    )


def _view_parts(p: Plan) -> list[tuple[str, str]]:
    from tenure.analytics.asof import view_name

    return [(view_name(t, s), view_sql(t, p.collector.t, s)) for t, s in p.collector.views]


def _event_parts(p: Plan, source: Days) -> list[tuple[str, str]]:
    c, people = p.collector, p.collector.of_person
    inputs = list(dict.fromkeys([*p.inputs, *p.person_inputs]))
    parts = []
    if source.bounds is not None:
        bounds = f"{source.bounds} AND timestamp >= {p.first_day * DAY_US}"
        parts.append(("ev", scan_sql(inputs, bounds, person=bool(people))))
    parts.append(("ad", _days_sql(p, source, "stored_ad", p.inputs, ["account_id"])))
    measures = [f"{m.sql(c.end_day)} AS {name}" for m, name in c.of_account.items()]
    parts.append(
        ("e", f"SELECT {', '.join(['account_id', *measures])} FROM ad GROUP BY account_id")
    )
    if people:
        keys = ["account_id", "person_id"]
        parts.append(("apd", _days_sql(p, source, "stored_apd", p.person_inputs, keys)))
        measures = [f"{m.sql(c.end_day)} AS {name}" for m, name in people.items()]
        parts.append(
            (
                "pers",
                f"SELECT {', '.join([*keys, *measures])} FROM apd"
                " WHERE person_id IS NOT NULL GROUP BY account_id, person_id",
            )
        )
        parts += _over_people(c)
    return parts


def _days_sql(
    p: Plan, source: Days, stored: str, inputs: Sequence[Input], keys: Sequence[str]
) -> str:
    columns = ", ".join([*keys, "day", *(i.name for i in inputs)])
    parts = []
    if source.stored:
        within = f"day >= {p.first_day} AND day < {p.collector.end_day}"
        parts.append(f"SELECT {columns} FROM {stored} WHERE {within}")
    if source.bounds is not None:
        parts.append(f"SELECT {columns} FROM ev")
    return " UNION ALL ".join(parts)


def _over_people(c: Collector) -> list[tuple[str, str]]:
    """Aggregates over an account's people, with the roles they hold."""
    if not c.over_people:
        return []
    roles = "".join(f", {condition} AS {name}" for condition, name in c.roles.items())
    joined = "SELECT pers.*" + roles + " FROM pers"
    if c.roles:
        joined += (
            " LEFT JOIN v_people_0 AS pe ON pe.account_id = pers.account_id"
            " AND pe.person_id = pers.person_id"
        )
    sums = [f"{sql} AS {name}" for sql, name in c.over_people.items()]
    return [
        ("q", f"SELECT {', '.join(['account_id', *sums])} FROM ({joined}) AS j GROUP BY account_id")
    ]


def _table_parts(p: Plan) -> list[tuple[str, str]]:
    from tenure.analytics.asof import view_name

    c = p.collector
    parts = []
    for (table, shift), found in c.aggregates.items():
        columns = ", ".join(["account_id", *(f"{sql} AS {name}" for sql, name in found.items())])
        sql = f"SELECT {columns} FROM {view_name(table, shift)} GROUP BY account_id"
        parts.append((f"agg_{group_alias(table, shift)}", sql))
    return parts + [(alias, sql) for sql, alias in c.picks.items()]


def _present_part(p: Plan) -> tuple[str, str]:
    """One row that says what is tracked in the workspace at all."""
    c = p.collector
    events = [
        f"COALESCE(MAX({c.of_account[m]}), 0) > 0 AS {name}" for m, name in c.events_present.items()
    ]
    tables = [f"COALESCE(({sql}), FALSE) AS {name}" for sql, name in c.present.items()]
    paying = "FALSE"
    if "subscriptions" in c.tables:
        paying = "(SELECT COUNT(*) FROM agg_subscriptions_0) > 0"
    columns = [*events, *tables, f"{paying} AS has_subscriptions"]
    # Without an aggregate over e this must still be one row, whatever e holds.
    return "t", f"SELECT {', '.join(columns)}{' FROM e' if events else ''}"


def _known_sql(p: Plan) -> str:
    """Accounts known as of t: named by any table, or with an event lately."""
    c = p.collector
    lately = c.of_account[Measure(ACTIVITY, "any", c.registry.settings.presence_days)]
    parts = [f"SELECT account_id FROM e WHERE {lately} > 0"]
    for name in filter(c.tables.__contains__, ACCOUNT_TABLES):
        known = f"SELECT account_id FROM ({known_sql(name, c.t)}) AS k"
        parts.append(f"{known} WHERE account_id IS NOT NULL")
    return " UNION ".join(parts)


def _base_sql(p: Plan) -> str:
    c = p.collector
    active = c.account(Measure(ACTIVITY, "any", c.registry.settings.activity_days))
    paying = "subscriptions" in c.tables
    in_force = c.aggregate("subscriptions", 0, IN_FORCE) if paying else "0"
    columns = [f"{sql} AS {quoted(name)}" for name, sql in p.base.items()]
    if p.per == "person":
        source = "pers AS k LEFT JOIN e ON e.account_id = k.account_id CROSS JOIN t"
        return f"SELECT {', '.join(['k.account_id, k.person_id', *columns])} FROM {source}"
    flag = (
        f"CASE WHEN t.has_subscriptions THEN COALESCE({in_force}, 0) > 0"
        f" ELSE COALESCE({active}, 0) > 0 END AS active"
    )
    joins = ["LEFT JOIN e ON e.account_id = k.account_id"]
    if c.over_people:
        joins.append("LEFT JOIN q ON q.account_id = k.account_id")
    for table, shift in c.aggregates:
        alias = group_alias(table, shift)
        joins.append(f"LEFT JOIN agg_{alias} AS {alias} ON {alias}.account_id = k.account_id")
    joins += [f"LEFT JOIN {a} ON {a}.account_id = k.account_id" for a in c.picks.values()]
    keep = ["k.account_id", flag, *columns]
    return f"SELECT {', '.join(keep)} FROM known AS k {' '.join(joins)} CROSS JOIN t"


def _derived_parts(p: Plan) -> list[tuple[str, str]]:
    parts = []
    for level in range(1, max(p.levels.values(), default=0) + 1):
        here = [n for n, found in p.levels.items() if found == level]
        columns = [f"{p.derived[n]} AS {quoted(n)}" for n in here]
        parts.append(
            (f"level{level}", f"SELECT {', '.join(['*', *columns])} FROM level{level - 1}")
        )
    return parts

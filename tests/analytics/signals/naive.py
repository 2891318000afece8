"""A slow and obvious re-implementation of signals, row by row in Python, to test the query against.

It shares the declarations with the product, and nothing else.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from analytics.signals.naive_asof import DAY, as_of, ceil_day, day_of

PRODUCT_KINDS = ("track", "page", "screen", None)
OPS = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "not_in": lambda a, b: a not in b,
    "contains": lambda a, b: b.lower() in a.lower(),
}


def span(text: str) -> int:
    return int(text.removesuffix("d"))


class Naive:
    """Signals of a company given as lists of rows, as of ``t``."""

    def __init__(self, tables: dict[str, list[dict[str, Any]]], registry: Any, t: datetime) -> None:
        self.tables, self.registry, self.t = tables, registry, t
        self.end = ceil_day(t)
        self.events = [
            e
            for e in tables.get("events", [])
            if e["timestamp"] < t
            and e["received_at"] < t
            and e["account_id"] is not None
            and e["source"] != "tenure"
            and e["kind"] in PRODUCT_KINDS
        ]
        self.views: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self.cache: dict[tuple[str, str], Any] = {}
        features = self.view("features")
        self.features = {
            "all": {f["event"] for f in features},
            "core": {f["event"] for f in features if f["core"]},
            "high_value": {f["event"] for f in features if f["high_value"]},
        }

    def view(self, table: str, shift: int = 0) -> list[dict[str, Any]]:
        if (table, shift) not in self.views:
            self.views[table, shift] = as_of(self.tables, table, self.t, shift)
        return self.views[table, shift]

    def accounts(self) -> list[str]:
        found = {e["account_id"] for e in self.window(self.registry.settings.presence_days, 0)}
        for name in self.tables:
            if name not in ("events", "plans", "features", "refusals"):
                time = TIMES[name]
                found |= {
                    r["account_id"]
                    for r in self.tables[name]
                    if r[time] < self.t and r["received_at"] < self.t and r["account_id"]
                }
        return sorted(found)

    def active(self, account: str) -> bool:
        subscriptions = self.view("subscriptions")
        if subscriptions:
            return any(s["in_force"] for s in subscriptions if s["account_id"] == account)
        lately = self.window(self.registry.settings.activity_days, 0)
        return any(e["account_id"] == account for e in lately)

    def value(self, name: str, account: str) -> Any:
        if (name, account) not in self.cache:
            self.cache[name, account] = self.of(self.registry.signals[name], account)
        return self.cache[name, account]

    def of(self, signal: Any, account: str) -> Any:
        form = type(signal).__name__.lower()
        found = getattr(self, f"_{form}")(signal, account)
        return found if found is None or isinstance(found, str) else float(found)

    # events

    def window(self, start: int, end: int) -> list[dict[str, Any]]:
        return [
            e for e in self.events if self.end - start <= day_of(e["timestamp"]) < self.end - end
        ]

    def names(self, events: Any) -> set[str] | None:
        found: set[str] = set()
        for name in [events] if isinstance(events, str) else events:
            if name == "@any":
                return None
            if not name.startswith("@"):
                found.add(name)
                continue
            role = self.registry.roles[name[1:]]
            featured = self.features[role.features] if role.features else set()
            inner = self.names(role.events)
            if inner is None:
                return None
            found |= featured or inner
        return found

    def matching(self, events: list[Any], signal: Any) -> list[dict[str, Any]]:
        names = self.names(signal.events)
        return [
            e
            for e in events
            if (names is None or e["event"] in names)
            and all(passes(c, e, is_event=True) for c in signal.where)
        ]

    def _eventsignal(self, s: Any, account: str) -> Any:
        end = span(s.offset)
        start = end + span(s.window)
        since = max(start, self.registry.settings.presence_days)
        tracked = bool(self.matching(self.window(since, 0), s))
        own = [e for e in self.matching(self.window(start, end), s) if e["account_id"] == account]
        if s.kind == "avg":
            numbers = [n for e in own if (n := number(e, s.property)) is not None]
            return sum(numbers) / len(numbers) if numbers else None
        if s.by_role is not None:
            holders = self.holders(account, s.by_role)
            if not holders:
                return None
            own = [e for e in own if e["person_id"] in holders]
        if not tracked:
            return None
        if s.kind in ("people", "person_days") or s.by_role is not None:
            lately = self.matching(self.window(since, 0), s)
            mine = [e for e in lately if e["account_id"] == account]
            if not any(e["person_id"] is not None for e in lately):
                return None
            if mine and all(e["person_id"] is None for e in mine):
                return None
        return self.counted(s, own, end)

    def counted(self, s: Any, own: list[dict[str, Any]], end: int) -> Any:
        days = [day_of(e["timestamp"]) for e in own]
        known = [e for e in own if e["person_id"] is not None]
        if s.kind == "count":
            return len(own)
        if s.kind == "active_days":
            return len(set(days))
        if s.kind == "active_weeks":
            return len({(self.end - end - 1 - d) // 7 for d in days})
        if s.kind == "people":
            return len({e["person_id"] for e in known})
        if s.kind == "person_days":
            return len({(e["person_id"], day_of(e["timestamp"])) for e in known})
        if s.kind == "sum":
            return sum(number(e, s.property) or 0 for e in own)
        if s.kind == "recency_days":
            return self.end - end - 1 - max(days) if days else span(s.window)
        visits = defaultdict(list)
        for e in own:
            key = e["person_id"], day_of(e["timestamp"]), day_of(e["received_at"])
            visits[key].append(e)
        if s.kind == "sessions":
            return sum(max(1, len({e["session_id"] for e in v} - {None})) for v in visits.values())
        assert s.kind == "minutes"
        return sum(10 * len({slot(e["timestamp"]) for e in v}) for v in visits.values())

    def _adoptionsignal(self, s: Any, account: str) -> Any:
        features = self.features[s.features]
        end, before = span(s.offset), span(s.before or "0d")
        start = end + span(s.window)
        since = max(start + before, self.registry.settings.presence_days)
        if not any(e["event"] in features for e in self.window(since, 0)):
            return None
        used = self.used(features, start, end, account)
        if s.kind == "adoption":
            return len(used) / len(features)
        return len(self.used(features, start + before, start, account) - used)

    def used(self, features: set[str], start: int, end: int, account: str) -> set[str]:
        return {
            e["event"]
            for e in self.window(start, end)
            if e["account_id"] == account and e["event"] in features
        }

    def _limitsignal(self, s: Any, account: str) -> Any:
        own = [
            r for r in self.view("subscriptions") if r["account_id"] == account and r["in_force"]
        ]
        if not own:
            return None
        best = min(own, key=lambda r: (desc(r["mrr_minor"]), r["subscription_id"]))
        if not best["usage_limit"] or not best["usage_event"]:
            return None
        since = max(span(s.window), self.registry.settings.presence_days)
        if not any(e["event"] == best["usage_event"] for e in self.window(since, 0)):
            return None
        used = [
            e
            for e in self.window(span(s.window), 0)
            if e["account_id"] == account and e["event"] == best["usage_event"]
        ]
        return len(used) / best["usage_limit"]

    # people and tables

    def holders(self, account: str, roles: Any) -> set[str]:
        wanted = {roles} if isinstance(roles, str) else set(roles)
        return {
            p["person_id"]
            for p in self.view("people")
            if p["account_id"] == account and p["is_present"] and p["role"] in wanted
        }

    def _coveragesignal(self, s: Any, account: str) -> Any:
        people = self.view("people")
        if not any(p["role"] in s.roles for p in people):
            return None
        held = {p["role"] for p in people if p["account_id"] == account and p["is_present"]}
        return len(held & set(s.roles)) / len(s.roles)

    def _tablesignal(self, s: Any, account: str) -> Any:
        shift = span(s.as_of)
        source = [r for r in self.view(s.table, shift) if self.is_source(s, r)]
        own_source = [r for r in source if r["account_id"] == account]
        own = [r for r in own_source if self.counts(s, r, shift)]
        values = [r[s.column] for r in own if r[s.column] is not None] if s.column else []
        if s.kind in ("rows", "people"):
            roles = [s.by_role] if isinstance(s.by_role, str) else s.by_role
            if not source or (roles and not any(p["role"] in roles for p in self.view("people"))):
                return None
            people = {r["person_id"] for r in own} - {None} if s.kind == "people" else own
            return len(people)
        if s.kind == "sum":
            if s.whole and len(values) < len(own):
                return None
            return sum(values) if values else (0 if own_source and not own else None)
        if s.kind == "avg":
            return sum(values) / len(values) if values else None
        if s.kind in ("min", "max"):
            return {"min": min, "max": max}[s.kind](values) if values else None
        if s.kind == "share":
            hit = [r for r in own if all(passes(c, r) for c in s.matching)]
            return len(hit) / len(own) if own else None
        if s.kind == "recency_days":
            return self.table_recency(s, source, own, account)
        return self.picked(s, own)

    def table_recency(self, s: Any, source: Any, own: Any, account: str) -> Any:
        if not source or (s.by_role is not None and not self.holders(account, s.by_role)):
            return None
        time = s.at or TIMES[s.table]
        last = max((day_of(r[time]) for r in own), default=None)
        return span(s.window) if last is None else self.end - span(s.offset) - 1 - last

    def is_source(self, s: Any, row: dict[str, Any]) -> bool:
        return all(row[f] in ([v] if isinstance(v, str) else v) for f, v in s.of.items())

    def counts(self, s: Any, row: dict[str, Any], shift: int) -> bool:
        if not all(passes(c, row) for c in s.where):
            return False
        if s.by_role is not None:
            roles = [s.by_role] if isinstance(s.by_role, str) else s.by_role
            if row["person_role"] not in roles:
                return False
        if s.window is None:
            return True
        at = row[s.at or TIMES[s.table]]
        high = self.end - span(s.offset) - shift
        return at is not None and high - span(s.window) <= day_of(at) < high

    def picked(self, s: Any, own: list[dict[str, Any]]) -> Any:
        if not own:
            return None
        rows = sorted(own, key=lambda r: r["message_id"], reverse=True)
        rows.sort(key=lambda r: r["received_at"], reverse=True)
        rows.sort(key=lambda r: r[TIMES[s.table]], reverse=True)
        for name in reversed(s.order):
            key = name.removeprefix("-")
            rows.sort(key=desc_by(key) if name.startswith("-") else asc_by(key))
        value = rows[0][s.column]
        if value is None or s.kind == "value":
            return value
        if s.kind == "days_since":
            return math.floor((self.t - value) / DAY)
        return math.ceil((value - self.t) / DAY)

    # signals made of signals

    def _ratiosignal(self, s: Any, account: str) -> Any:
        top = self.value(s.numerator, account)
        if s.denominator is None:
            return None if top is None else top / s.divide
        bottom = self.value(s.denominator, account)
        if top is None or bottom is None:
            return None
        return s.empty if bottom == 0 else top / bottom / s.divide

    def _changesignal(self, s: Any, account: str) -> Any:
        now = self.value(s.signal, account)
        if s.before:
            before = self.value(s.before, account)
        else:
            part = self.registry.signals[s.signal]
            moved = f"{span(part.offset) + span(part.window)}d"
            before = self.of(part.model_copy(update={"offset": moved}), account)
        if now is None or before is None or before <= 0 or before < s.least:
            return None
        return (now - before) / before

    def _differencesignal(self, s: Any, account: str) -> Any:
        a, b = self.value(s.signal, account), self.value(s.minus, account)
        return None if a is None or b is None else a - b

    def _combinesignal(self, s: Any, account: str) -> Any:
        known = [v for n in s.signals if (v := self.value(n, account)) is not None]
        if not known:
            return None
        return {"total": sum, "first_of": lambda v: v[0], "greatest": max}[s.kind](known)

    def _casesignal(self, s: Any, account: str) -> Any:
        needs = s.needs or [t.signal for case in s.cases for t in case.when]
        if all(self.value(n, account) is None for n in needs):
            return None
        for case in s.cases:
            if all(self.test(t, account) for t in case.when):
                return case.value
        return s.otherwise

    def test(self, t: Any, account: str) -> bool:
        left = self.value(t.signal, account)
        if t.op in ("is_set", "is_not_set"):
            return (left is not None) == (t.op == "is_set")
        right = t.value
        if t.of is not None:
            other = self.value(t.of, account)
            right = None if other is None else other * t.times
        return t.or_missing if left is None or right is None else OPS[t.op](left, right)

    def fires(self, risk: Any, account: str) -> bool:
        every = all(self.test(t, account) for t in risk.when)
        return every and (not risk.when_any or any(self.test(t, account) for t in risk.when_any))


TIMES = {
    "accounts": "updated_at",
    "people": "updated_at",
    "subscriptions": "updated_at",
    "invoices": "issued_at",
    "cards": "updated_at",
    "payments": "attempted_at",
    "tickets": "opened_at",
    "responses": "responded_at",
    "interactions": "happened_at",
    "goals": "updated_at",
}


def passes(c: Any, row: dict[str, Any], is_event: bool = False) -> bool:
    if c.field in row:
        left = row[c.field]
    else:
        left = json.loads(row["properties"] or "{}").get(c.field.removeprefix("properties."))
    if c.op in ("is_set", "is_not_set"):
        return (left is not None) == (c.op == "is_set")
    if left is None:
        return c.op == "not_in"
    return OPS[c.op](left, c.value)


def number(event: dict[str, Any], name: str) -> float | None:
    value = json.loads(event["properties"] or "{}").get(name)
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def slot(moment: datetime) -> int:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - midnight) // timedelta(minutes=10)


def order_number(value: Any) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value)


def desc(value: Any) -> tuple[int, float]:
    return (1, 0.0) if value is None else (0, -order_number(value))


def desc_by(key: str) -> Any:
    return lambda r: desc(r[key])


def asc_by(key: str) -> Any:
    return lambda r: (1, 0.0) if r[key] is None else (0, order_number(r[key]))

"""The tests a row must pass, as conditions of failure over the columns that ``RowPlan`` makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tenure.analytics.tables import Column
from tenure.facts.casts import literal, quote
from tenure.facts.placeholders import OWNERS
from tenure.facts.rejection import limits
from tenure.facts.texts import UNREADABLE

if TYPE_CHECKING:
    from tenure.facts.row_plan import RowPlan

Test = tuple[str, str, str]
_MAIL = r"\s*[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+\s*"


def tests(plan: RowPlan) -> list[Test]:
    """(condition of failure, code, field) of every test, in the order in which they are made."""
    checks = (_readable, _missing, _limits, _placeholders, _money, _words)
    return [test for check in checks for test in check(plan)]


def _placeholders(plan: RowPlan) -> Iterator[Test]:
    names = dict.fromkeys([*OWNERS, *plan.table.key, "message_id"])
    for name in names:
        if name in plan.origin and plan.table.column(name).kind == "text":
            yield plan.placeholders.condition(quote(name)), "placeholder", name


def _words(plan: RowPlan) -> Iterator[Test]:
    known, table = limits(), plan.table.name
    for name, words in known["listed"].get(table, {}).items():
        listed = ", ".join(map(literal, words))
        yield f"{quote(name)} NOT IN ({listed})", "not_listed", name
    for name in known["mails"].get(table, ()):
        yield f"NOT regexp_full_match({quote(name)}, '{_MAIL}')", "not_mail", name
    if "timezone" in plan.readable:
        yield f"timezone = '{UNREADABLE}'", "not_zone", "timezone"


def _readable(plan: RowPlan) -> Iterator[Test]:
    for column in plan.columns():
        if column.name not in plan.origin or not plan.may_be_wrong(column):
            continue
        code = "not_object" if column.kind == "json" else f"not_{column.kind}"
        if column.name.endswith("_minor"):
            code = "not_amount" if column.name in plan.major else "not_minor"
        came = f"{quote(f'r_{column.name}')} IS NOT NULL"
        yield f"{came} AND {_read(plan, column)} IS NULL", code, column.name


def _read(plan: RowPlan, column: Column) -> str:
    """The column as it was read, before any default."""
    if column.kind == "json":
        return "_given_object"
    return "_given_time" if column.name == plan.table.time else quote(column.name)


def _missing(plan: RowPlan) -> Iterator[Test]:
    table = plan.table
    for column in table.columns:
        if column.required and not (column.name == table.time and not plan.backfill):
            missing = "_given_time" if column.name == table.time else quote(column.name)
            yield f"{missing} IS NULL", "missing", column.name
    if table.name == "events" and plan.backfill:
        who = "account_id IS NULL AND person_id IS NULL AND anonymous_id IS NULL"
        yield who, "missing", "account_id"


def _limits(plan: RowPlan) -> Iterator[Test]:
    known, time = limits(), quote(plan.table.time)
    for column in plan.table.columns:
        if column.name in plan.origin and column.name == "event":
            yield _longer(column.name, int(known["max_event_name"]))
        elif column.name in plan.origin and column.name.endswith("_id"):
            yield _longer(column.name, int(known["max_id_length"]))
    yield _longer("message_id", int(known["max_id_length"]))
    ahead = f"{plan.moment()} + to_seconds({int(known['future_tolerance_s'])})"
    yield f"_happened > {ahead}", "in_future", plan.table.time
    early = f"{time} < TIMESTAMPTZ '{known['earliest']} 00:00:00Z'"
    yield early, "too_old", plan.table.time


def _longer(name: str, most: int) -> Test:
    return f"length({quote(name)}) > {most}", "too_long", name


def _money(plan: RowPlan) -> Iterator[Test]:
    if "currency" in plan.origin:
        wrong = "NOT regexp_full_match(currency, '[A-Z]{3}')"
        yield wrong, "currency_unknown", "currency"
    for name in plan.major:
        missing = f"{quote(f'r_{name}')} IS NOT NULL AND currency IS NULL"
        yield missing, "currency_missing", name
        if plan.currencies:
            agrees = f"list_contains(string_split({quote(plan.currencies)}, ','), currency)"
            yield f"NOT {agrees}", "currency_differs", name

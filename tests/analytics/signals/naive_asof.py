"""What was known at a moment, row by row: the reference for the views."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEYS = {
    "accounts": ("account_id",),
    "people": ("person_id", "account_id"),
    "plans": ("plan_id",),
    "subscriptions": ("subscription_id",),
    "invoices": ("invoice_id",),
    "payments": ("payment_id",),
    "tickets": ("ticket_id",),
    "responses": ("response_id",),
    "interactions": ("interaction_id",),
    "goals": ("goal_id",),
    "features": ("feature_id",),
}
TIME = {
    "events": "timestamp", "invoices": "issued_at", "payments": "attempted_at",
    "tickets": "opened_at", "responses": "responded_at", "interactions": "happened_at",
}  # fmt: skip
MASKS = {
    "people": {"left_at": "left_at"},
    "subscriptions": {"ended_at": "ended_at", "end_reason": "ended_at"},
    "invoices": {"paid_at": "paid_at", "voided_at": "voided_at"},
    "tickets": {
        "first_reply_at": "first_reply_at", "resolved_at": "resolved_at",
        "escalated_at": "escalated_at", "sentiment": "first_reply_at", "csat": "resolved_at",
    },
    "goals": {"achieved_at": "achieved_at"},
}  # fmt: skip


def day_of(moment: datetime) -> int:
    return (moment - EPOCH) // DAY


def ceil_day(moment: datetime) -> int:
    return -((EPOCH - moment) // DAY)


def as_of(tables: dict[str, list[dict[str, Any]]], table: str, t: datetime, shift: int = 0) -> list:
    """Rows of ``table`` that held ``shift`` days before ``t``, by what was known at ``t``."""
    cut, time = t - shift * DAY, TIME.get(table, "updated_at")
    seen = [r for r in tables.get(table, []) if r[time] < cut and r["received_at"] < t]
    if table in KEYS:
        latest: dict[Any, list[dict[str, Any]]] = {}
        for row in sorted(seen, key=lambda r: (r[time], r["received_at"], r["message_id"])):
            latest.setdefault(tuple(row[k] for k in KEYS[table]), []).append(row)
        seen = [rows[-1] | {"history": rows} for rows in latest.values()]
    others = {"plans": [], "people": []}
    if table == "subscriptions":
        others["plans"] = as_of(tables, "plans", t, shift)
    if table in ("tickets", "responses", "interactions"):
        others["people"] = as_of(tables, "people", t, shift)
    return [_known(table, r, cut, others | {"history": r.get("history", [])}) for r in seen]


def _known(table: str, row: dict[str, Any], cut: datetime, others: dict[str, list]) -> dict:
    masked = {k: v for k, v in row.items() if k not in ("history", "received_day")}
    for column, by in MASKS.get(table, {}).items():
        if row[by] is None or not row[by] < cut:
            masked[column] = None
    return masked | DERIVED.get(table, lambda *_: {})(masked, row, cut, others)


def _words(history: list[dict]) -> list[str]:
    other = {"canceled": "cancelled", "unpaid": "past_due", None: "active"}
    return [other.get(r["status"], r["status"]) for r in history]


def _stood(words: list[str]) -> str:
    """What it is before any end: the last word that is none."""
    return next((w for w in reversed(words) if w != "cancelled"), "active")


def ever_paid(history: list[dict]) -> bool:
    """Whether a subscription was ever paid for, from all of its rows, oldest first."""
    words, times = _words(history), [r["updated_at"] for r in history]
    if words[0] != "trialing":
        return True
    for i in range(len(words)):
        over = [times[k + 1] for k in range(i + 1) if words[k] == "trialing" and k + 1 < len(words)]
        until = times[i + 1] if i + 1 < len(words) else datetime.max.replace(tzinfo=UTC)
        if _stood(words[: i + 1]) == "active" and until > max(over) + DAY:
            return True
    return False


def _subscription(row: dict, raw: dict, cut: datetime, others: dict[str, list]) -> dict:
    end = raw["ended_at"] or (raw["updated_at"] if _words([raw]) == ["cancelled"] else None)
    finished = end if end is not None and end < cut else None
    begun, stood = row["started_at"] < cut, _stood(_words(others["history"]))
    paid = ever_paid(others["history"]) and (end is None or end >= row["started_at"])
    if stood == "trialing" and ever_paid(others["history"]):
        stood = "active"
    if finished:
        state = "ended" if paid else "lapsed"
    elif not begun:
        state = "scheduled"
    else:
        state = "lapsed" if stood == "paused" and not ever_paid(others["history"]) else stood
    in_force = state not in ("ended", "lapsed", "scheduled")
    pays = in_force and paid and state in ("active", "past_due")
    plan = next((p for p in others["plans"] if p["plan_id"] == row["plan_id"]), {})
    year = None if row["mrr_minor"] is None else 12 * row["mrr_minor"]
    return {
        "finished_at": finished,
        "in_force": in_force,
        "pays": pays,
        "has_paid": paid and begun,
        "state": state,
        "arr_minor": year if pays else 0,
        "contract_arr_minor": year if in_force else 0,
        **{k: plan.get(k) for k in ("level", "seat_limit", "usage_limit", "usage_event")},
    }


def _ticket(row: dict, _raw: dict, cut: datetime, others: dict[str, list]) -> dict:
    replied = row["first_reply_at"]
    hours = (replied - row["opened_at"]) / timedelta(hours=1) if replied else None
    return {
        "is_open": row["resolved_at"] is None,
        "days_open": math.floor((cut - row["opened_at"]) / DAY),
        "reply_hours": hours,
        **_role(row, _raw, cut, others),
    }


def _role(row: dict, _raw: dict, _cut: datetime, others: dict[str, list]) -> dict:
    for person in others["people"]:
        same = person["account_id"] == row["account_id"] is not None
        if same and person["person_id"] == row["person_id"] is not None:
            return {"person_role": person["role"] if person["is_present"] else None}
    return {"person_role": None}


def _invoice(row: dict, _raw: dict, cut: datetime, _others: dict[str, list]) -> dict:
    unpaid = row["paid_at"] is None and row["voided_at"] is None
    past = row["due_at"] is not None and row["due_at"] < cut
    overdue = math.floor((cut - row["due_at"]) / DAY) if past else None
    return {"is_open": unpaid, "is_overdue": unpaid and past, "days_overdue": overdue}


def _goal(row: dict, _raw: dict, cut: datetime, _others: dict[str, list]) -> dict:
    share = row["progress"]
    if share is None and row["value"] is not None and row["target"]:
        share = row["value"] / row["target"]
    achieved = row["achieved_at"] is not None or (share is not None and share >= 1)
    reached = 1.0 if row["achieved_at"] else (None if share is None else min(1, max(0, share)))
    past = row["due_at"] is not None and row["due_at"] < cut
    return {"reached": reached, "is_achieved": achieved, "is_overdue": past and not achieved}


DERIVED = {
    "people": lambda row, *_: {"is_present": row["left_at"] is None},
    "subscriptions": _subscription,
    "tickets": _ticket,
    "responses": _role,
    "interactions": _role,
    "invoices": _invoice,
    "goals": _goal,
}

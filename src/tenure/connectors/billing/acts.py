"""The kinds of acts in billing: what is asked of the system to do one, and to undo it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenure.connectors.billing.contract import Billing, Outcome, Subscription, Unavailable


@dataclass(frozen=True)
class Request:
    """An act that a program hands in. ``key`` makes it one, however often it is handed in;
    ``subject`` is what it is about, in the program's own words; ``due_at``: on a day to come."""

    key: str
    program: str
    subject: str
    account_id: str
    what: str
    terms: Mapping[str, Any] = field(default_factory=dict)
    subscription_id: str = ""
    invoice_id: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Act:
    """An act as it stands: ``waiting``, ``done``, ``refused`` by billing, ``dropped`` before it was
    done, or ``undone``. ``key`` is what the billing system knows it by; ``undoes`` the number of
    the act that it takes back."""

    id: int
    key: str
    program: str
    subject: str
    account_id: str
    subscription_id: str
    invoice_id: str
    what: str
    terms: dict[str, Any]
    state: str
    planned: bool
    asked_at: datetime
    due_at: datetime
    tries: int
    done_at: datetime | None
    detail: str
    by: str
    undoes: int | None
    undoes_key: str

    @property
    def which(self) -> Subscription:
        """The subscription that it is about."""
        return Subscription(self.subscription_id, self.account_id)


Do = Callable[[Billing, Act, datetime], Outcome]


@dataclass(frozen=True)
class Kind:
    """How an act is done, and undone (None: it cannot be)."""

    do: Do
    undo: Do | None = None


def perform(system: Billing, act: Act, now: datetime) -> Outcome:
    """Ask ``system`` for ``act``, under its key. Unavailable, Refused and SpecError pass through;
    KeyError for an act of no known kind, or one that cannot be undone."""
    kind = KINDS[act.what]
    do = kind.undo if act.undoes is not None else kind.do
    if do is None:
        raise KeyError(f"{act.what} cannot be undone")
    return do(system, act, now)


def _coupon(system: Billing, act: Act, now: datetime) -> Outcome:
    percent, months = act.terms["percent"], act.terms["months"]
    return system.apply_coupon(act.which, percent=percent, months=months, key=act.key, now=now)


def _no_coupon(system: Billing, act: Act, now: datetime) -> Outcome:
    return system.remove_coupon(act.which, of=act.undoes_key, key=act.key, now=now)


def _coupon_end(system: Billing, act: Act, now: datetime) -> Outcome:
    """``of`` names the act that gave the coupon."""
    return system.remove_coupon(act.which, of=act.terms["of"], key=act.key, now=now)


def _pause(system: Billing, act: Act, now: datetime) -> Outcome:
    until = datetime.fromisoformat(act.terms["until"])
    return system.pause(act.which, until=until, key=act.key, now=now)


def _resume(system: Billing, act: Act, now: datetime) -> Outcome:
    return system.resume(act.which, key=act.key, now=now)


def _plan(system: Billing, act: Act, now: datetime) -> Outcome:
    return system.change_plan(act.which, plan_id=act.terms["plan_id"], key=act.key, now=now)


def _plan_back(system: Billing, act: Act, now: datetime) -> Outcome:
    return system.change_plan(act.which, plan_id=act.terms["from_plan"], key=act.key, now=now)


def _cancel(system: Billing, act: Act, now: datetime) -> Outcome:
    """``unless_settled`` names the invoice whose payment makes the end needless: nobody is
    cancelled whom the system's own books call paid, whatever has been told so far."""
    invoice = act.terms.get("unless_settled")
    if invoice and system.is_settled(invoice):
        raise Unavailable(f"{system.name} says it is settled: waiting for the fact that tells it")
    return system.cancel(
        act.which,
        at_period_end=act.terms["at_period_end"],
        reason=act.terms.get("reason", "voluntary"),
        key=act.key,
        now=now,
    )


def _keep(system: Billing, act: Act, now: datetime) -> Outcome:
    return system.keep(act.which, key=act.key, now=now)


def _retry(system: Billing, act: Act, now: datetime) -> Outcome:
    return system.retry_invoice(act.invoice_id, key=act.key, now=now)


KINDS = {
    "coupon": Kind(_coupon, _no_coupon),
    "coupon_end": Kind(_coupon_end),
    "pause": Kind(_pause, _resume),
    "resume": Kind(_resume),
    "plan": Kind(_plan, _plan_back),
    "cancel": Kind(_cancel, _keep),
    "retry": Kind(_retry),
}

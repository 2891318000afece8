"""A small, strict Stripe for the official SDK to talk to: what it does not know, it refuses.

It keeps subscriptions, invoices, coupons and idempotency keys, and can be told to be down, to hang,
to answer with an error after it has acted, or to decline cards.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_UPDATE = {
    "cancel_at", "cancel_at_period_end", "cancellation_details", "discounts", "pause_collection",
    "items", "proration_behavior",
}  # fmt: skip
_COUPON = {"id", "percent_off", "duration", "duration_in_months", "name"}


class No(Exception):  # noqa: N818 - an answer, no fault
    """An answer other than 200."""

    def __init__(self, status: int, kind: str, code: str = "", **more: Any) -> None:
        self.status = status
        self.error = {"type": kind, "code": code or None, "message": code or kind, **more}


@dataclass
class FakeStripe:
    """What it knows, and how it misbehaves."""

    address: str = ""
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    coupons: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, tuple[str, int, Any]] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)
    declines: str = ""
    began: int = 0  # discounts so far
    prices: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 0  # every answer, before anything is done
    after: int = 0  # the next answer, after it was done

    def answer(self, method: str, path: str, form: dict[str, Any], key: str) -> tuple[int, Any]:
        if self.status:
            return self.status, {"error": {"type": "api_error", "message": "out of order"}}
        asked = json.dumps([method, path, form], sort_keys=True)
        if method == "POST" and not key:
            return 400, {"error": {"type": "invalid_request_error", "message": "no key"}}
        if key and key in self.answered:
            before, status, body = self.answered[key]
            if before != asked:
                return 400, {"error": {"type": "idempotency_error", "message": "another request"}}
            return status, body
        try:
            status, body = 200, self._route(method, path, form)
        except No as no:
            status, body = no.status, {"error": no.error}
        if key:
            self.answered[key] = (asked, status, body)
        if self.after:
            status, self.after = self.after, 0
            return status, {"error": {"type": "api_error", "message": "lost on the way"}}
        return status, body

    def _route(self, method: str, path: str, form: dict[str, Any]) -> Any:
        parts = path.removeprefix("/v1/").split("/")
        self.asked.append(f"{method} {path}")
        if method == "GET" and parts[0] in ("coupons", "prices"):
            inside = {"coupons": "applies_to", "prices": "tiers"}[parts[0]]
            found = self._get(getattr(self, parts[0]), parts[1])
            wanted = form.get("expand") == [inside]
            return found if wanted else {k: v for k, v in found.items() if k != inside}
        if parts[0] == "subscriptions" and len(parts) == 2:
            there = self._get(self.subscriptions, parts[1])
            return {"GET": self._read, "POST": self._update, "DELETE": self._cancel}[method](
                there, form
            )
        if parts[0] == "invoices" and method == "GET":
            return self._get(self.invoices, parts[1])
        if parts[0] == "invoices" and parts[2:] == ["pay"] and method == "POST":
            return self._pay(self._get(self.invoices, parts[1]))
        if parts[0] == "subscription_schedules" and parts[2:] == ["release"] and method == "POST":
            return self._release(parts[1])
        if parts == ["coupons"] and method == "POST":
            return self._coupon(form)
        if parts == ["billing_portal", "sessions"] and method == "POST":
            return self._portal(form)
        raise No(404, "invalid_request_error", "unrecognized_url")

    def _portal(self, form: dict[str, Any]) -> dict[str, Any]:
        if unknown := set(form) - {"customer", "flow_data", "return_url"}:
            raise No(400, "invalid_request_error", "parameter_unknown", param=min(unknown))
        if not form.get("customer"):
            raise No(400, "invalid_request_error", "parameter_missing")
        url = f"https://portal.example/{form['customer']}/{form['flow_data']['type']}"
        return {"id": "bps_1", "object": "billing_portal.session", "url": url}

    @staticmethod
    def _get(of: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        if name not in of:
            raise No(404, "invalid_request_error", "resource_missing")
        return of[name]

    @staticmethod
    def _read(there: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        if "discounts" in form.get("expand", []):
            return there
        return {**there, "discounts": [d["id"] for d in there["discounts"]]}

    def _update(self, there: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        if unknown := set(form) - _UPDATE:
            raise No(400, "invalid_request_error", "parameter_unknown", param=min(unknown))
        if there["status"] == "canceled":
            raise No(400, "invalid_request_error", "resource_missing")
        self.acts.append(f"update {there['id']} {','.join(sorted(form))}")
        if there.get("schedule") and set(form) & {"cancel_at", "cancel_at_period_end"}:
            raise No(400, "invalid_request_error", "managed_by_schedule")
        if "discounts" in form:
            held = {d["id"]: d for d in there["discounts"]}
            there["discounts"] = [self._discount(d, held) for d in form["discounts"] or []]
        if "pause_collection" in form:
            paused = form["pause_collection"] or None
            if paused and paused.get("behavior") not in ("void", "keep_as_draft"):
                raise No(400, "invalid_request_error", "parameter_missing")
            there["pause_collection"] = paused and {
                **paused, "resumes_at": int(paused["resumes_at"]),
            }  # fmt: skip
        if "cancel_at_period_end" in form:
            there["cancel_at_period_end"] = form["cancel_at_period_end"] == "true"
        if "cancel_at" in form:
            there["cancel_at"] = form["cancel_at"] or None
        for item in form.get("items", []):
            found = [i for i in there["items"]["data"] if i["id"] == item["id"]]
            if not found:
                raise No(400, "invalid_request_error", "resource_missing")
            found[0]["price"] = {"id": item["price"]}
        return there

    def _discount(self, given: dict[str, str], held: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """One that is held stays as it began; a coupon begins anew, also if it was there before."""
        if set(given) == {"discount"}:
            return self._get(held, given["discount"])
        if set(given) != {"coupon"} or given["coupon"] not in self.coupons:
            raise No(400, "invalid_request_error", "resource_missing")
        self.began += 1
        source = {"type": "coupon", "coupon": given["coupon"]}
        return {"id": f"di_{self.began}", "object": "discount", "source": source}

    def _release(self, name: str) -> dict[str, Any]:
        found = [s for s in self.subscriptions.values() if s.get("schedule") == name]
        if not found:
            raise No(404, "invalid_request_error", "resource_missing")
        self.acts.append(f"release {name}")
        found[0]["schedule"] = None
        return {"id": name, "object": "subscription_schedule", "status": "released"}

    def _cancel(self, there: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        if set(form) - {"cancellation_details"}:
            raise No(400, "invalid_request_error", "parameter_unknown")
        if there["status"] == "canceled":
            raise No(404, "invalid_request_error", "resource_missing")
        if there.get("schedule"):
            raise No(400, "invalid_request_error", "managed_by_schedule")
        self.acts.append(f"cancel {there['id']}")
        there["status"] = "canceled"
        there["cancellation_details"] = {
            "reason": "cancellation_requested", **form.get("cancellation_details", {}),
        }  # fmt: skip
        return there

    def _pay(self, invoice: dict[str, Any]) -> dict[str, Any]:
        if invoice["status"] != "open":
            raise No(400, "invalid_request_error", "invoice_not_open")
        self.acts.append(f"pay {invoice['id']}")
        if self.declines:
            raise No(
                402, "card_error", "card_declined", decline_code=self.declines, charge="ch_9",
                advice_code="do_not_try_again", network_decline_code="51",
            )  # fmt: skip
        invoice["status"] = "paid"
        return invoice

    def _coupon(self, form: dict[str, Any]) -> dict[str, Any]:
        if set(form) - _COUPON or not {"duration", "percent_off"} <= set(form):
            raise No(400, "invalid_request_error", "parameter_unknown")
        if form["id"] in self.coupons:
            raise No(400, "invalid_request_error", "resource_already_exists")
        self.acts.append("coupon")
        self.coupons[form["id"]] = {"object": "coupon", **form}
        return self.coupons[form["id"]]

    def sells(self, name: str = "sub_1", price: str = "price_1") -> None:
        """A subscription is there."""
        item = {"id": f"si_{name}", "object": "subscription_item", "price": {"id": price}}
        self.subscriptions[name] = {
            "id": name, "object": "subscription", "status": "active", "customer": "cus_1",
            "items": {"object": "list", "data": [item]}, "discounts": [],
            "pause_collection": None, "cancel_at_period_end": False, "cancel_at": None,
            "schedule": None,
        }  # fmt: skip

    def bills(self, name: str = "in_1", status: str = "open") -> None:
        """An invoice is there."""
        self.invoices[name] = {
            "id": name, "object": "invoice", "status": status,
            "hosted_invoice_url": f"https://invoice.example/{name}",
        }  # fmt: skip


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A form in brackets (``a[b][0][c]=d``) as objects and lists."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        keys = re.findall(r"[^\[\]]+", name)
        here = found
        for key in keys[:-1]:
            here = here.setdefault(key, {})
        here[keys[-1]] = value
    return {k: _listed(v) for k, v in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {k: _listed(v) for k, v in value.items()}
    return list(inner.values()) if all(k.isdigit() for k in inner) else inner


@contextmanager
def fake_stripe() -> Iterator[FakeStripe]:
    """A server of its own on loopback."""
    fake = FakeStripe()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            text = self.rfile.read(size).decode() or parts.query
            form = nested(parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)))
            if not self.headers["authorization"].startswith("Bearer rk_"):
                status, body = 401, {"error": {"type": "invalid_request_error"}}
            else:
                key = self.headers.get("idempotency-key", "")
                status, body = fake.answer(self.command, parts.path, form, key)
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_DELETE = _do  # noqa: N815 - names of the base class

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()

"""localstripe, a Stripe that others wrote, as a second opinion on what it supports: signed notices
(of an API version older than ours), and cancelling and collecting through the SDK."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tenure.connectors.billing.contract import Rejected, Subscription, billing
from tenure.connectors.stripe import client, intake
from tenure.facts.inbox import store
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.queries import rows_of

pytest.importorskip("localstripe")
pytestmark = pytest.mark.django_db
SECRET = "whsec_second"
SERVE = """
import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


class Listening:
    """Where the other Stripe sends its notices."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        listening = self

        class Page(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listening.got.append((body, self.headers["Stripe-Signature"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    def until(self, *wanted: str) -> None:
        """Wait until notices of these types have come."""
        deadline = time.monotonic() + 20
        while not set(wanted) <= {json.loads(body)["type"] for body, _ in self.got}:
            assert time.monotonic() < deadline, [json.loads(b)["type"] for b, _ in self.got]
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """The address of a localstripe of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def notices(other: str, workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    listening = Listening()
    form = urllib.parse.urlencode({"url": listening.address, "secret": SECRET}).encode()
    urllib.request.urlopen(f"{other}/_config/webhooks/tenure", form).close()
    monkeypatch.setenv("TENURE_STRIPE_KEY", "sk_test_second")
    monkeypatch.setenv("TENURE_STRIPE_API", other)
    client._client.cache_clear()
    yield listening
    client._client.cache_clear()
    listening.server.shutdown()


class Customer:
    """A customer who pays 49 euros a month with a card."""

    def __init__(self, number: str = "4242424242424242") -> None:
        self.books = client.client().v1
        self.id = self.books.customers.create({"name": "Acme", "email": "a@acme.example"}).id
        self.pays_with(number)
        product = self.books.products.create({"name": "Pro"}).id
        plan = {"product": product, "amount": 4900, "currency": "eur", "interval": "month"}
        self.plan = self.books.plans.create(plan).id

    def pays_with(self, number: str) -> None:
        card: Any = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        method = self.books.payment_methods.create({"type": "card", "card": card}).id
        self.books.payment_methods.attach(method, {"customer": self.id})
        default: Any = {"invoice_settings": {"default_payment_method": method}}
        self.books.customers.update(self.id, default)

    def subscribes(self) -> Subscription:
        items: Any = [{"plan": self.plan}]
        made = self.books.subscriptions.create({"customer": self.id, "items": items})
        return Subscription(made.id, self.id)

    def status(self, which: Subscription) -> str:
        return str(self.books.subscriptions.retrieve(which.subscription_id).status)


def taken(notices: Listening, now: datetime) -> None:
    """Every notice that came, through the door with its signature, and into the lake."""
    store([intake.letter(body, sign, SECRET, 300, now) for body, sign in notices.got])
    flush_now(now + timedelta(seconds=1))


def test_its_signed_notices_become_facts(notices: Listening) -> None:
    customer = Customer()
    which = customer.subscribes()
    notices.until("customer.subscription.created", "invoice.payment_succeeded")
    now = datetime.now(UTC)
    taken(notices, now)
    later = now + timedelta(minutes=1)
    (row,) = rows_of("subscriptions", which.account_id, later)
    assert (row["subscription_id"], row["status"]) == (which.subscription_id, "active")
    assert (row["mrr_minor"], row["currency"]) == (4900, "EUR")
    (bill,) = rows_of("invoices", which.account_id, later)
    assert (bill["amount_minor"], bill["paid_at"] is not None) == (4900, True)


def test_a_cancellation_at_once_and_one_twice(notices: Listening) -> None:
    customer, now = Customer(), datetime.now(UTC)
    which, system = customer.subscribes(), billing("stripe")
    assert system.keep(which, key="keep", now=now).what == "done"  # it was not cancelled
    how: dict[str, Any] = {"at_period_end": False, "reason": "voluntary", "now": now}
    system.cancel(which, key="now", **how)
    assert customer.status(which) == "canceled"
    assert system.cancel(which, key="now", **how).detail == "it has ended already"
    with pytest.raises(Rejected, match="has ended"):
        system.keep(which, key="late", now=now)
    notices.until("customer.subscription.deleted")
    taken(notices, now)
    (row,) = rows_of("subscriptions", which.account_id, now + timedelta(minutes=1))
    assert row["status"] == "cancelled"


def test_an_invoice_that_stays_open_is_not_taken_for_collected(notices: Listening) -> None:
    """Here the answer to a declined card is the invoice as it is, as with a debit under way."""
    customer, now = Customer("4000000000000341"), datetime.now(UTC)
    customer.subscribes()
    (invoice,) = customer.books.invoices.list({"customer": customer.id}).data
    system = billing("stripe")
    assert not system.is_settled(invoice.id)
    assert system.retry_invoice(invoice.id, key="one", now=now).what == "awaited"
    assert not system.is_settled(invoice.id)
    customer.pays_with("4242424242424242")
    assert system.retry_invoice(invoice.id, key="two", now=now).what == "done"
    assert system.is_settled(invoice.id)
    assert system.retry_invoice(invoice.id, key="three", now=now).detail == "it is paid already"


def test_what_it_does_not_know_is_refused_in_words(notices: Listening) -> None:
    with pytest.raises(Rejected):
        billing("stripe").is_settled("in_none")
    which = Subscription("sub_none", "acme")
    with pytest.raises(Rejected):
        billing("stripe").resume(which, key="k", now=datetime.now(UTC))

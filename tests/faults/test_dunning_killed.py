"""kill -9 of workers that collect: every invoice is tried once, no customer written to twice."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from connectors.stripe.fake_stripe import FakeStripe, fake_stripe
from live import Live

from tenure.programs.dunning import settings

pytestmark = pytest.mark.faults
MANY = 30

HAND_IN = """
import django; django.setup()
from datetime import UTC, datetime, timedelta
from tenure.accounts.models import Account, Membership, Person
from tenure.connectors.posted import accepting
from tenure.facts.periodic_tasks import flush_now
now = datetime.now(UTC)
then = now - timedelta(hours=26)
for n in range(MANY):
    account = Account.objects.create(id=f"a{n}", name=f"A{n}")
    who = Person.objects.create(id=f"p{n}", name="Ann", email=f"p{n}@example.com")
    Membership.objects.create(person=who, account=account, role="admin")
def tell(table, rows):
    assert not accepting.take(table, rows, source="shop", backfill=False, now=datetime.now(UTC))
tell("invoices", [dict(invoice_id=f"in_{n}", account_id=f"a{n}", issued_at=then.isoformat(),
                       amount_minor=4900, currency="EUR") for n in range(MANY)])
tell("payments", [dict(payment_id=f"ch_{n}", account_id=f"a{n}", invoice_id=f"in_{n}",
                       attempted_at=then.isoformat(), status="failed",
                       decline_code="insufficient_funds", amount_minor=4900, currency="EUR",
                       properties={"network": "visa", "card": f"c{n}"}) for n in range(MANY)])
flush_now(datetime.now(UTC))
"""


def prepare(live: Live, folder: Path) -> None:
    """Dunning is on, collects at Stripe, and the hour of its first try is this one."""
    hour = datetime.now(UTC).hour
    text = settings.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)
    for old, new in (
        ('provider = "ledger"', 'provider = "stripe"'),
        ("hours = [8, 20]", "hours = [0, 24]"),
        ("default_hour = 9 ", f"default_hour = {hour} "),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "policy").mkdir()
    (folder / "policy" / "dunning.toml").write_text(text)
    live.tenure("policy", "apply", str(folder / "policy"))
    env = {**live.env, "DJANGO_SETTINGS_MODULE": "tenure.web.settings"}
    script = HAND_IN.replace("MANY", str(MANY))
    subprocess.run([sys.executable, "-c", script], env=env, check=True, timeout=60)


def steps(live: Live) -> Counter[tuple[str, str]]:
    with sqlite3.connect(live.home / "state.sqlite3") as db:
        rows = db.execute(
            "SELECT c.invoice_id, s.what FROM dunning_step s"
            " JOIN dunning_case c ON c.id = s.case_id"
        ).fetchall()
    return Counter((invoice, what) for invoice, what in rows)


def tried(live: Live) -> int:
    return sum(what == "retry" for _, what in steps(live))


def slow(stripe: FakeStripe) -> None:
    """The answer to a payment takes a moment, in which a worker can die."""
    pay = stripe._pay

    def later(invoice: dict[str, object]) -> dict[str, object]:
        paid = pay(invoice)
        time.sleep(0.05)
        return paid

    stripe._pay = later  # type: ignore[method-assign]


COLLECT = """
import django; django.setup()
import time
from datetime import UTC, datetime
from tenure.facts.periodic_tasks import flush_now
from datetime import timedelta
from tenure.connectors.billing import outbox
from tenure.programs.dunning import actions
outbox.lease = lambda: timedelta(seconds=3)  # these workers die every three seconds
while True:
    actions.advance(datetime.now(UTC))
    outbox.carry_out(lambda: datetime.now(UTC))
    flush_now(datetime.now(UTC))
    time.sleep(0.05)
"""


def test_workers_that_collect_are_killed_and_money_moves_once(tmp_path: Path) -> None:
    rng = random.Random(7)
    with fake_stripe() as stripe:
        slow(stripe)
        for n in range(MANY):
            stripe.bills(f"in_{n}")
        env = {
            "TENURE_STRIPE_KEY": "rk_test_x", "TENURE_STRIPE_API": stripe.address,
            "TENURE_STRIPE_WEBHOOK_SECRET": "whsec_x",
        }  # fmt: skip
        live = Live(tmp_path / "home", env)
        prepare(live, tmp_path)
        began = time.monotonic()
        deaths = 0
        # What the worker's duty does, as fast as it can, in two processes that die again and again.
        while tried(live) < MANY:
            assert time.monotonic() - began < 200, "it was not done in time"
            pair = [
                subprocess.Popen(
                    [sys.executable, "-c", COLLECT],
                    env={**live.env, "DJANGO_SETTINGS_MODULE": "tenure.web.settings"},
                    stderr=subprocess.DEVNULL,
                )
                for _ in range(2)
            ]
            time.sleep(rng.uniform(2.0, 4.0))
            for victim in pair:
                victim.kill()
                victim.wait()
            deaths += 2
    paid = Counter(act for act in stripe.acts if act.startswith("pay "))
    assert paid == {f"pay in_{n}": 1 for n in range(MANY)}
    found = steps(live)
    assert all(found[(f"in_{n}", "retry")] == 1 for n in range(MANY))
    with sqlite3.connect(live.home / "state.sqlite3") as db:
        keys = [k for (k,) in db.execute("SELECT key FROM channels_message WHERE channel = 'mail'")]
    assert len(keys) == len(set(keys)) >= MANY
    assert deaths >= 2

"""A small demo, made as ``tenure demo`` makes the large one: ``python small_larkspur.py HOME``.

Fewer accounts and days, and beside them customers that the simulation has none of: on trial,
paused, without people, without a subscription, with names and ids that are hard to write.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from crawling import sign_in
from live import Live, free_port

ACCOUNTS, DAYS, WEEKS = 80, 240, 2
SHORTER = {
    "indicators": (
        r"^backfill = .*$",
        "backfill = { daily = 35, weekly = 12, monthly = 6, quarterly = 2 }",
    ),
    "plays": (r"^dry_run_days = \d+", "dry_run_days = 21"),
}
PASSWORD = "try-the-demo"
PEOPLE = {"admin": "alice", "cs_lead": "erin", "csm": "bob", "support": "sam", "analyst": "ines"}
NOT_OURS = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
ODD = "odd/one & 2"
"""An id that an address has to quote."""
NAMES = {ODD: 'Trial & "Sons" <i>Ltd</i>', "paused-1": "Paused Inc", "lead-1": "Lead GmbH",
         "left-1": "Everybody Left BV", "gone-1": "Gone SA", "unpaid-1": "Unpaid SpA"}  # fmt: skip


def main(home: Path) -> None:
    """Make it, and print a key of the REST API for it."""
    home.mkdir(parents=True)
    os.environ["TENURE_HOME"] = str(home)
    from tenure.kit.commands import boot

    boot.setup()
    from tenure.connectors.files.frames import load_frame
    from tenure.core import keys, policy
    from tenure.demo import marker, seed
    from tenure.demo.company import load

    now = datetime.now(UTC)
    company = replace(load(), days=DAYS)
    mark = marker.Marker(company.name, company.seed, ACCOUNTS, now.date().isoformat())
    marker.write(home, mark)
    policy.save_all(
        {name: shorter(policy.text(name), *SHORTER[name]) for name in SHORTER}, "tests", "", now
    )
    for table, rows in odd_customers(now).items():
        load_frame(table, arrow(rows), name="odd", now=now)
    seed.WEEKS_BACK = WEEKS
    work = seed.Seeding(home, company, mark, now)
    for step in work.steps():
        step.run(lambda done, total: None)
    work.finish()
    print(keys.make_key("crawl", keys.API, role="admin", by="tests", now=now)[1])


def shorter(text: str, line: str, instead: str) -> str:
    """A policy with one line changed."""
    changed, times = re.subn(line, instead, text, flags=re.MULTILINE)
    assert times == 1, line
    return changed


def arrow(rows: list[dict[str, Any]]) -> Any:
    """The rows as a table."""
    import pyarrow as pa

    return pa.Table.from_pylist(rows)


def odd_customers(now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Facts of customers that are rare but real."""
    began = now - timedelta(days=40)
    accounts = [
        {"account_id": key, "name": name, "created_at": began, "updated_at": began}
        for key, name in NAMES.items()
    ]
    term = {"started_at": began, "updated_at": began, "plan_id": "team", "currency": "USD",
            "quantity": 3, "mrr_minor": 5700, "renews_at": now + timedelta(days=20)}  # fmt: skip
    ended = {"status": "cancelled", "ended_at": now - timedelta(days=20), "end_reason": "voluntary"}
    states: dict[str, dict[str, Any]] = {
        ODD: {"status": "trialing"}, "paused-1": {"status": "paused"}, "gone-1": ended,
        "left-1": {"status": "active"}, "unpaid-1": {"status": "past_due"},
    }  # fmt: skip
    subscriptions = [
        {"ended_at": None, "end_reason": None, **term, **state,
         "subscription_id": f"odd-{n}", "account_id": key}
        for n, (key, state) in enumerate(states.items())
    ]  # fmt: skip
    bill = {
        "invoice_id": "odd-i",
        "account_id": "unpaid-1",
        "amount_minor": 5700,
        "currency": "USD",
    }
    owed = {**bill, "subscription_id": "odd-4", "issued_at": now - timedelta(days=3),
            "due_at": now - timedelta(days=3)}  # fmt: skip
    tried = {**bill, "payment_id": "odd-t", "attempted_at": now - timedelta(days=2),
             "status": "failed", "decline_code": "insufficient_funds"}  # fmt: skip
    gone = {"person_id": "odd-p", "account_id": "left-1", "name": "Gone Person", "role": "champion",
            "updated_at": now - timedelta(days=3), "left_at": now - timedelta(days=3)}  # fmt: skip
    return {"accounts": accounts, "subscriptions": subscriptions, "people": [gone],
            "invoices": [owed], "payments": [tried]}  # fmt: skip


class SmallLarkspur(Live):
    """The small demo, served without a worker: nothing changes but by who asks for it."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {k: v for k, v in os.environ.items() if k not in NOT_OURS}
        self.env = {**kept, "TENURE_HOME": str(home)}
        self.server, self.workers = None, []
        done = subprocess.run(
            [sys.executable, __file__, str(home)],
            env=self.env, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.key = done.stdout.strip().splitlines()[-1]
        try:
            self.start("--no-worker")
            with closing(self.signed_in("admin")) as browser:
                fill_in(browser)
            with httpx.Client(base_url=self.url, timeout=60) as api:
                api.headers["authorization"] = f"Bearer {self.key}"
                self.starts = act(api)
        except BaseException:
            self.stop()
            raise

    def signed_in(self, role: str) -> httpx.Client:
        """A browser of the colleague with that role."""
        return sign_in(self.url, f"{PEOPLE[role]}@larkspur.example", PASSWORD)


def act(api: httpx.Client) -> dict[str, list[str]]:
    """What people of the team did, so that every page has something to show. Gives addresses to
    begin at: accounts of every kind for the team, links for customers."""
    now = datetime.now(UTC)
    active = asked(api, "GET", "/accounts?status=active&limit=20")["items"]
    one, two, three = [row["id"] for row in active if row["mrr_minor"] > 0][:3]
    soon = (now + timedelta(days=9)).isoformat()
    for account in (one, ODD):
        task = {
            "account_id": account,
            "title": "Ask how it goes",
            "due_at": soon,
            "reason": "Quiet.",
        }
        asked(api, "POST", "/tasks", task)
    judged = {"account": one, "health": 30, "reason": "Told us on the phone.", "expires_at": soon}
    asked(api, "POST", "/scores/overrides", judged)
    touch = {"account_id": two, "kind": "call", "at": (now - timedelta(hours=2)).isoformat(),
             "outcome": "answered", "minutes": 20, "note": "Wants to grow."}  # fmt: skip
    asked(api, "POST", "/portfolio/touches", touch)
    for title in ("Export as PDF", "Faster boards"):
        wish = {
            "kind": "product_feedback",
            "title": title,
            "why": "Asked thrice.",
            "account_id": two,
        }
        asked(api, "POST", "/portfolio/hand-offs", wish)
    asked(api, "POST", "/portfolio/hand-offs/1/back", {"outcome": "done", "note": "Shipped."})
    for key in ("first-call", "second-call"):
        asked(api, "POST", "/experiments", {
            "key": key, "title": "A call in week one", "hypothesis": "A call keeps them.",
            "metric": "signal:dau_mau", "effect": 0.1, "days": 28,
        })  # fmt: skip
    asked(api, "POST", "/experiments/second-call/start")
    asked(api, "PUT", "/segments/ours", {"title": "Ours", "accounts": [one, ODD]})
    links = [asked(api, "POST", "/cancel/links", {"account": a})["url"] for a in (two, three)]
    paths = [urlsplit(link).path for link in links]
    answer = httpx.post(str(api.base_url) + paths[0], data={"act": "told", "reason": "temporary"})
    assert answer.status_code < 400, answer.text
    loss = asked(api, "GET", "/churned")["items"][0]["id"]
    asked(api, "POST", f"/churned/{loss}/decide", {})
    return {
        "team": [
            "/",
            "/start/",
            "/segments/ours/",
            *(f"/accounts/a/{quote(account)}" for account in [one, two, three, *NAMES]),
        ],
        "customer": paths,
    }


def asked(api: httpx.Client, how: str, path: str, data: Any = None) -> Any:
    """The answer of the API, which took it."""
    answer = api.request(how, "/api/v1" + path, json=data)
    assert answer.status_code < 300, (path, answer.status_code, answer.text)
    return answer.json() if answer.content else None


def fill_in(browser: httpx.Client) -> None:
    """What is made on pages only."""
    forms = {
        "/cancel-flow/builder/switch/": {"on": "1"},
        "/settings/endpoints/": {
            "name": "team",
            "channel": "chat",
            "url": "https://chat.example/x",
        },
        "/settings/in-app/": {"name": "shop"},
        "/accounts/views": {"name": "At risk", "query": "stage=at_risk", "shared": "on"},
    }
    for path, given in forms.items():
        csrf = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post(
            path, data={**given, **csrf}, headers={"referer": str(browser.base_url)}
        )
        assert answer.status_code in (200, 302), (path, answer.status_code, answer.text)
        assert "errorlist" not in answer.text


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""kill -9 of workers that send mail and webhooks: none twice, none lost, a doubt is said aloud."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from channels.servers import Mailbox, Posted, mail_server, receiver
from live import Live

from tenure.channels import settings

pytestmark = pytest.mark.faults

HAND_IN = """
import django; django.setup()
from datetime import UTC, datetime
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Endpoint
from tenure.channels.webhook.signing import new_secret
now = datetime.now(UTC)
Endpoint.objects.create(
    name="crm", channel="webhook", url=URL, secrets=[new_secret()], created_at=now)
mails = [Draft(f"m{n}", "mail", "payment", f"p{n}@example.com",
               {"subject": f"Bill {n}", "text": "Hello"}, now) for n in range(MANY)]
hooks = [Draft(f"h{n}", "webhook", "service", "crm", {"type": "t", "data": {"n": n}}, now)
         for n in range(MANY)]
tips = [Draft(f"t{n}", "in_app", "payment", f"p{n}",
              {"slot": "banner", "title": "Bill", "text": str(n)}, now, person_id=f"p{n}")
        for n in range(MANY)]
submit(mails + hooks + tips, now=now)
"""
MANY = 120


def states(live: Live) -> dict[str, str]:
    with sqlite3.connect(live.home / "state.sqlite3") as db:
        return dict(db.execute("SELECT key, state FROM channels_message").fetchall())


def told(live: Live) -> Counter[str]:
    return Counter(r["event"] for r in live.rows() if r["event"].startswith("tenure.message_"))


QUICK = (
    ("lease_seconds = 120", "lease_seconds = 2"),
    ("attempts = 14 ", "attempts = 500 "),
    ("retry_seconds = 30 ", "retry_seconds = 0.2 "),
    ("retry_most_seconds = 21600", "retry_most_seconds = 1"),
    ("timeout_seconds = 20 ", "timeout_seconds = 0.5 "),
)


def hand_in(live: Live, folder: Path, hook: Posted, *changes: tuple[str, str]) -> None:
    """Hand in mails, webhooks and in-app messages, under policy with some ``changes``."""
    text = settings.DEFAULT.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "policy").mkdir()
    (folder / "policy" / "channels.toml").write_text(text)
    live.tenure("policy", "apply", str(folder / "policy"))
    script = HAND_IN.replace("URL", repr(hook.url)).replace("MANY", str(MANY))
    env = {**live.env, "DJANGO_SETTINGS_MODULE": "tenure.web.settings"}
    subprocess.run([sys.executable, "-c", script], env=env, check=True, timeout=60)


def test_workers_that_send_are_killed_again_and_again(tmp_path: Path) -> None:
    rng = random.Random(11)
    with mail_server(Mailbox(pause=0.02)) as box, receiver(Posted(pause=0.01)) as hook:
        live = Live(tmp_path / "home", {"TENURE_MAIL": f"smtp://127.0.0.1:{box.port}?tls=0"})
        hand_in(live, tmp_path, hook, QUICK[0])
        try:
            for _ in range(6):
                first, second = live.start_worker(), live.start_worker()
                time.sleep(rng.uniform(1.5, 3.5))
                for victim in (first, second):
                    victim.kill()
                    victim.wait()
            live.start_worker()
            settled = {"sent", "doubt"}
            live.until(lambda: set(states(live).values()) <= settled, 90)
            sent = sum(s == "sent" for s in states(live).values())
            live.until(lambda: told(live)["tenure.message_sent"] == sent, 120)  # a dead flush
        finally:
            live.stop()
    found = states(live)
    taken = Counter(str(mail["Subject"]) for mail in box.mails)
    assert max(taken.values()) == 1
    for n in range(MANY):
        arrived = taken[f"Bill {n}"]
        assert arrived == 1 if found[f"m{n}"] == "sent" else found[f"m{n}"] == "doubt"
    # A webhook may come again, but always under the id it had, and none is missing.
    ids = {headers["webhook-id"] for headers, _ in hook.posts}
    assert len(ids) == MANY
    assert all(found[f"h{n}"] == "sent" for n in range(MANY))
    # What is laid into the product is there once.
    assert all(found[f"t{n}"] == "sent" for n in range(MANY))
    with sqlite3.connect(live.home / "state.sqlite3") as db:
        assert db.execute(
            "SELECT count(*), count(DISTINCT person_id) FROM channels_reception"
        ).fetchone() == (MANY, MANY)


MOODS = ("well", "refuse", "cut", "drop", "hang", "mute")
STATUSES = (200, 429, 500, 503, 0)


def test_servers_fail_hang_and_drop_while_workers_are_killed(tmp_path: Path) -> None:
    rng = random.Random(5)
    with mail_server(Mailbox(pause=0.01)) as box, receiver(Posted(pause=0.01)) as hook:
        live = Live(tmp_path / "home", {"TENURE_MAIL": f"smtp://127.0.0.1:{box.port}?tls=0"})
        hand_in(live, tmp_path, hook, *QUICK)
        met = []
        try:
            for _ in range(3):
                pair = live.start_worker(), live.start_worker()
                for _ in range(8):
                    box.mood, hook.status = rng.choice(MOODS), rng.choice(STATUSES)
                    met.append((box.mood, hook.status))
                    time.sleep(0.5)
                for victim in pair:
                    victim.kill()
                    victim.wait()
            box.mood, hook.status = "well", 200
            live.start_worker()
            live.until(lambda: set(states(live).values()) <= {"sent", "doubt"}, 90)
        finally:
            live.stop()
    assert len({mood for mood, _ in met}) >= 4
    found = states(live)
    taken = Counter(str(mail["Subject"]) for mail in box.mails)
    assert max(taken.values()) == 1
    for n in range(MANY):
        arrived = taken[f"Bill {n}"]
        assert arrived == 1 if found[f"m{n}"] == "sent" else found[f"m{n}"] == "doubt"
    assert len({headers["webhook-id"] for headers, _ in hook.posts}) == MANY
    assert all(found[f"{kind}{n}"] == "sent" for kind in "ht" for n in range(MANY))

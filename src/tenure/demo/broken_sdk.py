"""Five days on which a broken release of the phone app forgot to say which app it was.

The bodies are what a Segment SDK sends. They go through the inbox like anybody's, and the contract
(``policy/contracts.toml``) holds the broken calls back.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np

from tenure.demo.simulate import Simulation

DAYS, CALLS, BROKEN = 5, 60, 0.25
RELEASE = "4.2.0"
EVENTS = ("Signed In", "Task Completed", "Comment Added", "Project Created")


def requests(simulation: Simulation, rng: np.random.Generator) -> list[tuple[datetime, bytes]]:
    """A batch an evening: when it came, and its body."""
    users = _present(simulation)
    end = datetime.combine(simulation.calendar.end, time(), UTC)
    found = []
    for back in range(DAYS, 0, -1):
        evening = end - timedelta(days=back) + timedelta(hours=20)
        calls = [_call(users, evening, f"{back}-{n}", rng) for n in range(CALLS)]
        body = {"batch": calls, "sentAt": evening.isoformat()}
        found.append((evening, json.dumps(body).encode()))
    return found


def _present(simulation: Simulation) -> list[tuple[str, str]]:
    people, accounts = simulation.people, simulation.accounts.ids()
    there = simulation.history.alive[people.account, -1] & (
        people.leaves >= simulation.calendar.days
    )
    there &= people.joins < simulation.calendar.days - DAYS - 1
    ids = people.ids()
    return [(str(ids[i]), str(accounts[people.account[i]])) for i in np.flatnonzero(there)]


def _call(
    users: list[tuple[str, str]], evening: datetime, number: str, rng: np.random.Generator
) -> dict[str, Any]:
    person, account = users[int(rng.integers(len(users)))]
    event = EVENTS[int(rng.integers(len(EVENTS)))]
    forgets = event == "Project Created" or (event == "Task Completed" and rng.random() < BROKEN)
    moment = evening - timedelta(minutes=int(rng.integers(2, 600)))
    return {
        "type": "track",
        "messageId": f"lm-{evening:%Y%m%d}-{number}",
        "userId": person,
        "event": event,
        "timestamp": moment.isoformat(),
        "properties": {} if forgets else {"app": "mobile"},
        "context": {
            "groupId": account,
            "app": {"name": "Larkspur", "version": RELEASE if forgets else "4.1.7"},
            "library": {"name": "analytics-kotlin", "version": "1.16.3"},
        },
    }

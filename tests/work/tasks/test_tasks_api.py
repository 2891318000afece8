"""Tasks over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from people import NOW
from web.factories import company
from web.work import HOUR, opened

from tenure.core.models import AuditEntry
from tenure.work.tasks.models import Task

PATH = "/api/v1/tasks"


@pytest.fixture(autouse=True)
def customers(workspace: Any, alice: Any, bob: Any) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield company(12, [alice, bob], NOW)


def post(client: Any, path: str, **data: Any) -> Any:
    return client.post(f"{PATH}{path}", data, content_type="application/json")


def test_tasks_are_walked_through_by_due_time(api):
    for n in (3, 1, 2, 1):
        opened("acc_000001", f"T{n}{Task.objects.count()}", due=HOUR * n)
    client, seen, cursor = api("analyst"), [], ""
    for _ in range(4):
        found = client.get(PATH, {"limit": 1, "cursor": cursor} if cursor else {"limit": 1}).json()
        seen += [t["title"] for t in found["items"]]
        cursor = found["next_cursor"]
    assert seen == ["T11", "T13", "T22", "T30"]
    assert cursor is None
    assert client.get(PATH, {"cursor": "soon"}).status_code == 422


def test_the_filters_add_up(api, bob):
    task = opened("acc_000003", "Enterprise")
    Task.objects.filter(pk=task.pk).update(owner=bob)
    opened("acc_000001", "Other", source="portfolio")
    client = api()

    def titles(**query: str) -> list[str]:
        return [t["title"] for t in client.get(PATH, query).json()["items"]]

    assert titles(owner="bob@example.com", segment="enterprise", kind="play") == ["Enterprise"]
    assert titles(account="acc_000001") == ["Other"]
    assert titles(state="done") == []
    Task.objects.filter(title="Other").update(owner=None)
    assert titles(owner="nobody") == ["Other"]
    assert client.get(PATH, {"state": "lost"}).status_code == 422


def test_a_task_is_made_handed_over_snoozed_judged_and_ended(api, alice, bob):
    client = api("csm")
    due = (NOW + timedelta(days=1)).isoformat()
    made = post(client, "", account_id="acc_000001", title="Send slides", due_at=due,
                owner="bob@example.com").json()  # fmt: skip
    assert (made["owner"], made["source"], made["state"]) == ("bob@example.com", "hand", "open")
    at = f"/{made['id']}"
    assert client.get(f"{PATH}{at}").json() == made
    given = post(client, f"{at}/hand-over", owner="alice@example.com", note="Your account").json()
    assert given["owner"] == "alice@example.com"
    later = post(client, f"{at}/snooze", until=(NOW + timedelta(days=3)).isoformat()).json()
    assert later["state"] == "snoozed"
    assert post(client, f"{at}/snooze", until=NOW.isoformat()).status_code == 422
    assert post(client, f"{at}/mark", mark="useful").json()["mark"] == "useful"
    assert post(client, f"{at}/outcome", outcome="magic").status_code == 422
    ended = post(client, f"{at}/outcome", outcome="reached", note="They stay").json()
    assert (ended["state"], ended["note"], ended["closed_by"]) == ("done", "They stay",
                                                                   "key: test csm")  # fmt: skip
    assert post(client, f"{at}/outcome", outcome="reached").status_code == 422
    assert AuditEntry.objects.filter(target_kind="task").count() == 5
    (told,) = client.get(f"{PATH}/precision").json()
    assert told == {"source": "hand", "useful": 1, "false_alarms": 0, "precision": 1.0}


def test_what_does_not_exist_is_refused(api):
    client, due = api(), NOW.isoformat()
    assert client.get(f"{PATH}/999").status_code == 404
    gone = post(client, "", account_id="ghost", title="x", due_at=due)
    assert gone.status_code == 422
    assert gone.json()["error"]["field"] == "account_id"
    nobody = post(client, "", account_id="acc_000001", title="x", due_at=due, owner="zoe@x.y")
    assert nobody.json()["error"]["field"] == "owner"
    assert not Task.objects.exists()

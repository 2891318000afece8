"""Today: what to do first and why, and what a person does about it."""

from __future__ import annotations

import doctest
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from people import NOW
from web.work import HOUR, opened

from tenure.accounts.models import Account
from tenure.core.models import AuditEntry
from tenure.work.tasks import actions, queries
from tenure.work.tasks.models import Task
from tenure.work.tasks.pages import words

ROLES = ("admin", "cs_lead", "csm", "support", "analyst")
MAY = ("admin", "cs_lead", "csm", "support")
ALL = {"who": "everyone"}


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def text(client: Any, path: str = "/today/", **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_words_are_what_they_say() -> None:
    assert doctest.testmod(words).failed == 0
    assert doctest.testmod(queries).failed == 0


@pytest.mark.parametrize("role", ROLES)
def test_who_may_look_and_who_may_act(customers, seen_by, colleague, role):
    task, client = opened(), seen_by(colleague(role))
    for path in ("/today/", "/today/beside/", f"/today/tasks/{task.pk}/"):
        assert client.get(path).status_code == 200
    posts = {"outcome": {"outcome": "reached"}, "snooze": {"days": "1"}, "take": {},
             "hand-over": {"to": "1"}, "mark": {"mark": "useful"}}  # fmt: skip
    for act, data in posts.items():
        answer = client.post(f"/today/tasks/{task.pk}/{act}/", data)
        assert answer.status_code == (302 if role in MAY else 403), act
    assert client.get("/today/new/").status_code == (200 if role in MAY else 403)
    if role not in MAY:
        assert "formaction" not in text(client, **ALL)


def test_what_is_late_stands_above_and_value_decides_within(customers, seen_by, alice):
    Account.objects.update(owner=alice, mrr_minor=1000)
    Account.objects.filter(pk="acc_000002").update(mrr_minor=900_000)
    late = opened("acc_000001", "Late", due=-HOUR)
    opened("acc_000001", "Small today", due=HOUR)
    opened("acc_000002", "Big today", due=5 * HOUR)
    opened("acc_000001", "Next week", due=timedelta(days=4))
    gone_up = opened("acc_000001", "Went up", due=timedelta(days=-2))
    actions.escalate(NOW)
    page = text(seen_by(alice))
    places = [page.index(f">{t}<") for t in
              ("Went up", "Late", "Big today", "Small today", "Next week")]  # fmt: skip
    assert places == sorted(places)
    for words_ in ("Overdue by 1 hour", "Due in 5 hours", "Due in 4 days", "$108,000 a year",
                   "Logins halved", "Hello, how is it going?"):  # fmt: skip
        assert words_ in page
    assert gone_up.pk != late.pk


def test_mine_everyones_and_nobodys(customers, seen_by, alice, bob):
    for pk, owner in (("acc_000001", alice), ("acc_000002", bob), ("acc_000004", None)):
        Account.objects.filter(pk=pk).update(owner=owner)
        opened(pk, f"Task of {owner}")
    client = seen_by(bob)
    assert "Task of Bob" in text(client)
    assert "Task of Alice" not in text(client)
    assert "Task of Alice" in text(client, **ALL)
    nobody = text(client, who="nobody")
    assert "Task of None" in nobody
    assert "Task of Bob" not in nobody
    assert "Task of Alice" in text(client, who=str(alice.pk))


def test_what_went_up_stands_on_the_leads_own_list(customers, seen_by, colleague, bob):
    opened("acc_000001", "Went up", due=timedelta(days=-2))
    opened("acc_000002", "Late", due=-HOUR)
    actions.escalate(NOW)
    page = text(seen_by(colleague("cs_lead")))
    assert "Went up" in page
    assert ">Late<" not in page


def test_the_page_of_an_account_shows_its_tasks(customers, seen_by, alice):
    opened("acc_000001")
    client = seen_by(alice)
    assert "Call the champion" in text(client, "/accounts/panel/tasks/acc_000001")
    empty = text(client, "/accounts/panel/tasks/acc_000002")
    assert "Nothing is to be done" in empty
    assert "/today/new/?account=acc_000002" in empty


def test_by_segment_kind_and_state(customers, seen_by, alice):
    opened("acc_000003", "For enterprise")  # every third is
    opened("acc_000001", "For mid-market", source="portfolio")
    client = seen_by(alice)
    page = text(client, segment="enterprise", **ALL)
    assert "For enterprise" in page
    assert "For mid-market" not in page
    page = text(client, kind="portfolio", **ALL)
    assert "For mid-market" in page
    assert "For enterprise" not in page
    assert "No task fits" in text(client, kind="nonsense", **ALL)
    actions.close(Task.objects.get(title="For enterprise"), "reached", "", alice, now=NOW)
    assert "Talked to them" in text(client, show="done", **ALL)


@pytest.mark.parametrize("query", ["who=%00", "who=9999999999999999999", "show=x&section=y&page=z",
                                   "segment=%27", "section=overdue&page=99"])  # fmt: skip
def test_an_address_that_makes_no_sense_is_no_error(customers, seen_by, alice, query):
    opened()
    assert seen_by(alice).get(f"/today/?{query}").status_code == 200


def test_the_outcome_takes_two_clicks_and_is_audited(customers, seen_by, bob):
    task = opened()
    answer = seen_by(bob).post(
        f"/today/tasks/{task.pk}/outcome/",
        {"outcome": "no_answer", "back": "who=everyone"}, follow=True,
    )  # fmt: skip
    assert answer.redirect_chain == [("/today/?who=everyone", 302)]
    assert "Done: “Call the champion” (No answer)." in answer.content.decode()
    task.refresh_from_db()
    assert (task.state, task.outcome, task.closed_by) == ("done", "no_answer", bob.email)
    assert AuditEntry.objects.get(action="task.closed").actor == bob.email


def test_what_cannot_be_done_is_said_and_changes_nothing(customers, seen_by, alice):
    task, client = opened(), seen_by(alice)
    base = f"/today/tasks/{task.pk}/"
    for act, data in (("outcome", {"outcome": "magic"}), ("snooze", {"date": "2020-01-01"}),
                      ("snooze", {"days": "0"}), ("snooze", {"date": "2026-02-31"}),
                      ("hand-over", {"to": "77"}), ("mark", {"mark": "so-so"})):  # fmt: skip
        page = client.post(f"{base}{act}/", data, follow=True).content.decode()
        assert "Nothing was changed" in page, (act, data)
    task.refresh_from_db()
    assert (task.state, task.mark) == ("open", "")
    client.post(f"{base}outcome/", {"outcome": "reached"})
    page = client.post(f"{base}outcome/", {"outcome": "reached"}, follow=True).content.decode()
    assert "only a task that is open can be changed" in page


@pytest.mark.parametrize(
    ("given", "until"),
    [({"days": "1"}, datetime(2026, 3, 3)), ({"date": "2026-03-09"}, datetime(2026, 3, 9))],
)
def test_a_snoozed_task_comes_back_in_the_morning_of_its_readers_day(
    customers, seen_by, alice, given, until
):
    alice.timezone = "Europe/Berlin"
    alice.save()
    task = opened()
    seen_by(alice).post(f"/today/tasks/{task.pk}/snooze/", given)
    task.refresh_from_db()
    assert task.snoozed_until.replace(tzinfo=None) == until - timedelta(hours=1)
    assert "Call the champion" not in text(seen_by(alice), **ALL)
    assert "Call the champion" in text(seen_by(alice), show="snoozed", **ALL)


def test_a_task_is_taken_and_handed_over_with_a_note(customers, seen_by, alice, bob, colleague):
    task = opened("acc_000004")
    base = f"/today/tasks/{task.pk}/"
    seen_by(bob).post(f"{base}take/", {})
    task.refresh_from_db()
    assert task.owner == bob
    page = seen_by(bob).post(
        f"{base}hand-over/", {"to": alice.pk, "note": "You know their CFO", "back": "here"},
        follow=True,
    ).content.decode()  # fmt: skip
    assert "is with Alice now" in page
    assert "Handed to alice@example.com" in page
    assert "You know their CFO" in page
    analyst = colleague("analyst")
    page = seen_by(bob).post(f"{base}hand-over/", {"to": analyst.pk}, follow=True)
    assert "choose a colleague who works on tasks" in page.content.decode()


def test_the_page_of_a_task_tells_everything(customers, seen_by, alice, bob):
    first = opened(title="First")
    actions.mark(first, "useful", bob, now=NOW)
    actions.close(first, "reached", "", bob, now=NOW)
    opened(title="Second")
    actions.mark(Task.objects.get(title="Second"), "false_alarm", bob, now=NOW)
    task = opened(title="Third")
    page = text(seen_by(alice), f"/today/tasks/{task.pk}/")
    for words_ in ("Third", "Logins halved", "Hello, how is it going?", "/plays/risk-rescue/",
                   "50 % were useful", "Second", "Opened", "score-n", "Hand over"):  # fmt: skip
        assert words_ in page, words_
    done = text(seen_by(alice), f"/today/tasks/{first.pk}/")
    assert "Done: Talked to them" in done
    assert "How did it go?" not in done
    assert seen_by(alice).get("/today/tasks/99999/").status_code == 404


def test_a_task_by_hand_goes_to_whoever_looks_after_the_account(customers, seen_by, alice, bob):
    Account.objects.filter(pk="acc_000001").update(owner=bob)
    name = Account.objects.get(pk="acc_000001").name
    data = {"account": name.upper(), "title": "Send the slides", "due": "2026-03-04"}
    page = seen_by(alice).post("/today/new/", data, follow=True).content.decode()
    assert "is on the list" in page
    task = Task.objects.get()
    assert (task.account_id, task.owner, task.source) == ("acc_000001", bob, "hand")
    assert AuditEntry.objects.get(action="task.created").actor == alice.email
    wrong = seen_by(alice).post("/today/new/", {**data, "account": "Nobody Ltd"}).content.decode()
    assert "No such account." in wrong


def test_what_renews_stands_beside(customers, seen_by, alice):
    Account.objects.update(renews_at=NOW + timedelta(days=400))
    Account.objects.filter(pk="acc_000002").update(renews_at=NOW + timedelta(days=20))
    page = text(seen_by(alice), "/today/beside/", **ALL)
    fallen, renewals = page.split('id="fallen"')[1].split('id="renewals"')
    second = Account.objects.get(pk="acc_000002")
    assert f"/accounts/a/{second.pk}" in renewals
    assert renewals.count("/accounts/a/") == 1
    assert "No account has come into high or critical risk since yesterday." in fallen


def test_accounts_owed_a_touch_stand_beside_too(customers, seen_by, colleague, bob):
    assert "/today/owed/" in seen_by(bob).get("/today/beside/").content.decode()
    everyone = seen_by(bob).get("/today/owed/?who=everyone", headers={"HX-Request": "true"})
    text = everyone.content.decode()
    assert "Owed a touch" in text
    assert "never had one" in text or "late" in text
    assert "<html" not in text
    assert "<html" in seen_by(bob).get("/today/owed/").content.decode()
    mine = Account.objects.filter(owner=bob).values_list("name", flat=True)
    shown = re.findall(r'class="strong" href="[^"]+">([^<]+)', _owed(seen_by(bob), "mine"))
    assert shown
    assert set(shown) <= set(mine)
    assert not set(
        re.findall(r'class="strong" href="[^"]+">([^<]+)', _owed(seen_by(bob), "nobody"))
    ) & set(mine)
    assert seen_by(colleague("support")).get("/today/owed/").status_code == 403


def _owed(client, who: str) -> str:
    return client.get(f"/today/owed/?who={who}", headers={"HX-Request": "true"}).content.decode()


def test_counts_come_with_what_stands_beside(customers, seen_by, alice):
    for n in range(3):
        opened(f"acc_{n:06d}", due=-HOUR)
    client = seen_by(alice)
    client.defaults["HTTP_HX_REQUEST"] = "true"
    assert "totals=overdue&amp;" in text(client, **ALL)
    page = text(client, "/today/beside/", totals="overdue", **ALL)
    assert 'id="count-everyone" hx-swap-oob="true">3<' in page
    assert 'id="total-overdue" hx-swap-oob="true">3<' in page
    assert "total-today" not in page  # a place that the page does not have
    assert "<html" not in page


def test_empty_lists_say_what_makes_tasks(workspace, seen_by, alice):
    client = seen_by(alice)
    page = text(client)
    assert "No tasks yet" in page
    assert "/plays/" in page
    opened("ghost", "About an account that is gone")
    assert "All done here" in text(client)
    assert "About an account that is gone" in text(client, **ALL)
    actions.close(Task.objects.get(), "reached", "", alice, now=NOW)
    assert "Every task has somebody" in text(client, who="nobody")


def test_more_tasks_do_not_mean_more_queries(customers, seen_by, alice):
    client = seen_by(alice)
    counted = []
    for n in (1, 30):
        for i in range(n):
            opened(f"acc_{i:06d}", f"Task {n} {i}", due=HOUR * (i - 5))
        text(client, **ALL)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            text(client, **ALL)
        counted.append(len(seen))
    assert counted[1] <= counted[0] + 1  # unless the page is full, every section is looked at
    assert "Show all" in text(client, **ALL)
    page = text(client, section="today", **ALL)
    assert page.count("data-task=") > 10


def test_text_of_others_is_never_markup(customers, seen_by, alice):
    evil = "<script>alert(1)</script>"
    opened(title=evil, reason=evil, words=evil)
    assert evil not in text(seen_by(alice), **ALL)

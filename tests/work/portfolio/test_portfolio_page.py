"""The Portfolio page: load, owed touches, owners, cost, split; and who may do what."""

from __future__ import annotations

import re

import pytest

from tenure.accounts.models import Account
from tenure.work.tasks.models import Task


def seen(client) -> str:
    return client.get("/portfolio/").content.decode()


@pytest.mark.parametrize(
    ("role", "status", "may"),
    [("admin", 200, True), ("cs_lead", 200, True), ("csm", 200, True), ("analyst", 200, False),
     ("support", 403, False)],
)  # fmt: skip
def test_who_may_see_and_do_what(customers, seen_by, colleague, role, status, may):
    client = seen_by(colleague(role))
    assert client.get("/portfolio/").status_code == status
    for path in ("tasks/", "assign/"):
        assert client.post(f"/portfolio/{path}").status_code == (302 if may else 403)
        assert client.get(f"/portfolio/{path}").status_code == 405
    if status == 200:
        assert ("Open all" in seen(client)) == may


def test_an_empty_workspace_is_told_how_to_begin(workspace, seen_by, alice):
    assert "No customers yet" in seen(seen_by(alice))


def test_owed_touches_become_tasks_in_one_click_and_in_bulk(customers, seen_by, bob):
    client = seen_by(bob)
    page = seen(client)
    pairs = re.findall(r'name="owed" value="([^"]+)"', page)
    assert len(pairs) > 10
    client.post("/portfolio/tasks/", {"one": pairs[0]})
    assert Task.objects.count() == 1
    assert seen(client).count('name="owed"') == len(pairs) - 1
    client.post("/portfolio/tasks/", {"owed": pairs[:3]})
    assert Task.objects.count() == 3
    client.post("/portfolio/tasks/", {"all": "1"})
    assert Task.objects.count() >= len(pairs)
    page = client.post("/portfolio/tasks/", {"all": "1"}, follow=True).content.decode()
    assert "No task was opened" in page


def test_accounts_without_an_owner_get_the_one_that_the_preview_shows(customers, seen_by, bob):
    client = seen_by(bob)
    page = seen(client)
    digest = re.search(r'name="digest" value="([^"]+)"', page)
    assert digest
    nobody = Account.objects.filter(owner=None, status="active")
    assert nobody.exists()
    answer = client.post("/portfolio/assign/", {"digest": "old"}, follow=True)
    assert "has changed" in answer.content.decode()
    assert nobody.exists()
    client.post("/portfolio/assign/", {"digest": digest[1]})
    assert not nobody.exists()
    assert "Everybody has somebody" in seen(client)


def test_tiers_show_what_they_are_worth_and_cost(customers, seen_by, alice):
    whole = seen(seen_by(alice))
    page = whole[whole.index("Cost to serve") :]
    assert page.index(">Enterprise<") < page.index(">Mid-market<")
    assert "No time was logged with either" in page

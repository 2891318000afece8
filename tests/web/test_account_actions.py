"""What colleagues do from the list: export, saved views, owners."""

from __future__ import annotations

import csv
import io

import pytest

from tenure.accounts.models import Account, SavedView
from tenure.core.models import AuditEntry
from tenure.facts.models import InboxRow
from tenure.web.accounts.export import COLUMNS, safe


def rows(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_the_export_holds_the_filtered_list_in_its_order(customers, seen_by, bob):
    answer = seen_by(bob).get("/accounts/export.csv?sort=name&segment=enterprise")
    found = rows(answer)
    assert tuple(found[0]) == COLUMNS
    names = [row["name"] for row in found]
    assert names == sorted(c.name for c in customers[::3])
    assert "attachment" in answer["Content-Disposition"]


def test_support_may_not_export(customers, seen_by, colleague):
    assert seen_by(colleague("support")).get("/accounts/export.csv").status_code == 403


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2", "@cmd", "\tx"])
def test_a_spreadsheet_does_not_run_what_a_customer_named_itself(text):
    assert safe(text) == f"'{text}"


def test_numbers_are_not_quoted():
    assert [safe(v) for v in (-3.5, 0, None, "Acme")] == [-3.5, 0, "", "Acme"]


def test_bob_saves_a_view_and_finds_it_again(customers, seen_by, bob):
    client = seen_by(bob)
    answer = client.post("/accounts/views", {"name": "Mine", "query": "band=critical&evil=1"})
    assert answer["Location"] == "/accounts/?band=critical"
    assert SavedView.objects.get().query == "band=critical"
    assert "Mine" in client.get("/accounts/").content.decode()


def test_the_same_name_replaces_the_own_view(customers, seen_by, bob):
    client = seen_by(bob)
    for query in ("q=a", "q=b"):
        client.post("/accounts/views", {"name": "Mine", "query": query})
    assert SavedView.objects.get().query == "q=b"


def test_a_shared_view_is_everybodys_to_use_and_its_makers_to_delete(
    customers, seen_by, alice, bob
):
    seen_by(alice).post("/accounts/views", {"name": "Board", "query": "q=a", "shared": "on"})
    view, client = SavedView.objects.get(), seen_by(bob)
    assert "Board" in client.get("/accounts/").content.decode()
    assert client.post(f"/accounts/views/{view.pk}/delete").status_code == 404
    assert seen_by(alice).post(f"/accounts/views/{view.pk}/delete").status_code == 302
    assert not SavedView.objects.exists()


def test_who_may_not_edit_may_save_but_not_share(customers, seen_by, colleague):
    client = seen_by(colleague("analyst"))
    client.post("/accounts/views", {"name": "V", "query": "", "shared": "on"})
    assert not SavedView.objects.get().shared


def test_bob_assigns_accounts_and_every_change_is_on_record(customers, seen_by, alice, bob):
    taken = [customers[0].pk, customers[1].pk]
    Account.objects.filter(pk__in=taken).update(owner=alice)
    answer = seen_by(bob).post(
        "/accounts/assign", {"account": taken, "owner": bob.pk, "back": "q=x"}
    )
    assert answer["Location"] == "/accounts/?q=x"
    assert set(Account.objects.filter(pk__in=taken).values_list("owner", flat=True)) == {bob.pk}
    entries = AuditEntry.objects.filter(action="account.owner")
    assert {e.target_id for e in entries} == set(taken)
    assert entries[0].before == {"owner": alice.email}
    assert b"tenure.owner assigned" in bytes(InboxRow.objects.get().body)


def test_assigning_what_is_so_already_changes_nothing(customers, seen_by, bob):
    Account.objects.filter(pk=customers[0].pk).update(owner=bob)
    seen_by(bob).post("/accounts/assign", {"account": [customers[0].pk], "owner": bob.pk})
    assert not AuditEntry.objects.filter(action="account.owner").exists()


def test_accounts_can_be_left_without_an_owner(customers, seen_by, bob):
    seen_by(bob).post("/accounts/assign", {"account": [customers[0].pk], "owner": "none"})
    assert Account.objects.get(pk=customers[0].pk).owner is None


def test_nobody_is_assigned_to_charlie_who_left(customers, seen_by, bob, charlie):
    before = Account.objects.get(pk=customers[0].pk).owner_id
    for owner in (charlie.pk, "", "9" * 30, "²"):
        seen_by(bob).post("/accounts/assign", {"account": [customers[0].pk], "owner": owner})
    assert Account.objects.get(pk=customers[0].pk).owner_id == before


def test_an_analyst_assigns_nobody(customers, seen_by, colleague):
    client = seen_by(colleague("analyst"))
    assert client.post("/accounts/assign", {"account": [], "owner": "none"}).status_code == 403
    assert b"row-pick" not in client.get("/accounts/").content

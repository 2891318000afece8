"""The pages of dunning: what is unpaid, what comes next and why, and taking it over."""

from __future__ import annotations

import doctest
from datetime import timedelta
from typing import Any

import pytest
import time_machine
import worlds
from people import NOW

from tenure.accounts.models import Account, Membership, Person
from tenure.connectors.posted import accepting
from tenure.core import policy
from tenure.core.models import AuditEntry
from tenure.facts.periodic_tasks import flush_now
from tenure.programs.dunning import actions, reports, settings
from tenure.programs.dunning.models import Case
from tenure.programs.dunning.pages import words

HOUR = timedelta(hours=1)


@pytest.fixture
@worlds.once
def unpaid(workspace: Any, db: None) -> list[Case]:
    """Acme's card has too little money on it; Bolt's is lost; dunning is on."""
    text = settings.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)
    policy.save(settings.DOCUMENT, text, "alice", "", NOW)
    for name, code in (("acme", "insufficient_funds"), ("bolt", "lost_card")):
        account = Account.objects.create(id=name, name=name.title())
        ann = Person.objects.create(id=f"ann-{name}", name="Ann", email=f"ann@{name}.example")
        Membership.objects.create(person=ann, account=account, role="admin")
        _tell("invoices", {
            "invoice_id": f"i-{name}", "account_id": name, "issued_at": (NOW - HOUR).isoformat(),
            "amount_minor": 4900, "currency": "EUR",
        })  # fmt: skip
        _fails(name, code, 0)
    return list(Case.objects.order_by("account_id"))


def _tell(table: str, row: dict[str, Any], at: Any = NOW) -> None:
    assert not accepting.take(table, [row], source="shop", backfill=False, now=at)
    flush_now(at + timedelta(seconds=1))


def _fails(name: str, code: str, days: float, status: str = "failed") -> None:
    at = NOW + timedelta(days=days)
    _tell("payments", {
        "payment_id": f"p-{name}-{days}", "account_id": name, "invoice_id": f"i-{name}",
        "attempted_at": at.isoformat(), "status": status, "decline_code": code,
        "amount_minor": 4900, "currency": "EUR",
    }, at)  # fmt: skip


def text(client: Any, path: str = "/dunning/") -> str:
    with time_machine.travel(NOW + HOUR, tick=False):
        answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_words_are_what_they_say() -> None:
    assert doctest.testmod(words).failed == 0


def test_an_empty_workspace_is_told_what_opens_a_case(workspace, seen_by, alice):
    assert "No unpaid invoice" in text(seen_by(alice))


@pytest.mark.parametrize(
    ("role", "act"),
    [("admin", 302), ("cs_lead", 302), ("csm", 302), ("support", 403), ("analyst", 403)],
)
def test_who_may_look_and_who_may_act(unpaid, seen_by, colleague, role, act):
    client, case = seen_by(colleague(role)), unpaid[0]
    assert client.get("/dunning/").status_code == 200
    page = text(client, f"/dunning/cases/{case.pk}/")
    assert ("Take it over" in page) == (act == 302)
    for what in ("take", "back", "extend"):
        assert client.post(f"/dunning/cases/{case.pk}/{what}/").status_code == act
        assert client.get(f"/dunning/cases/{case.pk}/{what}/").status_code == 405


def test_what_is_unpaid_stands_with_its_next_step_and_the_reason(unpaid, seen_by, bob):
    page = text(seen_by(bob))
    assert "€98" in page  # both at stake
    assert "Acme" in page
    assert "Bolt" in page
    assert "Mail: failed" in page
    only = text(seen_by(bob), "/dunning/?search=bolt")
    assert "Bolt" in only
    assert "Acme" not in only
    assert "No case fits" in text(seen_by(bob), "/dunning/?state=recovered")
    assert "Acme" in text(seen_by(bob), "/dunning/?state=nonsense&page=x")


def test_a_case_tells_its_plan_and_what_was_done(unpaid, seen_by, bob):
    actions.advance(NOW + HOUR)
    page = text(seen_by(bob), f"/dunning/cases/{unpaid[0].pk}/")
    for words_ in ("Try the card again", "try 1 of 4", "Grace begins", "End the subscription",
                   "Mail: failed", "did not go through"):  # fmt: skip
        assert words_ in page, words_
    lost = text(seen_by(bob), f"/dunning/cases/{unpaid[1].pk}/")
    assert "Try the card again" not in lost
    assert seen_by(bob).get("/dunning/cases/999/").status_code == 404


def test_a_case_is_taken_over_and_handed_back(unpaid, seen_by, bob):
    client, path = seen_by(bob), f"/dunning/cases/{unpaid[0].pk}"
    assert "It is yours" in client.post(f"{path}/take/", follow=True).content.decode()
    assert "bob@example.com" in text(client)
    assert "A person decides" in text(client, f"{path}/")
    client.post(f"{path}/back/")
    assert Case.objects.get(pk=unpaid[0].pk).taken_by == ""
    done = AuditEntry.objects.filter(target_kind="dunning").values_list("action", flat=True)
    assert set(done) == {"dunning.taken_over", "dunning.handed_back"}


def test_more_time_needs_a_reason_and_stays_within_policy(unpaid, seen_by, bob):
    client, path = seen_by(bob), f"/dunning/cases/{unpaid[0].pk}/extend/"
    for body in ({"days": "5"}, {"days": "99", "why": "x"}, {"days": "-1", "why": "x"}, {}):
        assert "Nothing changed" in client.post(path, body, follow=True).content.decode()
    assert Case.objects.get(pk=unpaid[0].pk).extended_days == 0
    client.post(path, {"days": "5", "why": "A new card is on its way"})
    assert (
        "Nothing changed"
        in client.post(path, {"days": "10", "why": "x"}, follow=True).content.decode()
    )  # 14 in all
    case = Case.objects.get(pk=unpaid[0].pk)
    assert case.extended_days == 5
    assert AuditEntry.objects.get(action="dunning.extended").why == "A new card is on its way"
    page = text(client, f"/dunning/cases/{case.pk}/")
    assert "21 Mar" in page or "A new card is on its way" in page


def test_the_report_counts_closed_cases_only(unpaid, seen_by, bob):
    assert "has been closed yet" in text(seen_by(bob), "/dunning/report/")
    actions.advance(NOW + HOUR)
    _fails("acme", "insufficient_funds", 1)
    _fails("acme", "", 3, "succeeded")
    found = reports.report(NOW + timedelta(days=4), 365)
    assert (found.recovered.cases, found.recovered.hits) == (1, 1)
    assert [(p.name, p.cases, p.hits) for p in found.by_try] == [("2", 1, 0), ("3", 1, 1)]
    assert [(p.name, p.cases, p.hits) for p in found.by_mail] == [("failed", 1, 1)]
    assert [(m.currency, m.amount_minor) for m in found.money] == [("EUR", 4900)]
    with time_machine.travel(NOW + timedelta(days=4), tick=False):
        page = seen_by(bob).get("/dunning/report/").content.decode()
    assert "1 of 1 closed cases" in page
    assert "Try 3" in page


def test_the_page_of_an_account_shows_its_unpaid_invoices(unpaid, seen_by, bob):
    page = text(seen_by(bob), "/accounts/panel/dunning/acme")
    assert "€49" in page
    assert "unpaid" in page


def test_while_it_is_off_the_page_says_so(unpaid, seen_by, bob):
    policy.save(settings.DOCUMENT, settings.DEFAULT.read_text("utf-8"), "alice", "", NOW)
    assert "Dunning is off" in text(seen_by(bob))


def test_what_is_said_ahead_is_listed_and_the_link_leads_to_a_page(
    unpaid: list[Case], seen_by: Any, bob: Any, client: Any
) -> None:
    from tenure.programs.dunning import links

    page = text(seen_by(bob), "/dunning/ahead/")
    assert "It is off" in page
    assert "No card is known" in page
    soon = NOW + timedelta(days=10)
    _tell("subscriptions", {
        "subscription_id": "s1", "account_id": "acme", "status": "active", "mrr_minor": 4900,
        "currency": "EUR", "started_at": (NOW - timedelta(days=300)).isoformat(),
        "updated_at": (NOW - timedelta(days=300)).isoformat(),
    })  # fmt: skip
    _tell("cards", {
        "card_id": "c1", "account_id": "acme", "updated_at": NOW.isoformat(), "network": "visa",
        "last4": "4242", "exp_month": soon.month, "exp_year": soon.year, "status": "active",
    })  # fmt: skip
    page = text(seen_by(bob), "/dunning/ahead/")
    for words_ in ("Card expires", "/accounts/a/acme", "4242", "ann@acme.example"):
        assert words_ in page
    place = links.card_url("acme").split("/m/", 1)[1]
    shown = text(client, f"/m/{place}")
    assert "answer the mail" in shown
    assert client.get(f"/m/card/{place.split('/')[1]}x/").status_code == 404


def test_who_may_see_what_is_said_ahead(seen_by: Any, colleague: Any, workspace: Any) -> None:
    assert seen_by(colleague("csm")).get("/dunning/ahead/").status_code == 200
    assert seen_by(colleague("viewer")).get("/dunning/ahead/").status_code == 403

"""The Practice page: what is open, why, who is behind it, and letting it stand for a while."""

from __future__ import annotations

import doctest
from datetime import timedelta

import pytest
from django.utils import timezone
from people import NOW

from tenure.accounts.models import Account
from tenure.core import jobs as work
from tenure.core.models import AuditEntry, Job
from tenure.learning.practice_audit import actions, jobs, queries
from tenure.learning.practice_audit.finding import Finding
from tenure.learning.practice_audit.models import Acceptance
from tenure.learning.practice_audit.pages import accepting

KEY = "champion_left"


def finding(key: str = KEY, state: str = "open", accounts: tuple[str, ...] = (), total: int = 0,
            severity: str = "high") -> Finding:  # fmt: skip
    return Finding(
        key, severity, f"Title of {key}", state, f"Evidence of {key}", f"Remedy of {key}",
        "/accounts/?sort=-risk", accounts, total or len(accounts),
    )  # fmt: skip


@pytest.fixture
def run(customers):
    """A kept run with one of each state; the open one has a dozen accounts, one of them gone."""
    ids = tuple(Account.objects.order_by("pk").values_list("pk", flat=True)[:11])
    found = [
        finding(accounts=(*ids, "gone"), total=30),
        finding("guilt_copy", "not_assessed"),
        finding("scaling_by_hand", "passed"),
    ]
    return actions.keep(found, NOW)


def seen(client) -> str:
    return client.get("/practice/").content.decode()


@pytest.mark.parametrize(
    ("role", "status", "may"),
    [("admin", 200, True), ("cs_lead", 200, True), ("csm", 200, False), ("analyst", 200, False),
     ("support", 403, False)],
)  # fmt: skip
def test_who_may_see_and_do_what(run, seen_by, colleague, role, status, may):
    client = seen_by(colleague(role))
    assert client.get("/practice/").status_code == status
    assert client.get("/practice/progress/").status_code == status
    for path in ("run/", f"accept/{KEY}/", f"withdraw/{KEY}/"):
        assert client.post(f"/practice/{path}").status_code == (302 if may else 403)
        assert client.get(f"/practice/{path}").status_code == 405
    if status == 200:
        assert ("Accept for now" in seen(client)) == may


def test_before_the_first_run_it_teaches(customers, seen_by, alice, bob):
    assert "Press “Look now”" in seen(seen_by(alice))
    assert "a CS lead can start it" in seen(seen_by(bob))


def test_an_open_finding_shows_numbers_accounts_and_remedy(run, seen_by, bob):
    page = seen(seen_by(bob))
    for text in (
        "Title of champion_left", "Evidence of champion_left", "Remedy of champion_left",
        'href="/accounts/?sort=-risk"', "30 accounts:", "4 more", "and 18 not listed",
    ):  # fmt: skip
        assert text in page
    first = Account.objects.order_by("pk").first()
    assert f'href="/accounts/a/{first.pk}">{first.name}' in page
    assert 'href="/accounts/a/gone"' not in page


def test_what_is_not_assessed_stands_apart_from_what_passed(run, seen_by, bob):
    page = seen(seen_by(bob))
    assert page.index("Not assessed</h2>") < page.index("Evidence of guilt_copy")
    assert page.index("Passed</h2>") < page.index("Evidence of scaling_by_hand")


def test_where_nothing_is_open_it_says_so(customers, seen_by, bob):
    actions.keep([finding(state="passed")], NOW)
    assert "Nothing is open" in seen(seen_by(bob))


def test_accepting_and_taking_back(run, seen_by, alice, bob):
    client = seen_by(alice)
    answer = client.post(f"/practice/accept/{KEY}/", {"reason": "We look", "days": 30}, follow=True)
    page = answer.content.decode()
    for text in (
        "The finding may stand",
        "Nothing is open",
        "“We look”",
        "alice@example.com, until",
    ):
        assert text in page
    assert "Take back" not in seen(seen_by(bob))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.why) == (
        "practice.accepted", "alice@example.com", "We look",
    )  # fmt: skip
    page = client.post(f"/practice/withdraw/{KEY}/", follow=True).content.decode()
    assert "The finding is open again" in page
    assert not queries.accepted(timezone.now())
    page = client.post(f"/practice/withdraw/{KEY}/", follow=True).content.decode()
    assert "It was not accepted" in page


@pytest.mark.parametrize(
    ("key", "given", "said"),
    [
        (KEY, {"reason": "", "days": 30}, "Why: This field is required."),
        (KEY, {"reason": "x", "days": 180}, "May stand for: Select a valid choice."),
        ("guilt_copy", {"reason": "x", "days": 30}, "is not an open finding"),
    ],
)
def test_what_cannot_be_accepted_is_said(run, seen_by, alice, key, given, said):
    page = seen_by(alice).post(f"/practice/accept/{key}/", given, follow=True).content.decode()
    assert said in page
    assert not Acceptance.objects.exists()


def test_looking_now_asks_for_one_run_and_shows_it(customers, seen_by, alice):
    client = seen_by(alice)
    for _ in range(2):
        page = client.post("/practice/run/", follow=True).content.decode()
        assert "waits for a worker" in page
    job = Job.objects.get(kind=jobs.AUDIT)
    assert AuditEntry.objects.filter(action="practice.run").count() == 1
    assert client.get(f"/practice/progress/?was={job.pk}").status_code == 200
    work.run_all("tests", timezone.now)
    answer = client.get(f"/practice/progress/?was={job.pk}")
    assert answer["HX-Refresh"] == "true"
    assert "Not assessed" in seen(client)


def test_a_failed_run_is_told(customers, seen_by, alice):
    Job.objects.create(
        kind=jobs.AUDIT, state="failed", error="Traceback\nOSError: disk", run_at=NOW,
        created_at=NOW, finished_at=NOW + timedelta(minutes=1),
    )  # fmt: skip
    assert "OSError: disk" in seen(seen_by(alice))


def test_spans_fit_what_policy_allows():
    assert doctest.testmod(accepting).failed == 0

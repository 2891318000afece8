"""A loss from its first warning to what was made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds
from django.test import Client
from health.companies import add, subscription, use

from tenure.accounts.models import Account, Membership, Person
from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.channels.models import Message
from tenure.core import jobs, policy
from tenure.core.models import AuditEntry
from tenure.facts import queries as queries_of_facts
from tenure.facts import sweeping
from tenure.facts.models import InboxRow
from tenure.facts.persons import Subject
from tenure.health import actions as health
from tenure.learning.investigations import (
    actions,
    erasing,
    interviews,
    links,
    periodic_tasks,
    queries,
    quotes,
    reading,
    settings,
)
from tenure.learning.investigations.models import ExitInterview, Investigation, Review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
START = MONDAY - timedelta(days=120)
END = MONDAY + timedelta(weeks=6)
KNOWN = END + timedelta(days=15)


def at(weeks: float) -> datetime:
    return MONDAY + timedelta(weeks=weeks)


@pytest.fixture
@worlds.once
def fading() -> Investigation:
    """Fading logs in less and less from week 0, is called in week 5, leaves in week 6."""
    for name in ("fading", "steady"):
        Account.objects.create(id=name, name=name.title())
    ann = Person.objects.create(id="ann", name="Ann", email="ann@fading.example")
    Membership.objects.create(person=ann, account_id="fading", role="admin")
    add(
        1,
        subscriptions=[
            subscription("fading", START, ended_at=END, end_reason="voluntary", updated_at=START),
            subscription("steady", START, ended_at=None, end_reason=None, updated_at=START),
        ],
        events=[
            *use("steady", START, 200),
            *use("fading", START, 120),
            *use("fading", at(0), 14, every=3, people=1, actions=1),
        ],
        interactions=[
            {"interaction_id": "i1", "account_id": "fading", "kind": "call", "by": "bob@x.example",
             "happened_at": END - timedelta(days=3), "outcome": "answered"},
            {"interaction_id": "i2", "account_id": "fading", "kind": "call", "by": "bob@x.example",
             "happened_at": END + timedelta(days=3), "outcome": "answered"},
        ],
        tickets=[
            {"ticket_id": "t1", "account_id": "fading", "opened_at": END - timedelta(days=10),
             "first_reply_at": END - timedelta(days=8), "resolved_at": END + timedelta(days=2),
             "category": "billing"},
        ],
    )  # fmt: skip
    for week in range(7):
        now = at(week) + timedelta(hours=6)
        if now < END:
            health.run_scoring(now, now=now)
    assert actions.study(KNOWN - timedelta(days=2)) == 0  # within the days of grace
    assert actions.study(KNOWN) == 1
    return Investigation.objects.get()


def told() -> list[str]:
    bodies = b" ".join(bytes(r.body) for r in InboxRow.objects.all()).decode()
    names = ("opened", "decided", "voided", "judged")
    return [n for n in names if f"churn_investigation_{n}" in bodies]


def test_the_dossier_holds_what_was_known_at_the_end(fading: Investigation) -> None:
    kept = fading.dossier
    assert (fading.account_id, fading.churned_at, fading.kind) == ("fading", END, "voluntary")
    assert (fading.mrr_minor, fading.currency, fading.plan_id) == (10_000, "USD", "pro")
    assert len(kept["scores"]) == 6
    assert kept["stay_days"] == (END - START).days
    assert [c["at"] for c in kept["contacts"]] == [(END - timedelta(days=3)).isoformat()]
    assert kept["tickets"][0]["resolved_at"] == ""  # it was resolved after they had left
    fired = {w["name"]: w for w in kept["warnings"]}
    assert fired["login_frequency_down"]["lead_days"] == 27
    assert fired["login_frequency_down"]["missed"]
    assert all(w["lead_days"] >= 0 for w in kept["warnings"])
    assert (fading.cause, fading.verdict) == ("low_use", "preventable")
    assert told() == ["opened"]


def test_looking_again_changes_nothing(fading: Investigation) -> None:
    assert actions.study(KNOWN + timedelta(days=1)) == 0
    assert Investigation.objects.count() == 1


def test_facts_that_arrive_later_do_not_get_in(fading: Investigation) -> None:
    add(2, interactions=[
        {"interaction_id": "i9", "account_id": "fading", "kind": "meeting", "by": "bob@x.example",
         "happened_at": END - timedelta(days=20), "received_at": KNOWN, "outcome": "answered"},
    ])  # fmt: skip
    before = fading.dossier
    Investigation.objects.all().delete()
    assert actions.study(KNOWN + timedelta(days=1)) == 1
    after = Investigation.objects.get().dossier
    assert after["contacts"] == before["contacts"]
    assert after["warnings"] == before["warnings"]


def test_a_person_confirms_or_says_better_and_why(fading: Investigation, bob: Any) -> None:
    one = actions.decide(fading.pk, bob, now=KNOWN)
    assert (one.state, one.verdict, one.why) == ("confirmed", "preventable", "")
    with pytest.raises(SpecError, match="why"):
        actions.decide(fading.pk, bob, verdict="not_preventable", now=KNOWN)
    with pytest.raises(SpecError, match="cause"):
        actions.decide(fading.pk, bob, cause="weather", why="rain", now=KNOWN)
    with pytest.raises(SpecError, match="verdict"):
        actions.decide(fading.pk, bob, verdict="sure", why="rain", now=KNOWN)
    one = actions.decide(
        fading.pk, bob, verdict="not_preventable", cause="need_ended", why="They closed", now=KNOWN
    )
    assert (one.cause, one.decided_by) == ("need_ended", "bob@example.com")
    entries = AuditEntry.objects.filter(action="churn.decided").order_by("pk")
    assert [e.why for e in entries] == ["", "They closed"]
    assert told() == ["opened", "decided"]


def test_they_are_asked_once_and_answer_without_signing_in(fading: Investigation) -> None:
    made = interviews.ask(fading.pk, "alice", now=KNOWN)
    with pytest.raises(SpecError, match="already"):
        interviews.ask(fading.pk, "alice", now=KNOWN)
    mail = Message.objects.get()
    assert (mail.purpose, mail.address) == ("survey", "ann@fading.example")
    path = links.url(made.pk).split("//", 1)[1].split("/", 1)[1]
    assert links.url(made.pk) in mail.content["text"]
    client = Client()
    assert b"Why did you leave?" in client.get(f"/{path}").content
    given = {"reason": "too_expensive", "words": "A cheaper plan", "would_return": "maybe"}
    assert client.post(f"/{path}", given).status_code == 303
    assert b"Thank you" in client.get(f"/{path}?done=1").content
    kept = ExitInterview.objects.get()
    assert (kept.reason, kept.words, kept.would_return) == tuple(given.values())
    one = Investigation.objects.get()
    assert (one.stated_cause, one.cause) == ("price", "low_use")  # said, and shown by the facts
    bodies = b" ".join(bytes(r.body) for r in InboxRow.objects.all())
    assert b"exit_interview_answered" in bodies
    assert b"A cheaper plan" not in bodies
    assert client.get("/m/exit/1:x:y/").status_code == 404
    assert client.post(f"/{path}", {"reason": "nonsense"}).status_code == 303
    assert ExitInterview.objects.get().reason == ""


def test_an_answer_leaves_a_persons_decision_alone(fading: Investigation, bob: Any) -> None:
    made = interviews.ask(fading.pk, bob, now=KNOWN)
    actions.decide(fading.pk, bob, cause="support", why="I was there", now=KNOWN)
    interviews.answer(made.pk, reason="switching", now=KNOWN)
    assert Investigation.objects.get().cause == "support"


def test_the_clock_asks_only_where_policy_wants_it(fading: Investigation) -> None:
    assert interviews.ask_due(KNOWN + timedelta(days=3)) == 0
    text = settings.DEFAULT.read_text("utf-8").replace("on = false", "on = true", 1)
    policy.save(settings.DOCUMENT, text, "alice", "", KNOWN)
    assert interviews.ask_due(KNOWN + timedelta(days=1)) == 0
    assert interviews.ask_due(KNOWN + timedelta(days=30)) == 0  # too long ago to bother them
    assert interviews.ask_due(KNOWN + timedelta(days=3)) == 1
    assert interviews.ask_due(KNOWN + timedelta(days=4)) == 0


def test_corrected_facts_void_it_and_a_return_is_noted(fading: Investigation) -> None:
    back = subscription("fading", END + timedelta(days=40), subscription_id="s-2",
                        updated_at=END + timedelta(days=40))  # fmt: skip
    add(3, subscriptions=[back])
    actions.study(END + timedelta(days=41))
    fading.refresh_from_db()
    assert fading.reactivated_at == END + timedelta(days=40)
    learned = END + timedelta(days=42)
    add(4, subscriptions=[subscription("fading", START, updated_at=START, received_at=learned)])
    actions.study(END + timedelta(days=43))
    fading.refresh_from_db()
    assert fading.state == "void"
    assert not queries.find(queries.InvestigationFilter()).exists()
    assert told() == ["opened", "voided"]


def test_what_a_person_said_is_told_and_forgotten(fading: Investigation, bob: Any) -> None:
    made = interviews.ask(fading.pk, bob, now=KNOWN)
    interviews.answer(made.pk, words="Call ann@fading.example", now=KNOWN)
    actions.decide(fading.pk, bob, verdict="unclear", why="Ask ann@fading.example again", now=KNOWN)
    ann = Subject(("ann",), ("ann@fading.example",))
    assert erasing.export(ann)[0]["words"] == "Call ann@fading.example"
    assert erasing.erase(ann, "gone-1", KNOWN) == {"exit_interviews": 1}
    assert erasing.export(ann) == []
    assert sweeping.sweep(ann, "gone-1")
    kept, one = ExitInterview.objects.get(), Investigation.objects.get()
    assert (kept.person_id, kept.address, kept.words) == ("gone-1", "", "")
    assert "ann@" not in one.why


@pytest.mark.parametrize("table", reading.TABLES)
def test_many_are_read_as_one_would_be(fading: Investigation, table: str) -> None:
    pairs = [("fading", END), ("steady", END), ("fading", KNOWN)]
    found = queries_of_facts.rows_of_many(table, pairs)
    columns = [c.name for c in TABLES[table].columns]
    for account, moment in pairs:
        slow = queries_of_facts.rows_of(table, account, moment)
        assert found.get((account, moment), []) == [{c: row[c] for c in columns} for row in slow]


def test_the_nightly_job_studies_reviews_and_asks(fading: Investigation) -> None:
    Investigation.objects.all().delete()
    text = settings.DEFAULT.read_text("utf-8").replace("on = false", "on = true", 1)
    policy.save(
        settings.DOCUMENT, text.replace("delay_days = 2", "delay_days = 0"), "al", "", KNOWN
    )
    night = KNOWN + timedelta(days=2)
    jobs.enqueue(periodic_tasks.STUDY, now=night)
    assert jobs.run_all("worker", lambda: night) == 1
    assert Investigation.objects.count() == 1
    assert Review.objects.get().month.isoformat() == "2026-01-01"  # February has not ended
    assert Message.objects.get().purpose == "survey"


def test_what_they_wrote_is_quoted_by_name_until_it_is_erased(
    fading: Investigation, alice: Any, client: Any
) -> None:
    """As known at the end: a ticket of the day after is not among it; nothing is copied."""
    add(
        7,
        tickets=[
            {"ticket_id": f"w{n}", "account_id": "fading", "person_id": "ann", "category": "export",
             "opened_at": END + timedelta(days=n), "subject": f"Day {n}",
             "body": "We have wound up the company."}
            for n in (-4, 1)
        ],
        responses=[
            {"response_id": "w", "account_id": "fading", "person_id": "ann", "survey": "nps",
             "score": 3, "comment": "Too slow for us", "responded_at": END - timedelta(days=6)},
        ],
    )  # fmt: skip
    found = quotes.of(fading, settings.packaged())
    assert [(q.what, q.who, q.role, q.text) for q in found] == [
        ("Ticket: export", "Ann", "admin", "Day -4\nWe have wound up the company."),
        ("NPS 3", "Ann", "admin", "Too slow for us"),
    ]
    client.force_login(alice)
    page = client.get(f"/churned/{fading.pk}/").content.decode()
    assert "We have wound up the company." in page
    assert "wound up" not in str(fading.dossier)

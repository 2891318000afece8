"""What customers write: counted by theme, with tone, and held against who left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds
from health.companies import accounts, add, subscription
from people import NOW

from tenure.core import policy
from tenure.learning.texts import reading
from tenure.learning.texts.counting import NONE, Text, count
from tenure.programs.cancel.models import Visit

T = datetime(2026, 6, 1, tzinfo=UTC)


def ago(days: float) -> datetime:
    return T - timedelta(days=days)


def text(account: str, days: float, *themes: str, tone: float | None = None,
         source: str = "ticket") -> Text:  # fmt: skip
    return Text(source, account, ago(days), "words", tone, themes)


def test_themes_are_counted_with_tone_and_the_time_before() -> None:
    texts = [
        text("a", 10, "price", tone=-0.5), text("a", 20, "price", "fault", tone=-0.1),
        text("b", 30, "price", source="survey"), text("b", 95, "price"), text("c", 5),
        text("d", 200, "fault"),
    ]  # fmt: skip
    found = {x.theme: x for x in count(texts, {}, ago(90), T, days=60, shown=2)}
    price = found["price"]
    assert (price.texts, price.accounts, price.before) == (3, 2, 1)
    assert (price.tone, price.toned) == (-0.3, 2)
    assert dict(price.by_source) == {"ticket": 2, "survey": 1}
    assert [t.at for t in price.latest] == [ago(10), ago(20)]
    assert (found["fault"].texts, found["fault"].before) == (1, 0)
    assert list(found)[-1] == NONE


def test_who_left_is_counted_after_the_first_text_and_against_the_other_writers() -> None:
    texts = [
        text("a", 200, "price"), text("a", 100, "price"),  # left 50 days after the first
        text("b", 200, "price"),  # left 120 days after: too late
        text("c", 200, "fault"),  # the other writer, left soon after
        text("d", 200, "fault"),
        text("e", 20, "price"),  # too young to judge
        text("f", 200, "price", source="exit"),  # said on leaving: no sign ahead
    ]  # fmt: skip
    churned = {"a": [ago(150)], "b": [ago(80)], "c": [ago(190)], "e": [ago(10)], "f": [ago(199)]}
    found = {x.theme: x for x in count(texts, churned, ago(365), T, days=90, shown=1)}
    price = found["price"]
    assert (price.left, price.judged, price.others_left, price.others) == (1, 2, 1, 2)
    assert price.share.value == 0.5
    assert found["fault"].left == 1


pytestmark = pytest.mark.django_db


@pytest.fixture
@worlds.once
def wrote(workspace: Any) -> None:
    """Tickets, survey answers and words on leaving of three accounts."""
    accounts("acme", "bolt", "cork")
    start = NOW - timedelta(days=400)
    at = NOW - timedelta(days=20)
    add(
        1,
        subscriptions=[subscription(n, start) for n in ("acme", "bolt", "cork")],
        tickets=[
            {"ticket_id": "t1", "account_id": "acme", "opened_at": at, "subject": "Login broken",
             "body": "Terrible: the password is refused again."},
            {"ticket_id": "t2", "account_id": "bolt", "opened_at": at, "subject": "Hi"},
        ],
        responses=[
            {"response_id": "r1", "account_id": "cork", "responded_at": at, "survey": "nps",
             "score": 3.0, "comment": "Far too expensive, and slow."},
            {"response_id": "r2", "account_id": "cork", "responded_at": at, "survey": "nps",
             "score": 9.0},
        ],
    )  # fmt: skip
    Visit.objects.create(
        code="v1", account_id="bolt", subscription_id="s-bolt", started_at=at, seen_at=at,
        language="en", origin="page", policy="p", more="We switch to a competitor.",
    )  # fmt: skip


def test_tickets_answers_and_words_on_leaving_are_read(wrote: None) -> None:
    found = {x.theme: x for x in reading.themed(NOW)}
    assert found["access"].latest[0].account_id == "acme"
    assert found["access"].tone is not None
    assert found["access"].tone < 0
    assert dict(found["price"].by_source) == {"survey": 1}
    assert dict(found["rivals"].by_source) == {"exit": 1}
    assert found[NONE].texts == 1
    assert reading.themed(NOW - timedelta(days=30)) == []


def test_a_workspace_has_words_of_its_own(wrote: None) -> None:
    body = policy.text("themes") + '\n[themes.greeting]\ntitle = "Greetings"\nwords = ["hi"]\n'
    policy.save("themes", body, "alice@example.com", "ours", NOW)
    assert "greeting" in {x.theme for x in reading.themed(NOW)}


def test_the_page_shows_them_with_texts_to_read(wrote: None, seen_by: Any, bob: Any) -> None:
    client = seen_by(bob)
    page = client.get("/churned/texts/?days=365").content.decode()
    for words in ("Access and sign-in", "Price", "Alternatives", "on leaving", "too few"):
        assert words in page, words
    assert client.get("/churned/texts/?days=7").status_code == 200


def test_without_any_text_it_says_what_is_read(workspace: Any, seen_by: Any, bob: Any) -> None:
    assert "Nothing written" in seen_by(bob).get("/churned/texts/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("csm", 200), ("cs_lead", 200), ("nobody", 403)])
def test_who_may_see_it(
    workspace: Any, seen_by: Any, colleague: Any, role: str, status: int
) -> None:
    assert seen_by(colleague(role)).get("/churned/texts/").status_code == status

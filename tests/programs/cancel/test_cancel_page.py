"""The hosted cancel page and the JSON API of the script, as a customer's browser asks them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from programs.cancel.cancelling import MONDAY, Company, make

from tenure.channels.in_app import keys, tokens
from tenure.channels.in_app.pages import answers
from tenure.channels.models import InAppKey
from tenure.connectors.billing.models import Act
from tenure.core import policy
from tenure.facts.models import InboxRow
from tenure.programs.cancel import links, queries, settings
from tenure.programs.cancel.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Company:
    answers.limiter.windows.clear()
    return make(monkeypatch)


@pytest.fixture
def key(alice: Any) -> InAppKey:
    return keys.make("Shop", alice, now=timezone.now())


def token(key: InAppKey, person: str = "ann", account: str = "acme", **more: Any) -> str:
    expires = int(timezone.now().timestamp()) + more.pop("seconds", 600)
    may = more.pop("may", ["cancel"])
    return tokens.make(key.secrets[0], key.public_id, person, account, expires, may)


def begin(key: InAppKey, **more: Any) -> str:
    answer = Client(headers=more).get(f"/m/cancel/{token(key)}/")
    assert answer.status_code == 302
    return str(answer["Location"])


def click(path: str, **given: str) -> Any:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(path, given)
    assert answer.status_code == 303, answer.content
    assert answer["Location"].startswith("/m/cancel/")
    return client.get(answer["Location"])


def test_a_customer_cancels_with_plain_forms(company: Company, key: InAppKey) -> None:
    path = begin(key)
    page = Client().get(path).content.decode()
    assert 'lang="en"' in page
    assert "<h1>Cancel your subscription</h1>" in page
    assert page.count('type="radio"') == 9
    offer = click(path, **{"act": "told", "reason": "too_expensive", "more-too_expensive": "Half"})
    assert "25 % off for 3 months" in offer.content.decode()
    confirm = click(path, act="no").content.decode()
    assert "Change to Basic" in confirm
    assert "Sign-in by SSO" in confirm
    assert "Pro: 49.00 EUR a month → Basic: 19.00 EUR a month" in confirm
    assert "Seats beyond 3" in confirm
    done = click(path, act="cancel").content.decode()
    assert "Your subscription is cancelled" in done
    thanks = click(path, act="feedback", improve="Price", would_return="maybe").content.decode()
    assert "Thank you" in thanks
    visit = Visit.objects.get()
    assert (visit.outcome, visit.more, visit.improve) == ("cancelled", "Half", "Price")
    assert Act.objects.get().state == "done"


def test_it_speaks_the_customers_language(company: Company, key: InAppKey) -> None:
    path = begin(key, accept_language="de-AT,de;q=0.9")
    page = Client().get(path).content.decode()
    assert 'lang="de"' in page
    assert "Ihr Abonnement kündigen" in page
    confirm = click(path, act="skip").content.decode()
    assert re.search(r"Es endet (am \d+\. \w+ \d{4}|sofort)", confirm)
    assert "Ihr Abonnement ist gekündigt" in click(path, act="cancel").content.decode()


def test_going_on_without_choosing_is_explained_beside_the_question(
    company: Company, key: InAppKey
) -> None:
    answer = Client().post(begin(key), {"act": "told"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'role="alert">Please choose a reason' in page
    assert 'aria-describedby="missing"' in page


def test_after_keeping_it_two_clicks_cancel_after_all(company: Company, key: InAppKey) -> None:
    path = begin(key)
    click(path, act="told", reason="temporary")
    kept = click(path, act="yes", offer="pause", months="2").content.decode()
    assert re.search(r"paused until \d+ \w+ \d{4}", kept)
    client = Client()
    answer = client.post(f"/m/cancel/{Visit.objects.get().code}/", {"act": "again"})
    confirm = client.get(answer["Location"]).content.decode()
    assert "Cancel your subscription?" in confirm
    assert "cancelled" in click(answer["Location"], act="cancel").content.decode()
    assert [v.outcome for v in Visit.objects.order_by("pk")] == ["saved", "cancelled"]
    assert Visit.objects.last().reason == "temporary"  # type: ignore[union-attr]


def test_while_billing_is_away_the_page_says_so_and_the_cancellation_counts(
    company: Company, key: InAppKey
) -> None:
    company.till.away = True
    path = begin(key)
    click(path, act="skip")
    assert "carried out as soon as it does" in click(path, act="cancel").content.decode()
    assert Visit.objects.get().outcome == "cancelled"


def test_a_link_of_ours_works_until_it_runs_out(company: Company) -> None:
    path = "/" + links.url(links.Who("acme", "ann")).split("/", 3)[3]
    assert Client().get(path).status_code == 200
    assert Client().head(path.replace("cancel/", "cancel/x")).status_code == 404
    assert links.read(path.split("/")[3], days=-1) is None


@pytest.mark.parametrize("wrong", ["may", "expired", "unsigned", "unknown", "made up"])
def test_nobody_gets_in_with_a_token_that_is_not_good_for_it(
    company: Company, key: InAppKey, wrong: str
) -> None:
    given = {
        "may": token(key, may=[]), "expired": token(key, seconds=-300),
        "unsigned": token(key)[:-4] + "AAAA", "unknown": "x" * 43, "made up": "a:b:c",
    }[wrong]  # fmt: skip
    answer = Client().get(f"/m/cancel/{given}/")
    assert answer.status_code == 404
    assert "we cancel for you" in answer.content.decode()
    assert not Visit.objects.exists()


def test_of_several_subscriptions_the_page_asks_which(company: Company, key: InAppKey) -> None:
    company.subscribe(subscription="s2", plan_id="basic")
    answer = Client().get(f"/m/cancel/{token(key)}/")
    page = answer.content.decode()
    assert "Which subscription?" in page
    assert "Basic" in page
    followed = Client().get(f"/m/cancel/{token(key)}/?subscription=s2")
    assert followed.status_code == 302
    assert not Visit.objects.exists()
    click(followed["Location"], act="skip")
    assert Visit.objects.get().subscription_id == "s2"


def test_a_scanner_that_follows_links_begins_nothing(company: Company, key: InAppKey) -> None:
    """Programs of mail systems open every link, some of them with the head alone."""
    told = InboxRow.objects.count()
    ours = "/" + links.url(links.Who("acme", "ann")).split("/", 3)[3]
    for path in (f"/m/cancel/{token(key)}/", ours) * 2:
        assert Client().head(path).status_code == 200
        assert Client().get(path, follow=True).status_code == 200
    assert not Visit.objects.exists()
    assert InboxRow.objects.count() == told
    assert queries.figures(queries.VisitFilter(), company.now).visits == 0


def test_a_look_at_an_open_visit_does_not_keep_it_open(company: Company, key: InAppKey) -> None:
    path = begin(key)
    click(path, act="told", reason="temporary")
    Visit.objects.update(seen_at=MONDAY)
    assert "A pause" in Client().get(path, follow=True).content.decode()
    assert Visit.objects.get().seen_at == MONDAY


def test_who_thinks_for_longer_than_the_backends_token_lives_may_still_answer(
    company: Company, key: InAppKey
) -> None:
    path = str(Client().get(f"/m/cancel/{token(key, seconds=1)}/")["Location"])
    keys.switch(key, False, "alice", now=timezone.now())  # nothing signed with it is believed now
    click(path, act="skip")
    assert Visit.objects.get().screen == "confirm"


def test_pages_are_private_and_hold_nothing_inline(company: Company, key: InAppKey) -> None:
    answer = Client().get(begin(key))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Frame-Options"] == "DENY"
    page = answer.content.decode()
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
    assert not re.search(r"<script(?![^>]*src=)", page)


def test_what_customers_wrote_is_shown_as_text(company: Company, key: InAppKey) -> None:
    text = settings.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)
    policy.save(settings.DOCUMENT, text.replace("Before you go", "<b>x</b>"), "a", "", MONDAY)
    assert "<b>" not in Client().get(begin(key)).content.decode()


def test_the_last_page_runs_out(company: Company, key: InAppKey) -> None:
    click(begin(key), act="keep")
    path = f"/m/cancel/{Visit.objects.get().code}/"
    Visit.objects.update(ended_at=timezone.now() - timedelta(days=31))
    assert Client().get(path).status_code == 404


def test_what_no_database_can_keep_is_left_out(company: Company, key: InAppKey) -> None:
    assert Client().get("/m/cancel/%00/").status_code == 404
    path = begin(key)
    click(path, **{"act": "told", "reason": "other", "more-other": "a\x00b"})
    assert Visit.objects.get().more == "ab"
    body = {"visit": Visit.objects.get().code, "act": "feedback", "improve": "x\ud800\x00y"}
    assert ask("answer", token(key), **body).status_code == 200
    assert Visit.objects.get().improve == "x?y"
    assert ask("start", token(key), subscription="\x00", language="\ud800").status_code == 200


# --- the script's API


def ask(path: str, bearer: str, **given: Any) -> Any:
    client = Client(headers={"authorization": f"Bearer {bearer}"}, enforce_csrf_checks=True)
    return client.post(f"/in-app/v1/cancel/{path}", json.dumps(given), "application/json")


def test_the_api_gives_screens_and_takes_answers(company: Company, key: InAppKey) -> None:
    mine = token(key)
    first = ask("start", mine, language="de").json()
    assert (first["screen"], first["language"]) == ("survey", "de")
    assert len(first["reasons"]) == 9
    second = ask("answer", mine, visit=first["visit"], act="told", reason="not_using").json()
    assert second["offer"]["name"] == "pause"
    assert [m["value"] for m in second["offer"]["months"]] == ["1", "2", "3"]
    third = ask("answer", mine, visit=first["visit"], act="yes", offer="pause", months=1).json()
    assert third["screen"] == "saved"
    again = ask("answer", mine, visit=first["visit"], act="yes", offer="pause", months=3).json()
    assert again["screen"] == "saved"
    assert len(company.till.done) == 1
    assert Visit.objects.get().origin == "script"


@pytest.mark.parametrize("path", ["start", "answer"])
def test_the_api_needs_a_token_that_lets_its_holder_cancel(
    company: Company, key: InAppKey, path: str
) -> None:
    code = ask("start", token(key)).json()["visit"]
    assert ask(path, token(key, may=[]), visit=code, act="keep").status_code == 403
    assert ask(path, "nonsense", visit=code, act="keep").status_code == 401
    assert ask(path, token(key, seconds=-300), visit=code, act="keep").status_code == 401
    assert Visit.objects.get().outcome == ""


def test_nobody_answers_in_the_visit_of_another_account(company: Company, key: InAppKey) -> None:
    code = ask("start", token(key)).json()["visit"]
    other = token(key, "ann", "other")
    assert ask("answer", other, visit=code, act="cancel").status_code == 404
    assert Visit.objects.get().outcome == ""


def test_two_admins_of_an_account_are_in_one_visit(company: Company, key: InAppKey) -> None:
    code = ask("start", token(key)).json()["visit"]
    assert ask("start", token(key, "bo")).json()["visit"] == code
    ask("answer", token(key, "bo"), visit=code, act="skip")
    assert ask("answer", token(key), visit=code, act="cancel").json()["screen"] == "cancelled"
    assert ask("answer", token(key, "bo"), visit=code, act="keep").json()["screen"] == "cancelled"


def test_the_api_says_what_stands_in_the_way(company: Company, key: InAppKey) -> None:
    assert ask("start", token(key, account="nobody")).json()["error"]["code"] == "none"
    code = ask("start", token(key)).json()["visit"]
    assert ask("answer", token(key), visit=code, act="eat").json()["error"]["code"] == "act"
    company.subscribe(subscription="s2")
    assert ask("start", token(key)).json()["error"]["code"] == "several"
    policy.save(settings.DOCUMENT, settings.DEFAULT.read_text("utf-8"), "alice", "", MONDAY)
    assert ask("start", token(key)).json()["error"]["code"] == "closed"


def test_the_script_is_served_small_and_evaluates_nothing() -> None:
    answer = Client().get("/in-app/v1/cancel.js")
    assert answer.status_code == 200
    assert len(answer.content) < 14_000
    for forbidden in (b"eval(", b"innerHTML", b".style", b"document.write", b"new Function"):
        assert forbidden not in answer.content

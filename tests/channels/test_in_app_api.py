"""What a customer's browser may ask: with its own token, about its own messages, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenure.channels import reception
from tenure.channels.drafts import Draft, submit
from tenure.channels.in_app import keys, tokens
from tenure.channels.in_app.pages import answers
from tenure.channels.models import InAppKey, PushKey, PushSubscription, Reception

pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


@pytest.fixture
def key(alice: Any) -> InAppKey:
    answers.limiter.windows.clear()
    return keys.make("Shop", alice, now=timezone.now())


@pytest.fixture
def token(key: InAppKey) -> Callable[..., str]:
    def make(person: str = "ann", account: str = "acme", seconds: int = 600) -> str:
        expires = int(timezone.now().timestamp()) + seconds
        return tokens.make(key.secrets[0], key.public_id, person, account, expires)

    return make


@pytest.fixture
def ask(token: Callable[..., str]) -> Ask:
    def call(method: str, path: str, body: Any = None, bearer: str | None = None) -> Any:
        shown = token() if bearer is None else bearer
        client = Client(headers={"authorization": f"Bearer {shown}"}, enforce_csrf_checks=True)
        data = b"" if body is None else json.dumps(body)
        return client.generic(method, f"/in-app/v1/{path}", data, "application/json")

    return call


@pytest.fixture
def code(db: None) -> str:
    """A checklist that lies in Ann's product."""
    now = timezone.now()
    items = [{"text": "Invite a colleague"}, {"text": "Import a file", "link": "/import"}]
    content = {
        "slot": "checklist",
        "title": "First steps",
        "text": "Two.",
        "items": items,
    }
    draft = Draft("c1", "in_app", "onboarding", "ann", content, now, "play:first", "ann", "acme")
    submit([draft], now=now)
    placed = reception.place("c1", "checklist", 14, now)
    assert placed is not None
    return placed.code


ENDPOINTS = [
    ("GET", "messages"),
    ("POST", "messages/CODE/seen"),
    ("POST", "messages/CODE/clicked"),
    ("POST", "messages/CODE/dismissed"),
    ("POST", "messages/CODE/ticked"),
    ("POST", "messages/CODE/refused"),
    ("GET", "push"),
    ("POST", "push/subscribe"),
    ("POST", "push/unsubscribe"),
]
# RFC 8291, appendix A: the keys of a real subscription.
BODY = {
    "item": 0,
    "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",  # noqa: E501
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}


@pytest.mark.parametrize(("method", "path"), ENDPOINTS, ids=lambda v: str(v))
def test_every_endpoint_needs_a_token_in_force(
    ask: Ask, token: Any, code: str, key: InAppKey, alice: Any, method: str, path: str
) -> None:
    path = path.replace("CODE", code)
    good = token()
    for bad in ("", "x", good[:-3], token(seconds=-100), token(seconds=100_000)):
        answer = ask(method, path, BODY if method == "POST" else None, bad)
        assert answer.status_code == 401, bad
        assert answer.json()["error"]["code"] == "token"
        assert answer["Access-Control-Allow-Origin"] == "*"
    row = Reception.objects.get()
    assert (row.seen_at, row.clicked_at, row.dismissed_at, row.done) == (None, None, None, [])
    assert not PushSubscription.objects.exists()
    assert not PushKey.objects.exists()
    assert ask(method, path, BODY if method == "POST" else None).status_code == 200
    keys.switch(key, False, alice, now=timezone.now())
    assert ask(method, path, BODY if method == "POST" else None, good).status_code == 401


@pytest.mark.parametrize("path", [p for m, p in ENDPOINTS if "CODE" in p and m == "POST"])
@pytest.mark.parametrize(("person", "account"), [("bo", "acme"), ("ann", "other")])
def test_nobody_reaches_the_message_of_another(
    ask: Ask, token: Any, code: str, path: str, person: str, account: str
) -> None:
    other = token(person, account)
    assert ask("POST", path.replace("CODE", code), BODY, other).status_code == 404
    assert ask("GET", "messages", None, other).json()["messages"] == []
    row = Reception.objects.get()
    assert (row.seen_at, row.clicked_at, row.dismissed_at, row.done) == (None, None, None, [])


def test_the_list_says_what_is_shown_where(ask: Ask, code: str) -> None:
    answer = ask("GET", "messages?slot=checklist")
    (found,) = answer.json()["messages"]
    assert found == {
        "id": code, "slot": "checklist", "title": "First steps", "text": "Two.",
        "link": "", "link_text": "", "can_refuse": True,
        "items": [{"text": "Invite a colleague", "link": "", "done": False},
                  {"text": "Import a file", "link": "/import", "done": False}],
    }  # fmt: skip
    assert answer.json()["words"]["close"] == "Close"
    assert answer["Cache-Control"] == "no-store"
    assert ask("GET", "messages?slot=banner").json()["messages"] == []
    assert ask("GET", "messages?slot=popup").status_code == 422


def test_acts_are_kept_and_the_same_again_changes_nothing(ask: Ask, code: str) -> None:
    assert ask("POST", f"messages/{code}/ticked", {"item": 1}).json()["done"] == [1]
    assert ask("POST", f"messages/{code}/clicked").json()["seen"]
    first = Reception.objects.get().seen_at
    assert ask("POST", f"messages/{code}/seen").status_code == 200
    assert Reception.objects.get().seen_at == first
    ask("POST", f"messages/{code}/dismissed")
    assert ask("GET", "messages").json()["messages"] == []


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("ticked", {"item": 9}, 404),
        ("ticked", {"item": -1}, 404),
        ("ticked", {"item": True}, 422),
        ("ticked", {}, 422),
        ("ticked", [1], 400),
        ("eaten", {}, 404),
        ("seen", {"much": "x" * 9000}, 413),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    ask: Ask, code: str, what: str, body: Any, status: int
) -> None:
    answer = ask("POST", f"messages/{code}/{what}", body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_browsers_of_other_origins_may_ask_but_bring_no_cookie(code: str) -> None:
    answer = Client().options("/in-app/v1/messages", headers={"origin": "https://shop.example"})
    assert answer.status_code == 204
    assert "authorization" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer
    assert Client().get(f"/in-app/v1/messages/{code}/seen").status_code == 405


def test_a_colleague_who_is_signed_in_is_nobody_there(seen_by: Any, alice: Any, code: str) -> None:
    assert seen_by(alice).get("/in-app/v1/messages").status_code == 401


def test_one_browser_may_ask_only_so_often_and_others_go_on(ask: Ask, token: Any) -> None:
    mine = token()
    for _ in range(60):
        assert ask("GET", "messages", None, mine).status_code == 200
    answer = ask("GET", "messages", None, mine)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert ask("GET", "messages", None, token("bo")).status_code == 200


def test_the_script_is_small_and_kept_by_its_digest() -> None:
    first = Client().get("/in-app/v1/tenure.js")
    assert first["Content-Type"].startswith("text/javascript")
    assert first["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(first.content) < 12_000
    for forbidden in (b"eval(", b"innerHTML", b".style", b"document.write", b"new Function"):
        assert forbidden not in first.content
    again = Client().get("/in-app/v1/tenure.js", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_device_comes_and_goes_with_its_own_person_only(ask: Ask, token: Any) -> None:
    assert len(ask("GET", "push").json()["public_key"]) == 87
    assert ask("POST", "push/subscribe", BODY).json() == {"subscribed": True, "new": True}
    assert ask("POST", "push/subscribe", BODY).json()["new"] is False
    assert not ask("POST", "push/unsubscribe", BODY, token("bo")).json()["gone"]
    assert PushSubscription.objects.get().person_id == "ann"
    assert ask("POST", "push/unsubscribe", BODY).json()["gone"]
    bad = ask("POST", "push/subscribe", BODY | {"endpoint": "https://10.0.0.1/"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "endpoint")
    assert ask("POST", "push/unsubscribe", {}).status_code == 422


def test_a_push_reports_with_the_code_that_only_its_device_read(code: str) -> None:
    now = timezone.now()
    submit([Draft("p1", "push", "help", "ann", {"title": "T", "text": "x"}, now, "play:q", "ann",
                  "acme")], now=now)  # fmt: skip
    placed = reception.place("p1", "push", 1, now)
    assert placed is not None
    for new in (True, False):
        answer = Client().post(f"/in-app/v1/received/{placed.code}/clicked")
        assert answer.json() == {"new": new}
    assert Reception.objects.get(pk=placed.pk).seen_at is not None
    for path in ("wrong/clicked", f"{placed.code}/eaten", f"{code}/seen"):
        assert Client().post(f"/in-app/v1/received/{path}").status_code == 404
    assert Client().get("/in-app/v1/push-worker.js").status_code == 200

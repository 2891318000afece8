"""The door says what to do: 200 once it is kept, 4xx never again, 429 and 503 later."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db.utils import InterfaceError, OperationalError

from tenure.connectors.committer import Committer
from tenure.connectors.http import Ingestion
from tenure.connectors.intake import Answer
from tenure.connectors.stripe import policy as stripe_policy
from tenure.core import keys
from tenure.facts import ingest_policy
from tenure.facts.inbox import RawRequest
from tenure.facts.models import InboxRow

pytestmark = pytest.mark.django_db(transaction=True)
EVENT = {"type": "track", "event": "Signed In", "userId": "alice", "messageId": "m1"}
BATCH = json.dumps({"batch": [EVENT]}).encode()


class Door:
    """Sends requests to the dispatcher without a network."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.kept: list[RawRequest] = []
        self.fails: Exception | None = None
        self.committer = Committer(self._store)
        self.app = Ingestion(self._inner, self.committer)

    def _store(self, letters: list[RawRequest]) -> None:
        if self.fails:
            raise self.fails
        self.kept += letters

    @staticmethod
    async def _inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    def ask(
        self, path: str, body: bytes = BATCH, *, key: str | None = None, query: str = "",
        method: str = "POST", chunks: int = 1, **headers: str,
    ) -> tuple[int, dict[str, Any], dict[str, str]]:  # fmt: skip
        key = self.key if key is None else key
        sent = {k.replace("_", "-"): v for k, v in headers.items()}
        if key:
            sent.setdefault(
                "authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode()
            )
        size = max(1, -(-len(body) // chunks))
        parts = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
        messages = [
            {"type": "http.request", "body": part, "more_body": i < len(parts) - 1}
            for i, part in enumerate(parts)
        ]
        answer: list[Any] = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            answer.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(),
            "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
        }  # fmt: skip
        asyncio.run(self.app(scope, receive, send))
        head = {k.decode(): v.decode() for k, v in answer[0]["headers"]}
        return answer[0]["status"], json.loads(answer[1]["body"]), head


@pytest.fixture
def door(alice: Any, now: Any) -> Door:
    door = Door(keys.make_key("website", keys.INGEST, by=alice, now=now)[1])
    yield door
    door.committer.stop()


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/v1/batch/"])
def test_a_batch_is_kept_as_it_came(door: Door, path: str) -> None:
    status, body, head = door.ask(path)
    assert (status, body["success"]) == (200, True)
    assert head["content-type"] == "application/json"
    (letter,) = door.kept
    assert (letter.endpoint, letter.source, letter.body) == (
        "segment:batch",
        "segment:website",
        BATCH,
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/v1/track", "track"), ("/v1/t", "track"), ("/v1/identify", "identify"),
     ("/v1/i", "identify"), ("/v1/group", "group"), ("/v1/page", "page"), ("/v1/p", "page"),
     ("/v1/screen", "screen"), ("/v1/alias", "alias")],
)  # fmt: skip
def test_every_kind_of_call_has_its_path(door: Door, path: str, kind: str) -> None:
    assert door.ask(path, json.dumps(EVENT).encode())[0] == 200
    assert door.kept[0].endpoint == f"segment:{kind}"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("", gzip.compress)],
)
def test_compressed_bodies_are_unpacked(door: Door, encoding: str, pack: Callable) -> None:
    assert door.ask("/v1/batch", pack(BATCH), content_encoding=encoding)[0] == 200
    assert door.kept[0].body == BATCH


def test_the_content_type_does_not_matter(door: Door) -> None:
    assert door.ask("/v1/batch", content_type="application/x-www-form-urlencoded")[0] == 200


@pytest.mark.parametrize("field", ["writeKey", "api_key", "token"])
def test_the_key_may_be_in_the_body(door: Door, field: str) -> None:
    body = json.dumps({field: door.key, "batch": [EVENT]}).encode()
    assert door.ask("/v1/batch", body, key="")[0] == 200
    assert door.ask("/batch/", body, key="")[0] == 200
    assert [x.source for x in door.kept] == ["segment:website", "posthog:website"]


def test_posthog_sends_one_event_a_list_or_a_form(door: Door) -> None:
    event = {"event": "x", "properties": {"token": door.key, "distinct_id": "alice"}}
    one, many = json.dumps(event).encode(), json.dumps([event, event]).encode()
    form = b"data=" + base64.b64encode(one).replace(b"=", b"%3D").replace(b"+", b"%2B")
    for body in (one, many, form):
        assert door.ask("/e/", body, key="")[0] == 200
    assert door.kept[2].body == one


def test_feature_flags_are_answered_with_none(door: Door) -> None:
    status, body, _ = door.ask("/flags/", b"{}", key="", query="v=2")
    assert (status, body["featureFlags"]) == (200, {})


def test_a_browser_may_ask_first(door: Door) -> None:
    status, _, head = door.ask("/v1/batch", b"", key="", method="OPTIONS")
    assert status == 200
    assert head["access-control-allow-origin"] == "*"
    assert "authorization" in head["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [("/beacon/v1/batch", "segment:batch"), ("/v1/merge", "segment:merge"), ("/e", "posthog"),
     ("/engage", "posthog"), ("/engage/", "posthog"), ("/track/", "posthog"),
     ("/capture", "posthog"), ("/i/v1/analytics/events", "posthog"),
     ("/i/v0/ai/batch/", "posthog")],
)  # fmt: skip
def test_every_path_of_an_sdk_is_taken_with_the_key_in_its_address(
    door: Door, path: str, endpoint: str
) -> None:
    status, _, head = door.ask(path, key="", query=f"writeKey={door.key}")
    assert (status, "location" in head) == (200, False)
    assert door.kept[0].endpoint == endpoint


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1", "/beacon/v2/batch", "/i/v2", "/i/v1/metrics", "/s/",
             "/array/phc_x/config.js", "/sourceConfig/", "/anything", "/accounts"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_unknown_path_of_an_sdk_is_no_page_and_repeats_no_key(
    door: Door, path: str, method: str
) -> None:
    status, said, head = door.ask(path, key="", query=f"writeKey={door.key}", method=method)
    if path == "/i/v2":  # of an indicator, were it not for the key
        assert door.ask(path, key="", method=method)[0] == 299
    assert (status, said["code"], "location" in head) == (404, "path", False)
    assert door.key not in json.dumps(said)
    assert door.kept == []


def test_the_key_of_engage_is_in_its_form(door: Door) -> None:
    told = {"$token": door.key, "$distinct_id": "alice", "$set": {"name": "Alice"}}
    form = b"data=" + base64.b64encode(json.dumps(told).encode()).replace(b"=", b"%3D")
    assert door.ask("/engage/", form, key="")[0] == 200


def test_everything_else_goes_to_the_pages(door: Door) -> None:
    assert door.ask("/accounts/")[0] == 299


deep = b'{"batch":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"null", 400, "malformed"),
        (b'"text"', 400, "malformed"),
        (b"\xff\xfe\x00", 400, "malformed"),
        (b'{"batch":[{"event":"\xff"}]}', 400, "malformed"),
        (b'{"batch":{}}', 400, "malformed"),
        (b'{"batch":null}', 400, "malformed"),
        (b'{"writeKey":5,"batch":[]}', 400, "malformed"),
        (b'{"batch":[NaN]}', 400, "malformed"),
        (deep, 400, "malformed"),
        (b"\x1f\x8bnot gzip", 400, "gzip"),
        (gzip.compress(BATCH, mtime=0)[:-9], 400, "gzip"),
        (b"x" * (5 << 20), 413, "too_big"),
        (gzip.compress(b"0" * (50 << 20), mtime=0), 413, "too_big"),
        (b'{"batch":[' + b"{}," * 6000 + b"{}]}", 413, "too_many"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_clearly_and_the_process_lives(
    door: Door, body: bytes, status: int, code: str
) -> None:
    got, said, _ = door.ask("/v1/batch", body)
    assert (got, said["code"]) == (status, code)
    assert said["message"]
    assert door.kept == []
    assert door.ask("/v1/batch")[0] == 200


def test_the_limit_holds_without_a_content_length(door: Door) -> None:
    assert door.ask("/v1/batch", b"x" * (5 << 20), chunks=100)[0] == 413


def test_half_an_emoji_is_mended(door: Door) -> None:
    body = b'{"batch":[{"type":"track","event":"Cut \\ud83d","userId":"alice"}]}'
    assert door.ask("/v1/batch", body)[0] == 200
    assert json.loads(door.kept[0].body)["batch"][0]["event"] == "Cut ?"


@pytest.mark.parametrize("key", ["", "wrong", "tnw_" + "x" * 32, "a\0b", "ü"])
def test_a_wrong_key_is_refused(door: Door, key: str) -> None:
    status, said, _ = door.ask("/v1/batch", key=key)
    assert (status, said["code"]) == (401, "key")
    assert door.kept == []


@pytest.mark.parametrize("header", ["Basic !!!", "Basic", "Digest x", "Bearer wrong", "Basic /w=="])
def test_a_strange_authorization_is_refused(door: Door, header: str) -> None:
    assert door.ask("/v1/batch", authorization=header)[0] == 401


def test_a_revoked_key_stops_working(door: Door, alice: Any, now: Any) -> None:
    from tenure.core.models import ApiKey

    keys.revoke(ApiKey.objects.get().pk, by=alice, now=now)
    assert door.ask("/v1/batch")[0] == 401


def test_other_methods_are_refused(door: Door) -> None:
    assert door.ask("/v1/batch", method="GET")[0] == 405


def test_an_unknown_encoding_is_refused(door: Door) -> None:
    assert door.ask("/v1/batch", content_encoding="br")[0] == 415


def test_a_full_inbox_asks_to_come_back(door: Door) -> None:
    door.committer.closed = Answer(429, "backlog", "full", 15)
    status, said, head = door.ask("/v1/batch")
    assert (status, said["code"], head["retry-after"]) == (429, "backlog", "15")


def test_the_inbox_is_full_when_policy_says_so(
    door: Door, monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    policy = ingest_policy.packaged()
    small = policy.model_copy(
        update={"limits": policy.limits.model_copy(update={"backlog_rows": 2})}
    )
    monkeypatch.setattr(ingest_policy, "load", lambda: small)
    for _ in range(2):
        InboxRow.objects.create(received_at=now, source="s", endpoint="e", body=b"")
    door.committer.look()
    assert door.committer.closed is not None
    assert door.committer.closed.status == 429
    InboxRow.objects.all().delete()
    door.committer.look()
    assert door.committer.closed is None


@pytest.mark.parametrize(
    "error", ["database or disk is full", "disk I/O error", "No space left on device"]
)
def test_a_full_disk_says_what_to_do_and_nothing_is_acknowledged(door: Door, error: str) -> None:
    door.fails = RuntimeError(error)
    status, said, head = door.ask("/v1/batch")
    assert (status, said["code"]) == (503, "disk_full")
    assert "free space" in said["message"]
    assert int(head["retry-after"]) > 0
    door.fails = None
    assert door.ask("/v1/batch")[0] == 200


def test_the_real_inbox_keeps_it(alice: Any, now: Any) -> None:
    door = Door(keys.make_key("app", keys.INGEST, by=alice, now=now)[1])
    door.committer = Committer()
    door.app = Ingestion(door._inner, door.committer)
    assert door.ask("/v1/batch")[0] == 200
    door.committer.stop()
    row = InboxRow.objects.get()
    assert bytes(row.body) == BATCH
    assert row.received_at.tzinfo is not None


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/batch/"])
@pytest.mark.parametrize("gone", [OperationalError, InterfaceError, OSError])
def test_while_nobody_can_say_whose_key_it_is_senders_come_back_later(
    door: Door, monkeypatch: pytest.MonkeyPatch, path: str, gone: type[Exception]
) -> None:
    def away(*_: object) -> None:
        raise gone("connection refused")

    monkeypatch.setattr(keys, "verify_cached", away)
    status, said, head = door.ask(path, BATCH if "batch" in path else json.dumps(EVENT).encode())
    assert (status, said["code"]) == (503, "unavailable")
    assert int(head["retry-after"]) > 0
    assert door.kept == []


def test_a_notice_of_billing_comes_back_later_too(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(stripe_policy, "current", away)
    status, _, head = door.ask("/stripe/webhook", b"{}")
    assert status == 503
    assert int(head["retry-after"]) > 0


def test_what_cannot_be_committed_comes_back_later(door: Door) -> None:
    door.fails = OperationalError("database is locked")
    status, said, head = door.ask("/v1/batch")
    assert (status, said["code"]) == (503, "unavailable")
    assert int(head["retry-after"]) > 0

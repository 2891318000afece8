"""Wrong passwords are counted by name, by address, and by both; forwarded headers of strangers and
the wrong host name count for nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from people import PASSWORD

from tenure.core import operations, policy
from tenure.web import sign_in
from tenure.web.server import configured

pytestmark = pytest.mark.django_db
LIMITS = {"per_name_and_address": 3, "per_address": 5, "per_name": 7}
Attempt = Callable[..., int]


@pytest.fixture(autouse=True)
def _limits(db: None, now: Any) -> None:
    text = operations.DEFAULT.read_text()
    for name, limit in LIMITS.items():
        text = re.sub(rf"{name} = \d+", f"{name} = {limit}", text)
    policy.save("operations", text, "operator", "", now)


@pytest.fixture
def attempt() -> Attempt:
    """Tries to sign in; gives the status: 200 is wrong, 302 is in, 429 is closed."""

    def make(name: str, address: str = "203.0.113.9", password: str = "wrong", **more: Any) -> int:
        given = {"login": name, "password": password}
        return int(Client(REMOTE_ADDR=address).post("/sign-in/login/", given, **more).status_code)

    return make


def test_of_a_name_from_an_address(attempt: Attempt, alice: Any) -> None:
    assert [attempt(alice.email) for _ in range(4)] == [200, 200, 429, 429]
    assert attempt(alice.email, password=PASSWORD) == 429
    assert attempt(alice.email.upper(), password=PASSWORD) == 429
    assert attempt(alice.email, "198.51.100.7", PASSWORD) == 302


def test_from_an_address_whatever_the_names(attempt: Attempt, alice: Any) -> None:
    answers = [attempt(f"guess{n}@example.com") for n in range(6)]
    assert answers == [200, 200, 200, 200, 429, 429]
    assert attempt(alice.email, password=PASSWORD) == 429
    assert attempt(alice.email, "198.51.100.7", PASSWORD) == 302


def test_of_a_name_whatever_the_addresses(attempt: Attempt, alice: Any, bob: Any) -> None:
    answers = [attempt(alice.email, f"203.0.113.{n}") for n in range(8)]
    assert answers == [200] * 6 + [429] * 2
    assert attempt(alice.email, "198.51.100.7", PASSWORD) == 429
    assert attempt(bob.email, "198.51.100.7", PASSWORD) == 302


def test_all_addresses_of_one_ipv6_network_are_one(attempt: Attempt, alice: Any) -> None:
    answers = [attempt(f"guess{n}@example.com", f"2001:db8:1:2::{n}") for n in range(5)]
    assert answers[-1] == 429
    assert attempt(alice.email, "2001:db8:1:2:ffff::1", PASSWORD) == 429
    assert attempt(alice.email, "2001:db8:1:3::1", PASSWORD) == 302


def test_a_made_up_header_is_no_other_address(attempt: Attempt, alice: Any) -> None:
    answers = [attempt(alice.email, HTTP_X_FORWARDED_FOR=f"192.0.2.{n}") for n in range(4)]
    assert answers == [200, 200, 429, 429]


def test_the_door_opens_when_the_pause_is_over_however_long_somebody_went_on(
    attempt: Attempt, alice: Any, time_machine: Any
) -> None:
    time_machine.move_to("2026-03-02T09:00:00Z", tick=False)
    for _ in range(4):
        attempt(alice.email)
    time_machine.shift(59 * 60)
    assert attempt(alice.email) == 429
    time_machine.shift(2 * 60)
    assert attempt(alice.email, password=PASSWORD) == 302


def test_the_page_says_for_how_long(alice: Any) -> None:
    client = Client()
    for _ in range(4):
        page = client.post("/sign-in/login/", {"login": alice.email, "password": "wrong"})
    assert "Try again in 60 minutes" in page.content.decode()


def test_an_older_document_without_these_limits_stays_good(now: Any) -> None:
    text = operations.DEFAULT.read_text().partition("[sign_in]")[0]
    policy.save("operations", text, "operator", "", now)
    assert sign_in.pause().total_seconds() == 3600


def test_codes_of_the_second_factor_are_counted(alice: Any) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(alice, generate_totp_secret())
    client = Client()
    client.post("/sign-in/login/", {"login": alice.email, "password": PASSWORD})
    pages = [client.post("/sign-in/2fa/authenticate/", {"code": f"{n:06}"}) for n in range(12)]
    assert "Incorrect code" in pages[0].content.decode()
    assert "Too many" in pages[-1].content.decode()


# --- proxies, hosts, encryption ---------------------------------------------------------------


def _seen(monkeypatch: pytest.MonkeyPatch, peer: str, **headers: str) -> dict[str, Any]:
    """What the application gets to know of a request from ``peer``."""
    seen: dict[str, Any] = {}

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    monkeypatch.setattr("tenure.web.asgi.application", application)
    config = configured("127.0.0.1", 0)
    config.load()
    given = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": given,
             "asgi": {"version": "3.0"}, "method": "GET", "path": "/"}  # fmt: skip
    asyncio.run(config.loaded_app(scope, None, None))
    return seen


def test_forwarded_headers_are_believed_from_a_named_proxy_only(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"x_forwarded_for": "192.0.2.1, 203.0.113.9", "x_forwarded_proto": "https"}
    settings.PROXIES = []
    for peer in ("127.0.0.1", "10.0.0.2"):
        seen = _seen(monkeypatch, peer, **told)
        assert (seen["client"][0], seen["scheme"]) == (peer, "http")
    settings.PROXIES = ["10.0.0.0/24"]
    seen = _seen(monkeypatch, "10.0.0.2", **told)
    # The last entry is what the proxy saw; what stands before it, the caller may have made up.
    assert (seen["client"][0], seen["scheme"]) == ("203.0.113.9", "https")
    assert _seen(monkeypatch, "10.0.1.2", **told)["client"][0] == "10.0.1.2"


def test_an_unknown_host_is_told_which_setting_names_it() -> None:
    answer = Client().get("/", HTTP_HOST="tenure.<b>example:8443")
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "TENURE_URL" in text
    assert "TENURE_HOSTS" in text
    assert "tenure.&lt;b&gt;example" in text


@pytest.mark.parametrize("address", ["https://tenure.example.com", "http://127.0.0.1:8000"])
def test_one_setting_turns_on_all_that_https_needs(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import subprocess
    import sys

    show = (
        "from tenure.web import settings as s; print(s.HTTPS, s.SESSION_COOKIE_SECURE, "
        "s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 3e7, s.CSRF_TRUSTED_ORIGINS[0], "
        "'tenure.example.com' in s.ALLOWED_HOSTS, 'localhost' in s.ALLOWED_HOSTS)"
    )
    told = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, text=True, check=True,
        env={**os.environ, "TENURE_URL": address},
    ).stdout.split()  # fmt: skip
    on = str(address.startswith("https"))
    assert told == [on, on, on, on, address, on, "True"]


def test_where_the_address_is_encrypted_every_request_counts_as_such(
    settings: Any, alice: Any
) -> None:
    from tenure.web.asgi import Https

    async def inner(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["scheme"])

    seen: list[str] = []
    for https in (True, False):
        settings.HTTPS = https
        asyncio.run(Https(inner)({"type": "http", "scheme": "http"}, None, None))
    assert seen == ["https", "http"]
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    answer = Client().get("/sign-in/login/", secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000"


def test_the_description_of_the_api_costs_nothing_to_ask_again(alice: Any) -> None:
    import time

    client = Client()
    first = client.get("/api/v1/openapi.json")
    assert first.json()["paths"]["/api/v1/team"]
    began = time.perf_counter()
    again = client.get("/api/v1/openapi.json")
    assert again.content == first.content
    told = client.get("/api/v1/openapi.json", headers={"if-none-match": first["ETag"]})
    assert told.status_code == 304
    assert time.perf_counter() - began < 0.5

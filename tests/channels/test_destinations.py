"""Posts go to the internet, or where the operator says; never to a machine inside by a trick."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers import NOON, Clock, Posted

from tenure.analytics.errors import SpecError
from tenure.channels import destinations, endpoints, periodic_tasks, posting
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Endpoint, Message
from tenure.channels.registry import Rejected

pytestmark = pytest.mark.django_db
PUBLIC, INSIDE = "93.184.216.34", "10.0.0.8"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names mean; each list is given once a question, the last for good."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host not in known:
            return real(host, port, *rest, **more)
        first = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in first.split(",")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


@pytest.fixture
def unlisted(settings: Any) -> None:
    settings.INTERNAL_HOSTS = []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/x", "http://127.0.0.1/", "http://127.1/", "http://2130706433/",
        "http://0x7f000001/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data", "https://10.1.2.3/", "http://192.168.0.1/",
        "http://172.16.9.9:5432/", "http://100.64.0.1/", "http://[fe80::1]/", "http://[fd00::1]/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", ["webhook", "chat"])
def test_an_address_inside_is_refused_with_the_setting_that_would_allow_it(
    unlisted: None, alice: Any, url: str, channel: str
) -> None:
    with pytest.raises(SpecError, match="TENURE_INTERNAL_HOSTS") as no:
        endpoints.make("crm", channel, url, alice, now=NOON)
    assert no.value.key == "url"
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("listed", ["10.0.0.8", "10.0.0.0/24", "crm.internal", "CRM.Internal"])
def test_what_the_operator_lists_is_allowed(
    settings: Any, names: dict[str, list[str]], alice: Any, listed: str
) -> None:
    settings.INTERNAL_HOSTS = [listed]
    names["crm.internal"] = [INSIDE]
    assert endpoints.make("crm", "webhook", "http://crm.internal/in", alice, now=NOON).pk
    names["other.internal"] = ["10.0.1.8"]
    with pytest.raises(SpecError, match="own network"):
        endpoints.make("other", "webhook", "http://other.internal/in", alice, now=NOON)


def test_a_name_with_one_address_inside_is_refused(
    unlisted: None, names: dict[str, list[str]], alice: Any
) -> None:
    names["mixed.example"] = [f"{PUBLIC},{INSIDE}"]
    with pytest.raises(SpecError, match="own network"):
        endpoints.make("crm", "webhook", "https://mixed.example/", alice, now=NOON)


@pytest.mark.parametrize("channel", ["webhook", "chat"])
def test_a_name_that_leads_inside_later_is_refused_when_something_is_sent(
    unlisted: None, names: dict[str, list[str]], alice: Any, clock: Clock, channel: str
) -> None:
    names["crm.example"] = [PUBLIC, INSIDE]
    endpoints.make("crm", channel, "http://crm.example/", alice, now=NOON)
    said = {"type": "x", "text": "x"}
    submit([Draft("one", channel, "service", "crm", said, NOON)], now=NOON)
    periodic_tasks.work(clock)
    kept = Message.objects.get()
    assert kept.state == "dead"
    assert "crm.example leads into your own network" in kept.error
    assert INSIDE not in kept.error


def test_the_connection_goes_to_the_address_that_was_looked_at(
    unlisted: None, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["rebinding.example"] = [PUBLIC, INSIDE]
    called: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Rejected, match="nobody answers") as no:
        posting.post("http://rebinding.example:8080/x", b"{}", {}, lambda: None)
    assert not no.value.final
    assert called == [(PUBLIC, 8080)]


def test_a_name_that_is_not_known_now_is_tried_again(names: dict[str, list[str]]) -> None:
    with pytest.raises(Rejected) as no:
        posting.post("http://no-such-name.invalid/x", b"{}", {}, pytest.fail)
    assert not no.value.final


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "https://", "http://a b/", "//x", "http://x:y/"]
)
def test_what_is_no_web_address_is_refused(alice: Any, url: str) -> None:
    with pytest.raises(SpecError, match="no web address"):
        endpoints.make("crm", "webhook", url, alice, now=NOON)
    with pytest.raises(Rejected, match="no web address"):
        posting.post(url, b"", {}, pytest.fail)


def test_path_and_query_arrive_and_the_host_is_named(hook: Posted) -> None:
    assert posting.post(f"{hook.url}?a=1&b=2", b"{}", {"x-y": "z"}, lambda: None) == "200"
    ((headers, _),) = hook.posts
    assert headers["host"].startswith("127.0.0.1:")
    assert headers["x-y"] == "z"


# --- encrypted: the name is proven, though the connection goes to an address ------------------


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A receiver at ``hook.example`` whose certificate is believed; gives its port."""
    key, certificate = _certificate("hook.example")
    file = tmp_path / "hook.pem"
    file.write_bytes(key + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = HTTPServer(("127.0.0.1", 0), _Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    real = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: real(cafile=str(file)))
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


def _certificate(name: str) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, pkcs8, serialization.NoEncryption())
    return secret, made.public_bytes(pem)


def test_a_receiver_proves_its_name(secure: int, names: dict[str, list[str]]) -> None:
    names["hook.example"] = names["other.example"] = ["127.0.0.1"]
    assert posting.post(f"https://hook.example:{secure}/", b"{}", {}, lambda: None) == "202"
    with pytest.raises(Rejected, match="certificate") as no:
        posting.post(f"https://other.example:{secure}/", b"{}", {}, pytest.fail)
    assert not no.value.final


def test_at_most_a_few_addresses_are_tried(names: dict[str, list[str]]) -> None:
    names["many.example"] = [",".join(f"93.184.216.{n}" for n in range(20))]
    assert len(destinations.resolve("many.example", 443, ())) == destinations.MOST_ADDRESSES

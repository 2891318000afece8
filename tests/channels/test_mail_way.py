"""Which way mails go is said by the environment, checked at the start, and kept secret."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tenure.analytics.errors import SpecError
from tenure.core import mail_providers, mail_server

WEBHOOK = "hook:a-secret-of-some-length"


def test_without_a_way_mails_of_our_own_are_printed() -> None:
    way = mail_server.read({})
    assert (way.name, way.listens) == ("", False)
    assert way.settings["EMAIL_BACKEND"].endswith("console.EmailBackend")


@pytest.mark.parametrize("name", ["TENURE_MAIL", "TENURE_SMTP"])
def test_an_smtp_address_is_taken_under_both_names(name: str) -> None:
    way = mail_server.read({name: "smtp://ann:p%40ss@mail.example.com"})
    assert (way.name, way.words) == ("smtp", "SMTP, mail.example.com:587, STARTTLS")
    assert way.settings["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert "tenure mail bounces" in way.deaf


def test_a_provider_gets_its_key_under_the_name_anymail_reads() -> None:
    way = mail_server.read(
        {"TENURE_MAIL": "Postmark", "TENURE_MAIL_KEY": "tok", "TENURE_MAIL_WEBHOOK": WEBHOOK}
    )
    assert way.settings["EMAIL_BACKEND"] == "anymail.backends.postmark.EmailBackend"
    assert way.settings["ANYMAIL"] == {"POSTMARK_SERVER_TOKEN": "tok", "WEBHOOK_SECRET": WEBHOOK}
    assert way.listens


def test_a_key_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("tok\n")
    given = {"TENURE_MAIL": "brevo", "TENURE_MAIL_KEY_FILE": str(tmp_path / "key")}
    assert mail_server.read(given).settings["ANYMAIL"]["BREVO_API_KEY"] == "tok"


@pytest.mark.parametrize("name", mail_providers.PROVIDERS)
def test_every_provider_can_be_opened_and_has_its_view(name: str, settings: Any) -> None:
    from importlib import import_module

    from django.core.mail import get_connection

    given = {
        "TENURE_MAIL": name,
        **{f"TENURE_MAIL_{what}": "abc" for what in mail_providers.PROVIDERS[name].needs},
        "TENURE_MAIL_API": "https://api.example.com/v3",
    }
    way = mail_server.read(given)
    assert not way.listens
    for key, value in way.settings.items():
        setattr(settings, key, value)
    backend = get_connection(timeout=1)
    assert backend.api_url.startswith("https://api.example.com/v3")
    assert way.provider
    views = import_module(f"anymail.webhooks.{way.provider.module}")
    assert callable(getattr(views, way.provider.view).as_view)
    # What our table says of ids in metadata is what anymail does.
    payload = import_module(f"anymail.backends.{way.provider.module}")
    source = Path(str(payload.__file__)).read_text("utf-8")
    assert ("\n    def set_metadata" in source) is way.metadata


@pytest.mark.parametrize(
    ("given", "key", "says"),
    [
        ({"TENURE_MAIL": "pigeon"}, "TENURE_MAIL", "postmark"),
        ({"TENURE_MAIL": "ftp://x"}, "TENURE_MAIL", "smtp://user:password@host:587"),
        ({"TENURE_MAIL": "smtp://u:pa/ss@host"}, "TENURE_MAIL", "%2F"),
        ({"TENURE_MAIL": "smtp://a", "TENURE_SMTP": "smtp://b"}, "TENURE_SMTP", "remove"),
        ({"TENURE_MAIL": "postmark"}, "TENURE_MAIL_KEY", "TENURE_MAIL_KEY_FILE"),
        ({"TENURE_MAIL": "mailjet", "TENURE_MAIL_KEY": "k"}, "TENURE_MAIL_SECRET", "set"),
        ({"TENURE_MAIL": "postal", "TENURE_MAIL_KEY": "k"}, "TENURE_MAIL_API", "set"),
        (
            {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "k", "TENURE_MAIL_DOMAIN": "x"},
            "TENURE_MAIL_DOMAIN", "remove",
        ),
        (
            {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "k", "TENURE_MAIL_API": "http://x"},
            "TENURE_MAIL_API", "address",
        ),
        (
            {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "k", "TENURE_MAIL_WEBHOOK": "a:short"},
            "TENURE_MAIL_WEBHOOK", "at least 16",
        ),
        (
            {"TENURE_MAIL": "brevo", "TENURE_MAIL_KEY_FILE": "/no/such"},
            "TENURE_MAIL_KEY_FILE", "path",
        ),
        ({"TENURE_MAIL": "smtp://a", "TENURE_MAIL_KEY": "k"}, "TENURE_MAIL_KEY", "remove"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_remedy(
    given: dict[str, str], key: str, says: str
) -> None:
    with pytest.raises(SpecError) as error:
        mail_server.read(given)
    assert error.value.key == key
    assert says in error.value.remedy


def test_a_provider_that_must_sign_is_not_listened_to_without_its_key() -> None:
    given = {"TENURE_MAIL": "mandrill", "TENURE_MAIL_KEY": "k", "TENURE_MAIL_WEBHOOK": WEBHOOK}
    assert "TENURE_MAIL_SIGNING" in mail_server.read(given).deaf
    assert mail_server.read({**given, "TENURE_MAIL_SIGNING": "s"}).listens


def test_no_secret_is_shown_when_a_way_is_printed() -> None:
    given = {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "s3cret", "TENURE_MAIL_WEBHOOK": WEBHOOK}
    way = mail_server.read(given)
    assert "s3cret" not in repr(way)
    assert WEBHOOK.partition(":")[2] not in repr(way)
    assert way.clean(f"s3cret and {WEBHOOK}").count("…") == 2
    assert "p@ss" not in repr(mail_server.read({"TENURE_MAIL": "smtp://ann:p%40ss@host"}))
    assert {f.name for f in dataclasses.fields(way) if not f.repr} == {"settings", "secrets"}


@pytest.mark.parametrize("command", ["doctor", "serve"])
def test_tenure_does_not_start_with_a_way_that_is_none(tmp_path: Path, command: str) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TENURE_", "DJANGO_"))}
    env |= {"TENURE_HOME": str(tmp_path), "TENURE_MAIL": "pigeon"}
    done = subprocess.run(
        [sys.executable, "-m", "tenure.cli.main", command],
        env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "TENURE_MAIL: names no way for mail: 'pigeon'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_how_to_names_every_provider_with_what_it_needs() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/send-mail.md").read_text("utf-8")
    for name, provider in mail_providers.PROVIDERS.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        _, _, needs, may, _ = row.split("|")
        assert all(f"TENURE_MAIL_{what}`" in needs for what in provider.needs), name
        assert bool(provider.signing) is ("TENURE_MAIL_SIGNING" in may), name
        assert provider.must_sign is ("needed to hear" in may), name

"""``tenure mail``: show, test, bounces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from channels.servers import Mailbox, mail_server

from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.core import mail_server as ways
from tenure.core.models import AuditEntry
from tenure.kit.commands.output import CommandError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
CAPTURED = Path(__file__).parents[1] / "channels" / "captured"


def run(words: list[str], capsys: Any) -> str:
    assert not build(words)(args=words, prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


def by_smtp(settings: Any, port: int) -> None:
    settings.MAIL_WAY = ways.read({"TENURE_MAIL": f"smtp://u:p4ss@127.0.0.1:{port}?tls=0"})
    settings.MAIL_IS_SET_UP = True
    for key, value in settings.MAIL_WAY.settings.items():
        setattr(settings, key, value)
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""  # the test's server has no AUTH


def test_how_mails_leave_is_shown_without_a_secret(settings: Any, capsys: Any) -> None:
    given = {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "s3cret"}
    settings.MAIL_WAY = ways.read(given)
    out = run(["mail", "show"], capsys)
    assert "Postmark" in out
    assert "/mail-events/postmark/" in out
    assert "TENURE_MAIL_WEBHOOK" in out
    assert "s3cret" not in out + run(["mail", "show", "--json"], capsys)


def test_a_test_mail_is_sent_at_once(settings: Any, capsys: Any) -> None:
    with mail_server(Mailbox()) as box:
        by_smtp(settings, box.port)
        assert "Taken, as <trial_" in run(["mail", "test", "me@example.com"], capsys)
    (got,) = box.mails
    assert got["Subject"] == "A test mail from Tenure"
    assert AuditEntry.objects.get().action == "mail.trial"


@pytest.mark.parametrize(
    ("mood", "says"),
    [("no-such", "550"), ("refuse", "450"), ("cut", "broke off"), ("drop", "broke")],
)
def test_a_test_mail_that_is_not_taken_says_why(
    settings: Any, capsys: Any, mood: str, says: str
) -> None:
    with mail_server(Mailbox(mood=mood)) as box:
        by_smtp(settings, box.port)
        with pytest.raises(SpecError) as error:
            run(["mail", "test", "me@example.com"], capsys)
    assert says in error.value.problem
    assert error.value.remedy


def test_without_a_way_a_test_mail_says_what_to_set(capsys: Any) -> None:
    with pytest.raises(SpecError, match="TENURE_MAIL"):
        run(["mail", "test", "me@example.com"], capsys)


def test_bounces_are_read_and_what_was_left_alone_is_named(capsys: Any) -> None:
    path = str(CAPTURED / "dsn_postfix.eml")
    assert "left alone: dsn_postfix.eml" in run(["mail", "bounces", path], capsys)
    told = json.loads(run(["mail", "bounces", path, "--json"], capsys))
    assert told["mails"] == 1
    assert told["came"] == {"about no mail of ours": 1}
    with pytest.raises(CommandError, match="does not exist"):
        run(["mail", "bounces", "/no/such"], capsys)

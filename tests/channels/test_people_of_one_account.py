"""Of a large account not everybody gets the same: the first few do, the others are left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from servers import NOON, Clock, Mailbox

from tenure.channels import periodic_tasks
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message

pytestmark = pytest.mark.django_db
Mail = Callable[..., Draft]


def letter(mail: Mail, who: int, account: str = "acme", source: str = "play:fading",
           mark: str = "") -> Draft:  # fmt: skip
    return replace(
        mail(f"{source}-{account}-{who}{mark}"), person_id=f"{account}-{who}",
        account_id=account, source=source, address=f"p{who}@{account}.example",
    )  # fmt: skip


def sent() -> list[str]:
    rows = Message.objects.filter(state="sent").order_by("key")
    return list(rows.values_list("key", flat=True))


def test_at_most_three_people_of_an_account_get_the_same_at_once(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([letter(mail, n) for n in range(21)] + [letter(mail, 1, "bolt")], now=NOON)
    periodic_tasks.work(clock)
    assert len(mailbox.mails) == 4
    assert sum(key.startswith("play:fading-acme") for key in sent()) == 3
    withheld = Message.objects.filter(state="withheld")
    assert set(withheld.values_list("rule", flat=True)) == {"account"}
    assert "3 people of the account got this within 30 days" in withheld[0].reason


def test_another_play_and_another_month_are_counted_by_themselves(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([letter(mail, n) for n in range(3)], now=NOON)
    periodic_tasks.work(clock)
    submit([letter(mail, 3), letter(mail, 4, source="play:other")], now=NOON)
    periodic_tasks.work(clock)
    assert sent()[-1] == "play:other-acme-4"
    assert len(mailbox.mails) == 4
    clock.now += timedelta(days=33)
    submit([replace(letter(mail, 5), due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert len(mailbox.mails) == 5


def test_who_was_written_to_goes_on_hearing_from_the_play(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([letter(mail, n) for n in range(3)], now=NOON)
    periodic_tasks.work(clock)
    clock.now += timedelta(days=7)
    later = [letter(mail, n, mark="-again") for n in (0, 3)]
    submit([replace(draft, due_at=clock.now) for draft in later], now=clock.now)
    periodic_tasks.work(clock)
    assert "play:fading-acme-0-again" in sent()
    assert "play:fading-acme-3-again" not in sent()

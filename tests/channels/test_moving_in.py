"""Moving in from another mail system: whoever said no there, or bounced, gets nothing here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from servers import NOON, Clock, Mailbox

from tenure.accounts.models import Person
from tenure.channels import actions, moving_in, periodic_tasks
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message, Refusal, Suppression
from tenure.connectors.files.runs import Options, run_import
from tenure.facts import erasure, lake
from tenure.facts.healing import SweepScope
from tenure.facts.models import Quarantined
from tenure.facts.periodic_tasks import flush_now

pytestmark = pytest.mark.django_db
FILE = """Email Address,Status,Changed,List
Ann@Example.com,unsubscribed,2025-03-01T10:00:00Z,
bo@example.com,Hard Bounce,2025-03-02T10:00:00Z,
cy@example.com,spam complaint,,
dee@example.com,unsubscribe,,news
eve@example.com,soft bounce,,
nobody,unsubscribed,,
"""
MAPPED = ("email=Email Address", "kind=Status", "said_at=Changed", "purpose=List")
Mail = Callable[..., Draft]


@pytest.fixture
def moved(workspace: Any, tmp_path: Path) -> Any:
    file = tmp_path / "suppressions.csv"
    file.write_text(FILE)
    return run_import("refusals", file, MAPPED, now=NOON, options=Options())


def to(mail: Mail, name: str, **more: Any) -> Draft:
    key = f"{name}-{more.get('purpose', 'help')}"
    return mail(key, person_id=name, address=f"{name}@example.com", account_id="", **more)


def test_those_who_said_no_or_bounced_there_get_nothing_here(
    moved: Any, mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    names = ("ann", "bo", "cy", "dee", "eve", "flo")
    submit([to(mail, name) for name in names], now=NOON)
    submit([to(mail, name, purpose="payment") for name in names], now=NOON)
    submit([to(mail, "dee", purpose="news")], now=NOON)
    periodic_tasks.work(clock)
    rules = dict(Message.objects.values_list("key", "rule"))
    assert {k for k, rule in rules.items() if not rule} == {
        "ann-payment", "dee-help", "dee-payment", "eve-help", "eve-payment", "flo-help",
        "flo-payment",
    }  # fmt: skip
    assert (rules["ann-help"], rules["dee-news"]) == ("consent", "consent")
    for key in ("bo-help", "bo-payment", "cy-help", "cy-payment"):
        assert rules[key] == "suppressed"


def test_what_is_no_refusal_is_refused_with_what_to_write(moved: Any) -> None:
    assert (moved.rows_new, moved.rows_quarantined) == (4, 2)
    told = dict(Quarantined.objects.values_list("code", "reason"))
    assert "'soft bounce'" in told["not_listed"]
    assert "unsubscribed, bounced, complained" in told["not_listed"]
    assert "'nobody', which is no mail address" in told["not_mail"]


def test_the_person_may_be_known_before_or_after(
    moved: Any, mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    Person.objects.create(pk="user-1", email="ANN@example.com")
    submit([mail("after", person_id="user-1", address="ANN@example.com")], now=NOON)
    periodic_tasks.work(clock)
    assert Message.objects.get().rule == "consent"
    assert actions.allow("user-1", "mail", "any", "preference page", now=NOON)
    assert not Refusal.objects.filter(recipient="ann@example.com").exists()


def test_the_same_file_again_changes_nothing(moved: Any, tmp_path: Path) -> None:
    before = (Refusal.objects.count(), Suppression.objects.count())
    again = tmp_path / "again.csv"
    again.write_text(FILE)
    run_import("refusals", again, MAPPED, now=NOON, options=Options())
    assert (Refusal.objects.count(), Suppression.objects.count()) == before
    assert lake.current().rows("refusals") == 4


def test_the_day_and_the_system_are_told(moved: Any) -> None:
    kept = Refusal.objects.get(recipient="ann@example.com")
    assert (kept.by, f"{kept.at:%Y-%m-%d}") == ("former mail system", "2025-03-01")
    assert Suppression.objects.get(address="bo@example.com").at.year == 2025


def test_an_erased_mailbox_stays_known_and_its_rows_name_nobody(moved: Any) -> None:
    erasure.erase_person("ann@example.com", "alice", NOON)
    paths = lake.current().files("refusals")["path"].to_pylist()
    rows = [r for p in paths for r in pq.ParquetFile(p).read().to_pylist()]
    assert "ann@" not in str(rows).lower()
    assert len(rows) == 4
    names = list(Refusal.objects.filter(purpose="any").values_list("recipient", flat=True))
    assert len(names) == 1
    assert names[0].startswith("mailbox:")


def test_a_no_that_was_missed_is_found_and_one_taken_back_is_not(moved: Any) -> None:
    ask = SweepScope(NOON)
    assert moving_in.sweep(ask) == 0
    actions.allow("dee@example.com", "mail", "any", "alice", now=NOON)
    bounced = Suppression.objects.get(address="bo@example.com")
    actions.unsuppress(bounced, "works again", "alice", now=NOON)
    flush_now(NOON)
    assert moving_in.sweep(ask) == 0
    Refusal.objects.all().delete()
    Suppression.objects.all().delete()
    assert moving_in.sweep(SweepScope(NOON, heal=False)) == 2
    assert not Refusal.objects.exists()
    assert (moving_in.sweep(ask), moving_in.sweep(ask)) == (2, 0)
    assert Refusal.objects.filter(recipient="ann@example.com").exists()
    assert list(Suppression.objects.values_list("address", flat=True)) == ["cy@example.com"]

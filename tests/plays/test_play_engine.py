"""The engine: who enters, what happens to them step by step, and that nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from plays.test_play_spec import PLAY

from tenure.accounts.models import Account, Membership, Person
from tenure.analytics.errors import SpecError
from tenure.channels.models import Message
from tenure.core import policy as policies
from tenure.core.models import AuditEntry
from tenure.plays import advance, entering, jobs, settings, switching, triggers
from tenure.plays.models import Enrolment, Standing
from tenure.work.tasks.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def nobody_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "held_out", lambda *_: set())


@pytest.fixture
def acme(alice: Any) -> None:
    """Three accounts with a champion each."""
    for name in ("acme", "bolt", "cork"):
        Account.objects.create(
            pk=name, name=name.title(), owner=alice, mrr_minor=1000, currency="EUR",
            created_at=NOW - timedelta(days=400), status="active",
        )  # fmt: skip
        person = Person.objects.create(
            pk=f"ann-{name}", email=f"ann@{name}.example", last_seen_at=NOW - timedelta(days=9)
        )
        Membership.objects.create(person=person, account_id=name, role="champion")


@pytest.fixture
def write(alice: Any) -> Callable[..., None]:
    """Save the test play with changes and switch it on."""

    def make(*changes: tuple[str, str], name: str = "try") -> None:
        text = PLAY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        policies.save(f"plays/{name}", text, alice, "test", NOW)
        switching.switch_on(name, alice, now=NOW)

    return make


def scored(moment: datetime, **healths: float | None) -> None:
    """A scoring saw these accounts."""
    everyone = pa.table(
        {
            "account_id": list(healths),
            "health": pa.array(list(healths.values()), pa.float64()),
            "status": ["active"] * len(healths),
        }
    )
    jobs.after_scoring(everyone, moment, moment)


def run(moment: datetime) -> None:
    jobs.look(moment)
    while advance.advance_due(moment):
        pass


def days(count: float) -> timedelta:
    return timedelta(days=count)


def states(play: str = "try") -> dict[str, str]:
    return dict(Enrolment.objects.filter(play=play).values_list("subject", "state"))


def test_who_crosses_into_the_rule_enters_once_per_spell(acme, write, nobody_held):
    write()
    scored(NOW, acme=40, bolt=70, cork=None)
    scored(NOW + days(1), acme=41, bolt=45, cork=80)
    assert states() == {"acme": "active", "bolt": "active"}
    assert Enrolment.objects.get(subject="acme").why == {"health": 40.0}


def test_a_rule_must_hold_for_as_long_as_the_play_says(acme, write, nobody_held):
    write(('kind = "when"', 'kind = "when"\nfor_days = 14'))
    scored(NOW, acme=40, bolt=40)
    scored(NOW + days(7), acme=40, bolt=60)  # bolt recovers: its count begins anew
    scored(NOW + days(13), acme=40, bolt=40)
    assert states() == {}
    scored(NOW + days(14), acme=40, bolt=40)
    assert states() == {"acme": "active"}
    assert set(Standing.objects.values_list("account_id", flat=True)) == {"acme", "bolt"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [('again = "once"', 1), ('again = "always"', 3), ('again = "after"\ndays = 20', 2)],
)
def test_entry_rules_say_who_may_come_again(acme, write, nobody_held, entry, expected):
    write(("[goal]", f"[entry]\n{entry}\n[goal]"))
    for day, health in ((0, 40), (9, 70), (10, 40), (19, 70), (30, 40), (40, 70)):
        scored(NOW + days(day), acme=health)
        run(NOW + days(day))
        run(NOW + days(day) + days(3))
    assert Enrolment.objects.filter(subject="acme").count() == expected


def test_the_steps_happen_in_order_and_a_branch_looks_at_the_account_then(acme, write, nobody_held):
    write()
    scored(NOW, acme=40, bolt=40)
    run(NOW)
    assert set(Message.objects.values_list("address", flat=True)) == {
        "ann@acme.example", "ann@bolt.example",
    }  # fmt: skip
    assert not Task.objects.exists()
    scored(NOW + days(2), acme=40, bolt=70)
    run(NOW + days(2))
    assert Task.objects.get().title == "Call Acme"
    assert states() == {"acme": "done", "bolt": "done"}


def test_a_chunk_that_is_undone_and_done_again_does_everything_once(
    acme, write, nobody_held, monkeypatch
):
    write()
    scored(NOW, acme=40)
    saved = advance._save
    monkeypatch.setattr(advance, "_save", lambda rows: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        advance.advance_due(NOW)
    assert not Message.objects.exists()
    monkeypatch.setattr(advance, "_save", saved)
    run(NOW)
    run(NOW)
    assert Message.objects.count() == 1


def test_the_same_scoring_told_twice_enrols_once(acme, write, nobody_held):
    write()
    scored(NOW, acme=40)
    scored(NOW, acme=40)
    assert Enrolment.objects.count() == 1


def test_people_inside_finish_on_the_version_they_entered_with(acme, write, nobody_held):
    write()
    scored(NOW, acme=40)
    run(NOW)
    write(("Call {{ account.name }}", "Visit {{ account.name }}"))
    scored(NOW + days(2), acme=40, bolt=40)
    run(NOW + days(2))
    run(NOW + days(4))
    assert set(Task.objects.values_list("title", flat=True)) == {"Call Acme", "Visit Bolt"}


def test_an_exit_ends_it_before_the_next_step(acme, write, nobody_held):
    write(
        (
            'to = ["champion"]',
            'to = ["champion"]\nexit = { field = "health", op = ">", value = 60 }',
        )
    )
    scored(NOW, acme=40, bolt=40)
    run(NOW)
    scored(NOW + days(1), acme=80, bolt=40)
    scored(NOW + days(2), acme=40, bolt=40)  # down again: too late, it is over
    run(NOW + days(2))
    assert states() == {"acme": "exited", "bolt": "done"}
    assert Task.objects.get().account_id == "bolt"
    assert Message.objects.get(account_id="acme").state == "cancelled"


def test_held_out_accounts_get_nothing_and_are_counted(acme, write, monkeypatch):
    monkeypatch.setattr(entering, "held_out", lambda *_: {"acme"})
    write()
    scored(NOW, acme=40, bolt=40)
    run(NOW)
    assert states() == {"acme": "held_out", "bolt": "active"}
    assert Message.objects.get().account_id == "bolt"
    scored(NOW + days(5), acme=65, bolt=66)
    assert Enrolment.objects.filter(goal_at=NOW + days(5)).count() == 2


def test_the_share_held_out_is_stable_and_about_as_large_as_policy_says(write):
    from tenure.plays import policy

    write()
    play, names = policy.play("try"), [f"a{n}" for n in range(4000)]
    held = entering.held_out("try", play, names)
    assert held == entering.held_out("try", play, names)
    assert 0.09 < len(held) / len(names) < 0.15  # a tenth, and the fiftieth that is left in peace
    assert held != entering.held_out("other", play, names)


def test_a_goal_counts_only_within_its_days(acme, write, nobody_held):
    write()
    scored(NOW, acme=40, bolt=40)
    scored(NOW + days(29), acme=70, bolt=40)
    scored(NOW + days(31), acme=70, bolt=70)
    reached = Enrolment.objects.exclude(goal_at=None)
    assert list(reached.values_list("subject", flat=True)) == ["acme"]


def test_stopping_a_play_takes_everything_back_at_once(acme, write, nobody_held, alice):
    write()
    scored(NOW, acme=40, bolt=40)
    run(NOW)
    assert switching.stop("try", alice, now=NOW) == 2
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}
    run(NOW + days(5))
    assert states() == {"acme": "stopped", "bolt": "stopped"}
    assert AuditEntry.objects.filter(action="play.off").exists()


def test_a_paused_play_goes_on_where_it_stood(acme, write, nobody_held, alice):
    write()
    scored(NOW, acme=40)
    switching.pause("try", alice, now=NOW)
    run(NOW + days(1))
    assert not Message.objects.exists()
    switching.switch_on("try", alice, now=NOW + days(2))
    run(NOW + days(2))
    assert Message.objects.count() == 1


def test_accounts_are_put_in_and_taken_out_by_hand_with_a_reason(acme, write, nobody_held, alice):
    write()
    with pytest.raises(SpecError, match="no account nobody"):
        switching.put_in("try", ["nobody"], alice, now=NOW)
    assert switching.put_in("try", ["cork"], alice, now=NOW) == 1
    row = Enrolment.objects.get()
    assert row.why == {"by hand": "alice@example.com"}
    with pytest.raises(SpecError, match="say why"):
        switching.take_out(row, " ", alice, now=NOW)
    switching.take_out(row, "they asked for it", alice, now=NOW)
    assert states() == {"cork": "stopped"}


def test_an_account_without_anybody_to_write_to_goes_on_and_it_is_noted(acme, write, nobody_held):
    Membership.objects.filter(account_id="acme").update(left_at=NOW)
    write()
    scored(NOW, acme=40)
    run(NOW)
    row = Enrolment.objects.get()
    assert "nobody to write to" in row.note
    assert (row.step, Message.objects.count()) == ("ask", 0)


DATE = ('kind = "when"\nrule = { field = "health", op = "<", value = 50 }',
        'kind = "date"\nfield = "renews_at"\ndays = -90')  # fmt: skip


def test_a_date_counts_when_it_comes_not_when_it_has_passed(acme, write, nobody_held):
    Account.objects.filter(pk="acme").update(renews_at=NOW + days(91))
    Account.objects.filter(pk="bolt").update(renews_at=NOW + days(30))  # its day is over
    write(DATE)
    run(NOW + days(0.5))
    assert states() == {}
    run(NOW + days(1.5))
    run(NOW + days(1.6))
    assert states() == {"acme": "active"}


def test_an_event_lets_in_whoever_did_it_if_its_properties_fit(acme, write, nobody_held):
    write((DATE[0], 'kind = "event"\nevent = "Export Started"\nwhere = { all = true }'))
    rows = pa.table(
        {
            "event": ["Export Started", "Export Started", "Signed In"],
            "account_id": ["acme", "bolt", "cork"],
            "person_id": ["ann-acme", None, None],
            "properties": ['{"all": true}', '{"all": false}', None],
            "timestamp": [NOW, NOW, NOW],
        }
    )
    triggers.on_events(rows, NOW)
    triggers.on_events(rows, NOW)
    assert states() == {"acme": "active"}


def did(at: datetime, *, backfill: bool = False) -> pa.Table:
    """Acme started an export."""
    return pa.table(
        {
            "event": ["Export Started"],
            "account_id": ["acme"],
            "person_id": ["ann-acme"],
            "properties": pa.array([None], pa.string()),
            "timestamp": [at],
            "backfill": [backfill],
        }
    )


@pytest.mark.parametrize(
    ("rows", "in_it"),
    [
        (did(NOW), True),
        (did(NOW - days(2.9)), True),
        (did(NOW - days(3.1)), False),
        (did(NOW - days(1000)), False),
        (did(NOW, backfill=True), False),
        (did(NOW + days(1)), True),  # by a clock ahead of ours
    ],
)
def test_history_is_no_news(acme, write, nobody_held, rows: pa.Table, in_it: bool) -> None:
    write((DATE[0], 'kind = "event"\nevent = "Export Started"'))
    triggers.on_events(rows, NOW)
    assert (states() == {"acme": "active"}) is in_it


def test_how_old_news_may_be_is_policy(acme, write, nobody_held, alice) -> None:
    write((DATE[0], 'kind = "event"\nevent = "Export Started"'))
    text = settings.DEFAULT.read_text("utf-8").replace("news_days = 3 ", "news_days = 30 ")
    policies.save(settings.DOCUMENT, text, alice, "test", NOW)
    triggers.on_events(did(NOW - days(20)), NOW)
    assert states() == {"acme": "active"}


PERSON = (('purpose = "help"', 'purpose = "help"\nunit = "person"'),
          (DATE[0], 'kind = "inactive"\ndays = 7\nuntil_days = 14'))  # fmt: skip


def test_people_who_went_quiet_enter_one_by_one(acme, write, nobody_held):
    Person.objects.filter(pk="ann-bolt").update(last_seen_at=NOW - days(20))
    Person.objects.filter(pk="ann-cork").update(last_seen_at=NOW - days(2))
    write(*PERSON)
    run(NOW)
    assert states() == {"ann-acme": "active"}
    assert Message.objects.get().person_id == "ann-acme"


def test_a_split_sends_each_account_one_way_and_remembers_it(acme, write, nobody_held):
    write(('kind = "branch"\nrule = { field = "health", op = "<", value = 50 }\nthen = "call"\n'
           'otherwise = "end"', 'kind = "split"\narms = { call = 1, end = 1 }'))  # fmt: skip
    scored(NOW, acme=40, bolt=40, cork=40)
    run(NOW)
    run(NOW + days(2))
    for row in Enrolment.objects.all():
        called = Task.objects.filter(account_id=row.account_id).exists()
        assert row.arms == {"ask": "call" if called else "end"}


SCHEDULE = ('kind = "when"\nrule = { field = "health", op = "<", value = 50 }',
            'kind = "schedule"\nevery = "week"\non = 1\nhour = 10')  # fmt: skip


def test_a_schedule_lets_its_audience_in_when_its_hour_comes_and_not_before(
    acme, write, nobody_held
):
    write(SCHEDULE, ("[goal]", '[entry]\nagain = "always"\n[audience]\nfield = "health"\n'
                     'op = "<"\nvalue = 50\n[goal]'))  # fmt: skip
    scored(NOW, acme=40, bolt=70)  # a Monday, nine o'clock
    run(NOW + days(0.03))
    assert states() == {}
    run(NOW + days(0.05))
    run(NOW + days(3))
    assert Enrolment.objects.count() == 1
    run(NOW + days(21))  # down for three weeks: once, not thrice
    assert Enrolment.objects.filter(subject="acme").count() == 2


def test_a_mail_speaks_the_language_of_its_reader(acme, write, nobody_held):
    Person.objects.filter(pk="ann-acme").update(traits={"locale": "de_AT"})
    letter = (
        '[steps.locales.de]\nsubject = "Hallo"\ntext = "Hallo {{ person.first_name | dort }}"\n'
    )
    write(('[[steps]]\nid = "pause"', f'{letter}[[steps]]\nid = "pause"'))
    scored(NOW, acme=40, bolt=40)
    run(NOW)
    said = {m.account_id: m.content["subject"] for m in Message.objects.all()}
    assert said == {"acme": "Hallo", "bolt": "Hello"}


def test_a_text_in_another_language_is_checked_too(write):
    letter = '[steps.locales.de]\nsubject = "Hallo"\ntext = "{{ nme }}"\n'
    with pytest.raises(SpecError, match="there is no variable nme"):
        write(('[[steps]]\nid = "pause"', f'{letter}[[steps]]\nid = "pause"'))


def test_a_text_may_tell_any_signal_and_scoring_computes_it(acme, write, nobody_held):
    write(("Call {{ account.name }}", "Call {{ account.name }}: {{ signal.seats | some }} seats"))
    assert "seats" in triggers.asked_fields()
    healths = {"account_id": ["acme", "bolt"], "health": [40.0, 40.0], "seats": [12.0, None]}
    jobs.after_scoring(pa.table({**healths, "status": ["active", "active"]}), NOW, NOW)
    run(NOW)
    run(NOW + days(3))
    said = dict(Task.objects.values_list("account_id", "title"))
    assert said == {"acme": "Call Acme: 12 seats", "bolt": "Call Bolt: some seats"}


def test_a_signal_that_nobody_declared_is_refused_with_the_nearest(write):
    with pytest.raises(SpecError, match="there is no signal seets") as refused:
        write(("Call {{ account.name }}", "Call {{ signal.seets | some }}"))
    assert refused.value.key == "steps.call.title"
    assert "seats" in refused.value.remedy

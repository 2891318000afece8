"""From what was known when an account left to cause and verdict."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenure.analytics.errors import SpecError
from tenure.analytics.signals.registry import default_registry
from tenure.learning.investigations import judging, settings
from tenure.learning.investigations.judging import Contact, Look, propose, warned

END = datetime(2026, 6, 1, tzinfo=UTC)
NUMBERS = settings.packaged()


def ago(days: float) -> datetime:
    return END - timedelta(days=days)


def weeks(first: int, last: int, *names: str, shown: bool = True) -> list[Look]:
    return [Look(ago(7 * w), names, shown) for w in range(first, last - 1, -1)]


def test_the_examples_work() -> None:
    assert doctest.testmod(judging).failed == 0


def test_a_warning_leads_from_where_its_last_course_began() -> None:
    looks = [*weeks(20, 18, "usage_down"), *weeks(6, 1, "usage_down"), *weeks(17, 7)]
    [told] = warned(looks, [], END, NUMBERS.warnings)
    assert (told.lead_days, told.missed) == (42, True)  # the course 18 weeks ago was another one


def test_a_warning_long_over_has_nothing_to_do_with_the_end() -> None:
    assert warned(weeks(20, 15, "usage_down"), [], END, NUMBERS.warnings) == []


def test_nothing_after_the_end_counts() -> None:
    late = Look(END + timedelta(days=1), ("data_export",))
    assert warned([late], [], END, NUMBERS.warnings) == []


@pytest.mark.parametrize(
    ("days", "answer"), [(42, "call, the same day"), (40, "call, 2 days later"), (20, ""), (50, "")]
)
def test_a_contact_within_a_fortnight_answers_a_warning(days: float, answer: str) -> None:
    [told] = warned(
        weeks(6, 1, "usage_down"), [Contact(ago(days), "call")], END, NUMBERS.warnings
    )  # fmt: skip
    assert told.answer == answer
    assert told.missed == (not answer)


def test_a_warning_worked_out_afterwards_was_missed_by_nobody() -> None:
    [told] = warned(weeks(6, 1, "usage_down", shown=False), [], END, NUMBERS.warnings)
    assert not told.missed


def made(first: int, *names: str) -> list[judging.Warned]:
    return warned(weeks(first, 1, *names), [], END, NUMBERS.warnings)


def test_the_facts_outweigh_what_is_said_and_both_are_kept() -> None:
    told = propose(made(9, "usage_down", "key_feature_stopped"), {}, {}, "price", NUMBERS)
    assert (told.cause, told.verdict) == ("low_use", "preventable")
    assert "2 warnings fired, the first 63 days before the end; 2 of them nobody" in told.how


def test_too_short_a_warning_leaves_it_open() -> None:
    told = propose(made(1, "usage_down", "key_feature_stopped"), {}, {}, "", NUMBERS)
    assert told.verdict == "unclear"
    assert "The first warning came 7 days before the end; 14 days" in told.how


def test_what_is_said_stands_in_where_the_facts_are_silent() -> None:
    told = propose([], {}, {}, "need_ended", NUMBERS)
    assert (told.cause, told.verdict) == ("need_ended", "not_preventable")
    told = propose([], {}, {}, "price", NUMBERS)
    assert (told.cause, told.verdict) == ("price", "unclear")
    assert propose([], {}, {}, "", NUMBERS).cause == ""


def dossier(**parts: Any) -> dict[str, Any]:
    empty = {
        "kind": "voluntary", "stay_days": 400, "champion_left_at": "", "tickets": [],
        "answers": [], "contacts": [], "contacts_kept": True, "warnings": [],
    }  # fmt: skip
    return {**empty, **parts}


def ticket(hours: float | None, resolved: str = "x") -> dict[str, Any]:
    return {"resolved_at": resolved, "reply_hours": hours}


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"contacts": [{"at": ago(10).isoformat()}]}, set()),
        ({"contacts": [{"at": ago(70).isoformat()}]}, {"no_contact"}),
        ({"contacts_kept": False}, set()),  # nobody keeps contacts: silence tells nothing
        ({"kind": "involuntary", "contacts_kept": False}, {"ended_involuntarily"}),
        ({"stay_days": 40}, {"short_stay"}),
        ({"champion_left_at": ago(40).isoformat(), "contacts_kept": False}, {"champion_gone"}),
        ({"tickets": [ticket(30), ticket(2)], "contacts_kept": False}, set()),
        ({"tickets": [ticket(30), ticket(2), ticket(40)], "contacts_kept": False},
         {"slow_replies"}),
        ({"tickets": [ticket(2, "")], "contacts_kept": False}, {"open_tickets"}),
        ({"answers": [{"at": "2026-05-01", "survey": "nps", "score": 6}], "contacts_kept": False},
         {"unhappy_answer"}),
        ({"answers": [{"at": "2026-05-01", "survey": "nps", "score": 7}], "contacts_kept": False},
         set()),
    ],
)  # fmt: skip
def test_a_dossier_shows_evidence_by_itself(parts: dict[str, Any], found: set[str]) -> None:
    assert set(judging.measured(dossier(**parts), END, NUMBERS)) == found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('stated = ["payment"]', 'stated = ["not_using"]', "too"),
        ("{link}", "", "must name {link}"),
        ("payment_failed = 2", "payment_failed = 0", "not above 0"),
        ('no = "No"', 'never = "No"', "exactly"),
    ],
)
def test_a_document_that_is_not_sound_is_refused(old: str, new: str, said: str) -> None:
    text = settings.DEFAULT.read_text("utf-8")
    assert old in text
    with pytest.raises(SpecError, match=said):
        settings.parse("mine.toml", text.replace(old, new, 1))


def test_every_warning_named_as_evidence_is_declared() -> None:
    named = {name for cause in NUMBERS.causes.values() for name in cause.evidence}
    assert named <= set(default_registry().risk_signals) | set(settings.MEASURED)

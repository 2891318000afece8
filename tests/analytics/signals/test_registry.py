"""Declarations: what is accepted, and how a mistake is told (file, key, problem, remedy)."""

from __future__ import annotations

import pytest

from tenure.analytics.errors import SpecError
from tenure.analytics.signals.registry import Registry, default_registry, load_registry

GOOD = """
[roles]
login = ["Signed In"]
[signals.logins]
kind = "count"
events = "@login"
window = "28d"
title = "Logins"
[signals.tickets]
kind = "rows"
table = "tickets"
title = "Tickets"
"""
HLT1_INPUTS = """
dau_mau sessions_28d days_since_login feature_adoption_90d core_actions_28d minutes_28d
actions_per_session_28d nps_last csat_90d support_sentiment_90d seats_added_90d plan_upgrades_180d
community_90d referrals_365d login_days_28d tickets_90d open_tickets trainings_180d
training_attendance_180d goals_achieved_share goal_progress roi_ratio champion_strength has_champion
stakeholder_coverage login_rhythm key_actions_per_week responsiveness_90d payment_state payment_ok
login_days_30d core_adoption_90d nps_band limit_use usage_limit_use invites_28d
plan_id plan_level mrr_minor arr_minor currency seats tenure_days days_to_renewal status industry
country channel employees ended
"""
SIG3 = {
    "login_frequency_down": ("high", (14, 28)),
    "key_feature_stopped": ("high", (7, 21)),
    "ticket_spike_then_silence": ("high", (7, 14)),
    "billing_visits_up": ("high", (1, 7)),
    "seats_removed": ("high", (7, 14)),
    "data_export": ("critical", (1, 7)),
    "nps_low": ("medium", (30, 90)),
    "no_login_7d": ("medium", (7, 28)),
    "ticket_escalated": ("high", (7, 28)),
    "champion_leaving": ("critical", (30, 90)),
    "usage_down": ("high", (14, 28)),
    "negative_feedback": ("medium", (30, 90)),
    "payment_failed": ("high", (1, 14)),
    "feature_requests_pile_up": ("medium", (30, 90)),
}


def load(more: str = "", text: str = GOOD) -> Registry:
    return load_registry(("own.toml", text + more))


def test_every_input_of_the_published_models_is_packaged() -> None:
    assert [n for n in HLT1_INPUTS.split() if n not in default_registry().signals] == []


def test_every_published_risk_signal_has_its_level_and_lead_time() -> None:
    found = {n: (r.level, r.lead_days) for n, r in default_registry().risk_signals.items()}
    assert found == SIG3


def test_every_packaged_signal_has_a_title_and_a_group() -> None:
    assert [n for n, s in default_registry().signals.items() if not (s.title and s.group)] == []


def test_a_later_document_replaces_what_it_declares_again() -> None:
    again = '[signals.logins]\nkind = "count"\nevents = "Hello"\nwindow = "7d"\ntitle = "Other"'
    registry = load_registry(("a.toml", GOOD), ("b.toml", again))
    assert registry.signals["logins"].title == "Other"
    assert registry.sources["signals.logins"] == "b.toml"
    assert "tickets" in registry.signals


def test_parts_come_before_wholes() -> None:
    order = list(default_registry().closure(["actions_per_session_28d"]))
    assert order == ["events_28d", "sessions_28d", "actions_per_session_28d"]


S = "[signals.x]\ntitle = 'X'\n"
MISTAKES = [
    ("[signals.x", "(file)", "is not TOML", "correct that line"),
    ("[signal.x]", "signal", "is not a section", "signals"),
    ("[signals]\nx = 3", "signals.x", "is not a table", "[signals.x]"),
    ("[signals.X-1]\nkind='count'", "signals.X-1", "usable name", "lower-case"),
    ("[signals.active]\nkind='count'", "signals.active", "column of every result", "rename"),
    (S, "signals.x.kind", "is missing", "active_days"),
    (S + "kind = 'cuont'", "signals.x.kind", "'cuont' is not a kind", "did you mean count?"),
    (S + "kind='count'\nevents='a'", "signals.x.window", "field required", "add it"),
    (S + "kind='count'\nevents='a'\nwindow='7'", "signals.x.window", "write it like 28d", ""),
    (S + "kind='count'\nevents='a'\nwindow='9999d'", "signals.x.window", "out of range", ""),
    (S + "kind='count'\nevents='a'\nwindow='7d'\nwindwo='7d'", "signals.x.windwo",
     "is not a key here", "window"),
    (S + "kind='count'\nevents='@logn'\nwindow='7d'", "signals.x.events", "no role @logn",
     "did you mean login?"),
    (S + "kind='count'\nevents='a'\nwindow='7d'\nhigher_is='good'", "signals.x.higher_is",
     "better", "'better'"),
    (S + "kind='sum'\nevents='a'\nwindow='7d'", "signals.x", "`property`", ""),
    (S + "kind='active_weeks'\nevents='a'\nwindow='30d'", "signals.x", "whole weeks", ""),
    (S + "kind='rows'\ntable='tickts'", "signals.x.table", "no table 'tickts'", "tickets"),
    (S + "kind='rows'\ntable='events'", "signals.x.table", "counted by `events`", "events ="),
    (S + "kind='rows'\ntable='plans'", "signals.x.table", "does not belong to accounts", ""),
    (S + "kind='avg'\ntable='tickets'\ncolumn='sentment'", "signals.x.column",
     "no column 'sentment'", "sentiment"),
    (S + "kind='avg'\ntable='tickets'", "signals.x", "needs a `column`", ""),
    (S + "kind='rows'\ntable='tickets'\nwhere=[{feild='priority'}]", "signals.x.where.0.feild",
     "is not a key here", "field"),
    (S + "kind='rows'\ntable='tickets'\nwhere=[{field='prioriti', value='low'}]",
     "signals.x.where", "no column 'prioriti'", "priority"),
    (S + "kind='rows'\ntable='tickets'\nwhere=[{field='priority', op='in', value='low'}]",
     "signals.x.where.0", "needs a list", ""),
    (S + "kind='ratio'\nnumerator='logns'", "signals.x", "no signal 'logns'", "logins"),
    (S + "kind='change'\nsignal='tickets'", "signals.x.signal", "has no window", "`before`"),
    (S + "kind='ratio'\nnumerator='y'\n[signals.y]\nkind='ratio'\ntitle='Y'\nnumerator='x'",
     "signals.x", "is made of itself", "break the circle"),
    ("[risk.r]\ntitle='R'\nlevel='hgh'\nlead_time='d'\nlead_days=[1,2]\n"
     "when=[{signal='logins', value=1}]", "risk.r.level", "medium", "'critical'"),
    ("[risk.r]\ntitle='R'\nlevel='high'\nlead_time='d'\nlead_days=[1,2]\n"
     "when=[{signal='logns', value=1}]", "risk.r.when", "no signal 'logns'", "logins"),
    ("[risk.r]\ntitle='R'\nlevel='high'\nlead_time='d'\nlead_days=[1,2]", "risk.r",
     "at least one test", ""),
    ("[settings]\npresence_days = 0", "settings.presence_days", "greater than", ""),
]  # fmt: skip


@pytest.mark.parametrize(("more", "key", "problem", "remedy"), MISTAKES)
def test_a_mistake_names_file_key_problem_and_remedy(
    more: str, key: str, problem: str, remedy: str
) -> None:
    with pytest.raises(SpecError) as told:
        load("\n" + more)
    error = told.value
    assert (error.source, error.key) == ("own.toml", key)
    assert problem in error.problem
    assert error.remedy
    assert remedy in error.remedy


def test_a_signal_per_account_is_not_made_of_one_per_person() -> None:
    text = S + "kind='ratio'\nnumerator='person_events_28d'"
    with pytest.raises(SpecError, match="is not per account"):
        load_registry(("packaged", GOOD), ("own.toml", text + PERSON))


PERSON = """
[signals.person_events_28d]
kind = "count"
per = "person"
events = "@any"
window = "28d"
title = "Actions"
"""


def test_an_unknown_name_is_answered_with_the_closest() -> None:
    with pytest.raises(SpecError, match="did you mean logins"):
        load().signal("loginz")

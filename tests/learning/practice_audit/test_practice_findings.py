"""What the audit makes of outcomes: order, acceptances, what fails; and its policy document."""

from __future__ import annotations

import doctest
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from tenure.analytics.errors import SpecError
from tenure.learning.practice_audit import finding as findings
from tenure.learning.practice_audit import policy
from tenure.learning.practice_audit.checks import CHECKS
from tenure.learning.practice_audit.finding import (
    SEVERITIES,
    Accepted,
    Finding,
    counts,
    failing,
    in_order,
    rank,
    with_acceptances,
)

TEXT = policy.DEFAULT.read_text(encoding="utf-8")
STATES = ("open", "passed", "not_assessed")
some = st.builds(
    Finding, st.sampled_from("abcdef"), st.sampled_from(SEVERITIES), st.just("T"),
    st.sampled_from(STATES), st.just("E"), st.just("R"),
)  # fmt: skip
lists = st.lists(some, unique_by=lambda f: f.key)
words = st.lists(
    st.builds(
        Accepted, st.sampled_from("abcdef"), st.sampled_from(SEVERITIES), st.just("why"),
        st.just("ada"), st.integers(-5, 5).map(lambda d: NOW + timedelta(days=d)),
    ),
    unique_by=lambda a: a.key,
)  # fmt: skip


@pytest.mark.parametrize("module", [findings, policy])
def test_examples_give_what_they_say(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert (result.attempted > 0, result.failed) == (True, 0)


@given(lists, words)
def test_only_an_open_finding_of_no_graver_severity_is_accepted_in_time(
    found: list[Finding], given_words: list[Accepted]
) -> None:
    in_force = {a.key: a for a in given_words if a.expires_at > NOW}
    for before, after in zip(found, with_acceptances(found, given_words, NOW), strict=True):
        word = in_force.get(before.key)
        expected = (
            before.state == "open"
            and word is not None
            and rank(before.severity) <= rank(word.severity)
        )
        assert (after.state == "accepted") == expected
        assert (after.acceptance is not None) == expected
        if not expected:
            assert after == before


@given(lists, words, st.sampled_from(SEVERITIES))
def test_what_fails_is_open_and_grave_enough(
    found: list[Finding], given_words: list[Accepted], least: findings.Severity
) -> None:
    judged = in_order(with_acceptances(found, given_words, NOW))
    failed = failing(judged, least)
    assert {f.key for f in failed} == {
        f.key for f in judged if f.state == "open" and rank(f.severity) >= rank(least)
    }
    assert judged[: counts(judged)["open"]] == [f for f in judged if f.state == "open"]
    assert [Finding.from_dict(f.to_dict()) for f in judged] == judged


def test_every_finding_has_its_check() -> None:
    assert set(policy.packaged().findings) == set(CHECKS)


def test_the_packaged_document_is_sound() -> None:
    found = policy.parse("audit.toml", TEXT)
    assert found == policy.packaged()
    assert len(found.findings) == 27


@pytest.mark.parametrize(
    "text",
    ["findings = 3", "[findings]\nchampion_left = 3", "[findings.champion_left]\nnumbers = 3",
     "reasons = ['a']", "[[findings]]", "running = 'fast'"],
)  # fmt: skip
def test_a_document_of_the_wrong_shape_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="is no table"):
        policy.parse("audit.toml", text)


def test_what_a_workspace_leaves_out_is_as_packaged() -> None:
    ours = policy.packaged()
    found = policy.parse("audit.toml", "[findings.pausing_too_long]\nseverity = 'low'\n")
    assert found.findings["pausing_too_long"].severity == "low"
    assert found.findings["pausing_too_long"].numbers == {"most_days": 92}
    assert found.ground == ours.ground
    assert {k: r for k, r in found.findings.items() if k != "pausing_too_long"} == {
        k: r for k, r in ours.findings.items() if k != "pausing_too_long"
    }
    assert policy.parse("audit.toml", "") == ours


def test_a_text_from_before_a_fault_could_be_looked_for_stays_good() -> None:
    own = "[findings.champion_left]\nmissing = 'not yet'\nseverity = 'low'\n"
    rule = policy.parse("audit.toml", own).findings["champion_left"]
    assert rule.severity == "low"
    assert rule.says == policy.packaged().findings["champion_left"].says


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("most_accounts = 100", "most_acounts = 100", "most_acounts"),
        ("least_share = 0.1 }", "least_share = 1.1 }", "is a share"),
        ('severity = "critical"', 'severity = "grave"', "severity"),
        ("{owner} looks", "{boss} looks", "uses {boss}"),
        ("{owner} looks", "{owner.x} looks", "uses {owner.x}"),
        ("{owner} looks", "{owner looks", "close the braces"),
        ('link = "/facts/"', 'link = "javascript:alert(1)"', "link"),
        ("[findings.guilt_copy]", "[findings.guilty_copy]", "guilty_copy"),
        ('nothing = "There', 'nothing_ = "There', "nothing_"),
        ("accept_days = 90", "accept_days = 0", "accept_days"),
        ('fail_on = "high"', 'fail_on = "loud"', "fail_on"),
        ("[running]", "[walking]", "walking"),
        ("least_share = 0.1 }", "least_share = 'much' }", "least_share"),
    ],
)
def test_a_document_that_is_not_sound_is_refused_with_its_key(
    old: str, new: str, message: str
) -> None:
    assert old in TEXT
    with pytest.raises(SpecError) as refused:
        policy.parse("audit.toml", TEXT.replace(old, new))
    error = refused.value
    assert message in f"{error.key} {error.problem} {error.remedy}"
    assert error.source == "audit.toml"

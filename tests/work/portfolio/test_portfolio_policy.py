"""The policy document of the portfolio refuses what cannot be."""

from __future__ import annotations

import pytest
from people import NOW

from tenure.analytics.errors import SpecError
from tenure.core import policy as policies
from tenure.work.portfolio import policy

TEXT = policy.DEFAULT.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("at_risk = 0.7", "at_risk = 0.8", "split"),
        ('touch = "sponsor", every', 'touch = "sponser", every', "tiers.enterprise.owed"),
        ("every_days = 182", "every_days = 0", "tiers.enterprise.owed.2.every_days"),
        ('to = "role:analyst"', 'to = "the analyst"', "hand_offs.analytics.to"),
        ('choose = "load"', 'choose = "luck"', "assignment.choose"),
        ("USD = 7500", "USD = 0", "cost.hour_minor.USD"),
    ],
)
def test_a_wrong_document_is_refused(old, new, key):
    assert old in TEXT
    with pytest.raises(SpecError) as refused:
        policy.parse("portfolio.toml", TEXT.replace(old, new))
    assert refused.value.key == key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[tiers.smb]", "[tiers.tiny]", "tiers"),
        ('by = "cs_lead"', 'by = "king"', "tiers.enterprise.owed"),
        ('role = "csm"', 'role = "king"', "assignment.role"),
        ('to = "role:analyst"', 'to = "role:king"', "hand_offs.analytics.to"),
    ],
)
def test_tiers_and_roles_must_exist(workspace, old, new, key):
    with pytest.raises(SpecError) as refused:
        policies.save(policy.DOCUMENT, TEXT.replace(old, new), "alice", "", NOW)
    assert refused.value.key == key


@pytest.mark.django_db
def test_a_workspace_may_change_its_numbers(workspace):
    policies.save(policy.DOCUMENT, TEXT.replace("USD = 7500", "USD = 9000"), "alice", "", NOW)
    assert policy.current().cost.hour_minor["USD"] == 9000

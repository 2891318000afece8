"""A signal of a workspace's own, and the documents that look at it, change together or not."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from tenure.analytics.errors import SpecError
from tenure.core import policy
from tenure.health.policy import known_fields

pytestmark = pytest.mark.django_db

SIGNAL = """\
[signals.exports_30d]
kind = "count"
events = ["Data Exported"]
window = "30d"
title = "Exports, 30 days"
"""
PLAY = policy.default_text("plays/feature-requests").replace("feature_requests_90d", "exports_30d")
BOTH = {"signals/own": SIGNAL, "plays/exports": PLAY}


def test_a_signal_and_the_play_that_looks_at_it_are_saved_together(now: datetime) -> None:
    policy.save_all(BOTH, "alice", "", now)
    assert "exports_30d" in known_fields()


def test_a_play_that_looks_at_a_signal_nobody_declared_is_refused(now: datetime) -> None:
    with pytest.raises(SpecError, match="exports_30d"):
        policy.save("plays/exports", PLAY, "alice", "", now)


def test_a_signal_that_a_play_looks_at_cannot_be_taken_away(now: datetime) -> None:
    policy.save_all(BOTH, "alice", "", now)
    with pytest.raises(SpecError, match=r"plays/exports\.toml") as refused:
        policy.save("signals/own", "", "alice", "", now)
    assert "exports_30d" in str(refused.value)
    policy.save_all({"signals/own": "", "plays/exports": ""}, "alice", "", now)
    assert "exports_30d" not in known_fields()


def test_a_role_that_an_indicator_looks_at_is_declared_together_with_it(now: datetime) -> None:
    role = '[roles]\nexport = ["Data Exported"]\n'
    packaged = policy.default_text("indicators")
    text = re.sub(r"events = \[.*?\]", 'events = ["@export"]', packaged, count=1)
    with pytest.raises(SpecError, match="@export"):
        policy.save("indicators", text, "alice", "", now)
    policy.save_all({"signals/own": role, "indicators": text}, "alice", "", now)
    with pytest.raises(SpecError, match=r"indicators\.toml"):
        policy.save("signals/own", "", "alice", "", now)

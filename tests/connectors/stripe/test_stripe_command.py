"""``tenure stripe``: status, history, a notice read again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connectors.stripe.stripe_things import START, event, subscription

from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.connectors.stripe import ingest
from tenure.kit.commands.output import CommandError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(words: list[str], capsys: Any) -> str:
    assert not build(words)(args=words, prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


def test_status_says_what_is_missing_and_what_came(capsys: Any) -> None:
    assert "API key: not set" in run(["stripe", "status"], capsys)
    ingest.take(
        [
            (
                json.dumps(event("customer.subscription.updated", subscription(), START)).encode(),
                START,
            )
        ],
        START,
    )
    told = json.loads(run(["stripe", "status", "--json"], capsys))
    assert [k["name"] for k in told["kinds"]] == ["customer.subscription.updated"]
    assert "customer.subscription" in run(["stripe", "status"], capsys)


def test_without_a_key_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.delenv("TENURE_STRIPE_KEY", raising=False)
    with pytest.raises(SpecError, match="start Tenure with TENURE_STRIPE_KEY"):
        run(["stripe", "backfill"], capsys)


def test_only_what_is_in_trouble_is_read_again(capsys: Any) -> None:
    with pytest.raises(CommandError, match="no notice"):
        run(["stripe", "again", "evt_none"], capsys)

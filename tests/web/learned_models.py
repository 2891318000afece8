"""A learned model with one prediction, made by the real arithmetic from a made-up panel."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import worlds

from tenure.accounts.models import Account
from tenure.analytics.prediction import drift, training
from tenure.analytics.prediction.features import Feature, to_json
from tenure.analytics.prediction.policy import default_prediction
from tenure.analytics.prediction.training import Panel
from tenure.analytics.validation.outcomes import DAY
from tenure.health.models import AccountPrediction, LearnedModel

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LISTED = [Feature("days_since_login", direction=1), Feature("event:Signed In", "count", 0)]


def learned_model() -> LearnedModel:
    """A model learned by the real arithmetic from a made-up panel, with one prediction."""
    account = Account.objects.order_by("pk").first()
    assert account is not None
    found: LearnedModel = worlds.fill(("learned model", account.pk), lambda: _learned(account))
    return found


def _learned(whose: Account) -> LearnedModel:
    rng, accounts = np.random.default_rng(1), 300
    account = np.repeat(np.arange(accounts), 12)
    as_of = np.tile(np.arange(12, dtype=np.int64) * 30 * DAY, accounts)
    rows = rng.normal(size=(len(account), 2)).astype(np.float32)
    gone = rng.random(len(account)) < 1 / (1 + np.exp(3 - 2 * rows[:, 0] - rows[:, 1]))
    days = np.where(gone, 20.0, np.inf)
    found = Panel(LISTED, rows, account, as_of, days, rng.normal(size=len(account)),
                  int(as_of.max()) + 90 * DAY)  # fmt: skip
    numbers = default_prediction().model_copy(update={"draws": 50})
    told = training.train(found, numbers, rng)
    body = {"features": to_json(told.features), "boosters": told.boosters,
            "curves": {d: {"knots": c.knots.tolist(), "values": c.values.tolist()}
                       for d, c in told.curves.items()}}  # fmt: skip
    report = {**told.report, "rules": {"model": "six_dimensions", "version": "1+x"},
              "policy": numbers.model_dump(mode="json", exclude={"verdicts"}),
              "ground": drift.ground(rows, told.features, numbers.drift)}  # fmt: skip
    row = LearnedModel.objects.create(
        version=1, state="challenger", body=json.dumps(body), report=report,
        verdict=report["verdict"]["code"], trained_at=NOW, trained_by="alice@example.com",
    )  # fmt: skip
    AccountPrediction.objects.create(
        account=whose, learned=row, as_of=NOW, chance=0.41,
        chances={"30": 0.2, "60": 0.41, "90": 0.5}, survival=[[30, 0.8], [180, 0.3]],
        reasons=[{"source": "days_since_login", "part": "", "value": 21.0, "adds": 0.8},
                 {"source": "event:Signed In", "part": "count", "value": 3.0, "adds": -0.1}],
    )  # fmt: skip
    return row

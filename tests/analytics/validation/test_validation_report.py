"""The report: labels, censoring, what churned accounts scored before, and the verdict."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tenure.analytics.errors import SpecError
from tenure.analytics.validation.outcomes import churned_within, decided, observe
from tenure.analytics.validation.policy import default_validation, parse_validation
from tenure.analytics.validation.report import Subject, ValidationReport, validate

START = datetime(2024, 1, 1, tzinfo=UTC)
SUBJECT = Subject("own", "1+abc", frozenset({"healthy"}))
STAMP = pa.timestamp("us", tz="UTC")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def scores(rows: list[tuple[str, float, float | None]], risk_level: str = "low") -> pa.Table:
    """(account, day, health) with risk and band that follow from health."""
    bands = [None if h is None else "healthy" if h >= 80 else "ill" for _, _, h in rows]
    levels = ["high" if h is not None and h < 50 else risk_level for _, _, h in rows]
    return pa.table(
        {
            "account_id": [a for a, _, _ in rows],
            "as_of": pa.array([day(d) for _, d, _ in rows], STAMP),
            "health": pa.array([h for _, _, h in rows], pa.float64()),
            "risk": pa.array([None if h is None else 100 - h for _, _, h in rows], pa.float64()),
            "band": pa.array(bands, pa.string()),
            "risk_level": pa.array(levels, pa.string()),
        }
    )


def churned(*rows: tuple[str, float]) -> pa.Table:
    return pa.table(
        {
            "account_id": pa.array([a for a, _ in rows], pa.string()),
            "churned_at": pa.array([day(d) for _, d in rows], STAMP),
            "kind": pa.array(["voluntary"] * len(rows), pa.string()),
        }
    )


def report(table: pa.Table, gone: pa.Table, last: float = 400, **more: Any) -> ValidationReport:
    rng = np.random.default_rng(1)
    return validate(table, gone, SUBJECT, (day(0), day(last)), rng, **more)


def test_an_observation_knows_the_next_churn_of_its_account() -> None:
    found, _ = observe(
        scores([("a", 0, 50), ("a", 40, 50), ("a", 100, 50), ("b", 0, 50)]),
        churned(("a", 30), ("a", 101), ("c", 1)),
    )
    assert found.churn_days.tolist() == [30, 61, 1, np.inf]
    assert churned_within(found, 30).tolist() == [False, False, True, False]
    assert churned_within(found, 31).tolist() == [True, False, True, False]


def test_what_is_not_decided_yet_does_not_count() -> None:
    found, _ = observe(scores([("a", 0, 50), ("a", 31, 50)]), churned())
    assert decided(found, 30, day(60)).tolist() == [True, False]


def test_a_score_is_judged_only_if_its_horizon_ends_inside_the_period() -> None:
    rows = [(f"a{i}", d, 50.0) for i in range(5) for d in (0, 30, 60)]
    found = report(scores(rows), churned(), last=95)
    assert [h["observations"] for h in found.horizons] == [15, 10, 5]


def test_what_churned_accounts_scored_before() -> None:
    # One churn on day 100: the scores of days 65, 40 and 5 stood 30, 60 and 90 days before.
    table = scores([("a", 5, 90), ("a", 40, 85), ("a", 65, 82), ("a", 95, 20)])
    found = report(table, churned(("a", 100)))
    assert [h["median_health_before"] for h in found.horizons] == [82, 85, 90]
    assert [h["green_share"]["value"] for h in found.horizons] == [1, 1, 1]
    entry = found.green_churned[0]
    assert (entry["account_id"], entry["churned_at"], entry["band_30"]) == (
        "a",
        "2024-04-10",
        "healthy",
    )
    assert (entry["health_30"], entry["health_60"], entry["health_90"]) == (82, 85, 90)


def test_a_score_too_old_does_not_stand() -> None:
    found = report(scores([("a", 0, 90)]), churned(("a", 100)))
    assert found.horizons[0]["green_share"] == {"value": None, "low": None, "high": None, "n": 0}
    assert found.green_churned == []


def test_lead_time_counts_the_warning_that_was_never_withdrawn() -> None:
    rows = [("a", 0, 20), ("a", 30, 90), ("a", 60, 30), ("a", 90, 30), ("b", 90, 90)]
    lead = report(scores(rows), churned(("a", 100), ("b", 110))).lead_time
    assert (lead["churned_scored"], lead["flagged"]) == (2, 1)
    assert lead["median_days"] == 40
    assert lead["first_flag_median_days"] == 100


def world(accounts: int, churn: float, skill: float, seed: int = 1) -> tuple[pa.Table, pa.Table]:
    """A year of monthly scores; of those who churn, health is lower by ``skill`` before it."""
    draw = np.random.default_rng(seed)
    rows, gone = [], []
    for i in range(accounts):
        end = float(draw.uniform(40, 330)) if draw.random() < churn else np.inf
        base = draw.normal(65, 12)
        for at in range(0, 330, 30):
            if at < end:
                drop = skill if end - at < 75 else 0
                rows.append((f"a{i}", at, float(np.clip(base - drop + draw.normal(0, 5), 0, 100))))
        if end < np.inf:
            gone.append((f"a{i}", end))
    return scores(rows), churned(*gone)


@pytest.mark.parametrize(
    ("accounts", "churn", "skill", "code"),
    [
        (300, 0.4, 25, "predicts"),
        (600, 0.4, 4, "weak"),
        (300, 0.4, 0, "does_not_predict"),
        (300, 0.4, -20, "inverted"),
        (300, 0.03, 25, "too_little_churn"),
    ],
)
def test_the_verdict(accounts: int, churn: float, skill: float, code: str) -> None:
    found = report(*world(accounts, churn, skill))
    assert found.verdict["code"] == code
    loud = found.verdict["headline"].isupper()
    assert loud == (code in ("does_not_predict", "inverted"))


def test_segments_are_judged_by_themselves_and_only_with_enough_churn() -> None:
    table, gone = world(400, 0.4, 25)
    first = np.array([a < "a2" for a in table["account_id"].to_pylist()])
    few = np.array([a in ("a1", "a2") for a in table["account_id"].to_pylist()])
    found = report(table, gone, segments={"first": first, "few": few}).segments
    assert found[0]["segment"] == "first"
    assert found[0]["auc"]["low"] > 0.5
    assert (found[1]["n"] > 0, found[1]["auc"]) == (True, None)


def test_a_score_that_was_never_made_is_left_out() -> None:
    found = report(scores([("a", 0, None), ("b", 0, 50.0)]), churned())
    assert found.horizons[0]["observations"] == 1


def test_calibration_is_judged_out_of_time() -> None:
    found = report(*world(900, 0.6, 25))
    nearest = found.horizons[0]
    assert nearest["calibration_split"] > "2024-03"
    assert sum(row["n"] for row in nearest["calibration"]) < nearest["observations"]
    assert nearest["calibration_error"] < 0.1


def test_the_report_is_json_and_repeats() -> None:
    table, gone = world(200, 0.3, 20)
    one, two = report(table, gone).to_dict(), report(table, gone).to_dict()
    assert json.loads(json.dumps(one)) == json.loads(json.dumps(two))


def test_nothing_scored_is_said_and_not_hidden() -> None:
    assert report(scores([]), churned()).verdict["code"] == "too_little_churn"


def test_a_policy_without_its_verdict_horizon_is_refused() -> None:
    text = "".join(
        line if not line.startswith("verdict_horizon") else "verdict_horizon = 45\n"
        for line in _packaged().splitlines(keepends=True)
    )
    with pytest.raises(SpecError, match="verdict_horizon"):
        parse_validation("validation.toml", text)
    assert default_validation().verdict_horizon == 60


def _packaged() -> str:
    from importlib.resources import files

    return (files("tenure.analytics.validation") / "validation.toml").read_text()


def test_a_policy_of_ones_own_from_before_inverted_scores_were_told_keeps_working() -> None:
    text = _packaged()
    begin, end = (text.index(f"[verdicts.{name}]") for name in ("inverted", "too_little_churn"))
    assert parse_validation("validation", text[:begin] + text[end:]) == default_validation()

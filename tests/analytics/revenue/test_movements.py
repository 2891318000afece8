"""MRR movements: the five kinds, their rules, and that they always add up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.analytics.dataset import Dataset
from tenure.analytics.revenue.figures import figures
from tenure.analytics.revenue.leaving import with_leaving
from tenure.analytics.revenue.months import months
from tenure.analytics.revenue.movements import movements

LATER = datetime(2025, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sub(
    account: str, start: str, mrr: int, end: str | None = None, *, of: str = "", **more: object
) -> dict[str, object]:
    return {
        "subscription_id": of or f"{account}-{start}", "account_id": account,
        "started_at": at(more.pop("opened", start)), "updated_at": at(start), "status": "active",
        "mrr_minor": mrr, "currency": "USD", "ended_at": at(end) if end else None, **more,
    }  # fmt: skip


def moves(*rows: dict[str, object], known_at: datetime = LATER) -> list[tuple[str, str, str, int]]:
    keys = {key for row in rows for key in row}
    frame = pa.Table.from_pylist([{key: row.get(key) for key in sorted(keys)} for row in rows])
    table = movements(
        Dataset.from_frames(subscriptions=frame), date(2024, 1, 1), date(2024, 6, 1),
        grace_days=7, known_at=known_at,
    )  # fmt: skip
    return [
        (r["month"].strftime("%b"), r["account_id"], r["kind"], r["change_minor"])
        for r in table.to_pylist()
        if r["kind"] != "none"
    ]


def test_a_first_subscription_is_new_and_its_end_is_churn() -> None:
    assert moves(sub("ada", "2024-02-10", 5000, "2024-04-20")) == [
        ("Feb", "ada", "new", 5000),
        ("Apr", "ada", "churn", -5000),
    ]


def test_history_loaded_with_its_end_was_in_force_until_then() -> None:
    assert moves(sub("ada", "2024-02-10", 5000, "2024-04-20", status="cancelled")) == [
        ("Feb", "ada", "new", 5000),
        ("Apr", "ada", "churn", -5000),
    ]


def test_an_upgrade_is_expansion_and_a_downgrade_contraction() -> None:
    rows = [
        sub("ada", "2024-01-05", 5000, of="s"),
        sub("ada", "2024-02-05", 9000, of="s", opened="2024-01-05"),
        sub("ada", "2024-03-05", 6000, of="s", opened="2024-01-05"),
    ]
    assert moves(*rows)[1:] == [
        ("Feb", "ada", "expansion", 4000),
        ("Mar", "ada", "contraction", -3000),
    ]


def test_ending_one_of_two_subscriptions_is_contraction_not_churn() -> None:
    rows = [sub("ada", "2024-01-05", 5000), sub("ada", "2024-01-06", 2000, "2024-03-10")]
    assert ("Mar", "ada", "contraction", -2000) in moves(*rows)


def test_what_ends_is_not_carried_on_by_another_subscription_that_only_changes() -> None:
    rows = [
        sub("ada", "2024-01-05", 5000, of="s"),
        sub("ada", "2024-02-03", 6000, of="s", opened="2024-01-05"),
        sub("ada", "2024-01-06", 2000, "2024-01-29"),
    ]
    assert moves(*rows) == [("Jan", "ada", "new", 5000), ("Feb", "ada", "expansion", 1000)]


def test_a_price_that_changes_shortly_before_another_subscription_begins_counts_once() -> None:
    rows = [
        sub("ada", "2024-01-05", 5000, of="s"),
        sub("ada", "2024-01-30", 6000, of="s", opened="2024-01-05"),
        sub("ada", "2024-02-02", 2000),
    ]
    assert moves(*rows) == [("Jan", "ada", "new", 6000), ("Feb", "ada", "expansion", 2000)]


def test_coming_back_after_a_real_gap_is_reactivation() -> None:
    rows = [sub("ada", "2024-01-05", 5000, "2024-02-10"), sub("ada", "2024-04-02", 5000)]
    assert moves(*rows) == [
        ("Jan", "ada", "new", 5000),
        ("Feb", "ada", "churn", -5000),
        ("Apr", "ada", "reactivation", 5000),
    ]


def test_a_gap_within_the_grace_days_is_no_gap() -> None:
    rows = [sub("ada", "2024-01-05", 5000, "2024-01-29"), sub("ada", "2024-02-03", 5000)]
    assert moves(*rows) == [("Jan", "ada", "new", 5000)]


def test_a_paid_period_that_ends_where_the_next_begins_moves_nothing() -> None:
    rows = [sub("ada", "2024-01-10", 5000, "2024-02-10"), sub("ada", "2024-02-10", 5000)]
    assert moves(*rows) == [("Jan", "ada", "new", 5000)]


def test_a_pause_is_contraction_and_coming_back_from_it_expansion() -> None:
    rows = [
        sub("ada", "2024-01-05", 5000, of="s"),
        sub("ada", "2024-02-05", 5000, of="s", opened="2024-01-05", status="paused"),
        sub("ada", "2024-04-05", 5000, of="s", opened="2024-01-05"),
    ]
    assert [(m, k) for m, _, k, _ in moves(*rows)] == [
        ("Jan", "new"),
        ("Feb", "contraction"),
        ("Apr", "expansion"),
    ]


def test_a_trial_brings_nothing_until_it_is_paid() -> None:
    rows = [
        sub("ada", "2024-01-20", 5000, of="s", status="trialing"),
        sub("ada", "2024-02-03", 5000, of="s", opened="2024-01-20"),
    ]
    assert moves(*rows) == [("Feb", "ada", "new", 5000)]


def test_forty_changes_in_a_day_are_one_movement() -> None:
    hour = at("2024-02-05")
    rows = [sub("ada", "2024-01-05", 5000, of="s")]
    for n in range(40):
        row = sub("ada", "2024-02-05", 5000 + (n % 7) * 100 + (n == 39) * 50, of="s")
        rows.append(row | {"updated_at": hour + timedelta(minutes=n)})
    assert moves(*rows)[1:] == [("Feb", "ada", "expansion", 450)]


def test_a_past_month_is_told_as_it_was_known_then() -> None:
    rows = [
        sub("ada", "2024-01-05", 5000, of="s", received_at=at("2024-01-05")),
        sub("ada", "2024-02-05", 9000, of="s", received_at=at("2024-05-01")),  # told in May
    ]
    assert moves(*rows, known_at=at("2024-04-01")) == [("Jan", "ada", "new", 5000)]
    assert ("Feb", "ada", "expansion", 4000) in moves(*rows)


def test_currencies_are_never_added() -> None:
    rows = [sub("ada", "2024-01-05", 5000), sub("ada", "2024-01-05", 700, of="e", currency="EUR")]
    assert {amount for *_, amount in moves(*rows)} == {5000, 700}


lives = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bo"]),
        st.integers(0, 170),
        st.integers(0, 60),
        st.integers(0, 5) | st.just(9),
        st.sampled_from(["active", "paused", "trialing", "past_due", "cancelled"]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(lives)
def test_movements_always_add_up_from_one_month_to_the_next(
    life: list[tuple[str, int, int, int, str]],
) -> None:
    first = at("2024-01-02")
    rows = [
        {
            "subscription_id": f"s{n}", "account_id": who, "started_at": first + timedelta(start),
            "status": status, "mrr_minor": mrr * 100, "currency": "USD",
            "ended_at": first + timedelta(start + days) if days else None,
        }
        for n, (who, start, days, mrr, status) in enumerate(life)
    ]  # fmt: skip
    if not rows:
        return
    table = movements(
        Dataset.from_frames(subscriptions=pa.Table.from_pylist(rows)),
        date(2024, 1, 1), date(2024, 8, 1), grace_days=7, known_at=LATER,
    )  # fmt: skip
    state: dict[str, int] = {}
    by_month: dict[date, dict[str, dict[str, object]]] = {}
    for row in table.to_pylist():
        by_month.setdefault(row["month"], {})[row["account_id"]] = row
    for month in [date(2024, m, 1) for m in range(1, 9)]:
        for who in ("ada", "bo"):
            row = by_month.get(month, {}).get(who, {"start_minor": 0, "end_minor": 0})
            assert row["start_minor"] == state.get(who, 0)
            if "change_minor" in row:
                assert row["change_minor"] == row["end_minor"] - row["start_minor"]
            state[who] = row["end_minor"]


@pytest.mark.parametrize("day", ["2024-02-01", "2024-02-29"])
def test_the_first_and_the_last_day_of_a_month_belong_to_it(day: str) -> None:
    assert moves(sub("ada", day, 5000))[0][0] == "Feb"


def test_a_comeback_is_a_reactivation_however_few_months_are_asked_for() -> None:
    rows = [
        sub("ada", "2023-03-05", 5000, "2023-06-10"),
        sub("ada", "2024-02-03", 5000, of="again"),
    ]
    assert moves(*rows) == [("Feb", "ada", "reactivation", 5000)]


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 980), ("KWD", 12_345)])
def test_amounts_stay_in_minor_units_whatever_their_size(currency: str, amount: int) -> None:
    rows = [sub("ada", "2024-01-05", amount, currency=currency)]
    assert moves(*rows) == [("Jan", "ada", "new", amount)]


def test_a_credit_that_stays_is_in_every_month() -> None:
    """More is given back than paid: the sum of each month says so, not only the first's."""
    data = Dataset.from_frames(subscriptions=pa.Table.from_pylist([
        {"subscription_id": "s", "account_id": "ada", "started_at": at("2024-01-05"),
         "updated_at": at("2024-01-05"), "status": "active", "mrr_minor": -500, "currency": "USD"},
    ]))  # fmt: skip
    told = months(data, date(2024, 1, 1), date(2024, 3, 1), grace_days=7,
                  known_at=at("2024-05-01"))  # fmt: skip
    assert [(m.start_minor, m.end_minor) for m in told] == [(0, -500), (-500, -500), (-500, -500)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 190),
            st.integers(-900, 9000), st.sampled_from(["active", "paused", "trialing", "cancelled"]),
            st.one_of(st.none(), st.integers(1, 120)), st.sampled_from(["USD", "JPY"]),
        ),
        min_size=1, max_size=14,
    ),
    st.integers(60, 240),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 190),
                       st.sampled_from(["voluntary", "involuntary"])), max_size=3),
    st.one_of(st.none(), st.dictionaries(st.sampled_from("abc"), st.sampled_from(["it's", "y"]))),
    st.one_of(st.none(), st.sets(st.sampled_from("abc"))),
)  # fmt: skip
def test_summed_where_facts_are_read_months_are_those_of_the_movements(
    lives, known_day, gone, groups, only
) -> None:
    begin = at("2023-12-20")
    rows = [
        {
            "subscription_id": f"{account}{which}", "account_id": account,
            "started_at": begin + timedelta(days=day), "updated_at": begin + timedelta(days=day),
            "status": status, "mrr_minor": mrr, "currency": currency,
            "ended_at": begin + timedelta(days=day + life) if life else None,
        }
        for account, which, day, mrr, status, life, currency in lives
    ]  # fmt: skip
    data = Dataset.from_frames(subscriptions=pa.Table.from_pylist(rows))
    rules = {"grace_days": 7, "known_at": begin + timedelta(days=known_day)}  # fmt: skip
    span = (date(2024, 1, 1), date(2024, 6, 1))
    churned = pa.table({
        "account_id": pa.array([a for a, _, _ in gone], pa.string()),
        "churned_at": pa.array([begin + timedelta(days=d) for _, d, _ in gone],
                               pa.timestamp("us", "UTC")),
        "kind": pa.array([k for _, _, k in gone], pa.string()),
    })  # fmt: skip
    rows = movements(data, *span, **rules)
    assert months(data, *span, **rules) == figures(rows)
    split = {"groups": groups, "only": only}
    told = months(data, *span, **rules, churned=churned, **split)
    assert told == figures(with_leaving(rows, churned), **split)

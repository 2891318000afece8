"""Larkspur looks like a company: sizes, money, churn, seasons; and it is the same every time."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tenure.analytics.tables import TABLES
from tenure.demo import hidden
from tenure.demo.company import load
from tenure.demo.simulate import Simulation, simulate

END = datetime(2026, 3, 2, tzinfo=UTC)

HELD = [name for name in TABLES if name != "refusals"]  # it had no mail system before


def frame(larkspur: Simulation, table: str) -> pd.DataFrame:
    return larkspur.tables[table].to_pandas()


def truth(larkspur: Simulation) -> pd.DataFrame:
    return pd.DataFrame(larkspur.history.truth.columns())


def mrr_at(larkspur: Simulation, moment: str) -> pd.Series:
    facts = frame(larkspur, "subscriptions")
    facts = facts[facts.updated_at < pd.Timestamp(moment, tz="UTC")].sort_values("updated_at")
    last = facts.groupby("subscription_id").tail(1)
    return last[last.status != "cancelled"].groupby("account_id").mrr_minor.sum() / 100


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, two = (simulate(load(), date(2026, 3, 2), accounts=60) for _ in range(2))
    assert all(one.tables[name].equals(two.tables[name]) for name in one.tables)


def test_another_seed_gives_another_company() -> None:
    one, two = (simulate(load(), date(2026, 3, 2), seed=s, accounts=60) for s in (1, 2))
    assert not one.tables["events"].equals(two.tables["events"])


def test_every_table_of_facts_is_there_and_fits_its_declaration(larkspur: Simulation) -> None:
    assert set(larkspur.tables) == set(HELD)
    for name, data in larkspur.tables.items():
        schema = TABLES[name].arrow_schema()
        assert data.num_rows > 0
        for column in data.schema:
            assert schema.field(column.name).type == column.type, (name, column.name)
        for column in TABLES[name].columns:
            if column.required:
                assert data[column.name].null_count == 0, (name, column.name)


@pytest.mark.parametrize("name", HELD)
def test_nothing_is_known_from_beyond_the_end(larkspur: Simulation, name: str) -> None:
    data, table = larkspur.tables[name], TABLES[name]
    told_ahead = {"renews_at", "due_at"}
    for column in data.schema:
        if pa.types.is_timestamp(column.type) and column.name not in told_ahead:
            latest = pc.max(data[column.name]).as_py()
            assert latest is None or latest < END, (name, column.name)
    assert data[table.time].null_count == 0


def test_the_last_two_years_are_covered_to_yesterday(larkspur: Simulation) -> None:
    times = larkspur.tables["events"]["timestamp"]
    assert (END - pc.max(times).as_py()).days == 0
    assert (END - pc.min(times).as_py()).days in (730, 731)


def test_ids_are_unique_where_a_fact_has_one(larkspur: Simulation) -> None:
    for table, column in [("events", "message_id"), ("payments", "payment_id"),
                          ("invoices", "invoice_id"), ("tickets", "ticket_id")]:  # fmt: skip
        data = larkspur.tables[table][column]
        assert pc.count_distinct(data).as_py() == len(data)


def test_everything_refers_to_accounts_and_people_that_exist(larkspur: Simulation) -> None:
    accounts = larkspur.tables["accounts"]["account_id"]
    people = larkspur.tables["people"]["person_id"]
    for name, data in larkspur.tables.items():
        if "account_id" in data.column_names:
            assert pc.all(pc.is_in(data["account_id"], accounts)).as_py(), name
        if "person_id" in data.column_names:
            assert pc.all(pc.is_in(data["person_id"], people)).as_py(), name


def test_tiers_pay_what_their_tier_means(larkspur: Simulation) -> None:
    yearly = mrr_at(larkspur, "2025-06-01") * 12
    tier = pd.Series(larkspur.accounts.tier, index=larkspur.accounts.ids()).reindex(yearly.index)
    assert yearly[tier == 0].median() >= 50_000
    assert 1_000 <= yearly[tier == 1].median() < 50_000
    assert 100 <= yearly[tier == 2].median() < 1_000
    assert yearly[tier == 3].median() < 100


def test_revenue_grows(larkspur: Simulation) -> None:
    start, end = mrr_at(larkspur, "2024-04-01").sum(), mrr_at(larkspur, "2026-03-01").sum()
    assert 1.5 < end / start < 6


def test_small_customers_leave_more_often_than_large_ones(larkspur: Simulation) -> None:
    tier = larkspur.accounts.tier
    months = np.bincount(tier, larkspur.history.alive.sum(axis=1)) / 30.4
    churned = np.bincount(tier[truth(larkspur).account], minlength=4)
    enterprise, mid, smb, self_serve = churned / months
    assert enterprise < 0.02
    assert 0.005 < mid < 0.03
    assert 0.02 < smb < 0.05
    assert 0.03 < self_serve < 0.08


def test_a_third_to_a_half_of_the_churn_is_involuntary(larkspur: Simulation) -> None:
    assert 0.30 <= (truth(larkspur).kind == "involuntary").mean() <= 0.50


def test_some_churn_has_causes_that_no_behaviour_shows(larkspur: Simulation) -> None:
    causes = truth(larkspur).cause.value_counts()
    assert causes[hidden.FATE] >= 5
    assert causes["budget"] >= 5
    assert causes["little value"] > causes["budget"]


def test_the_truth_is_not_in_the_facts(larkspur: Simulation) -> None:
    texts = {str(v) for d in larkspur.tables.values() for v in d.slice(0, 50).to_pylist()}
    assert not any(cause in text for cause in (hidden.FATE, "champion gone") for text in texts)


def test_a_cancelled_subscription_stays_cancelled(larkspur: Simulation) -> None:
    facts = frame(larkspur, "subscriptions").sort_values("updated_at")
    last = facts.groupby("subscription_id").status.last()
    ended = facts[facts.status == "cancelled"].subscription_id
    assert ended.is_unique
    assert (last[ended] == "cancelled").all()
    assert facts[facts.status == "cancelled"].end_reason.notna().all()


def test_some_come_back_with_a_new_subscription(larkspur: Simulation) -> None:
    ids = frame(larkspur, "subscriptions").subscription_id
    assert 5 < ids[ids.str.endswith("-s2")].nunique() < 60


def test_declined_payments_are_retried_and_most_recovered(larkspur: Simulation) -> None:
    attempts = frame(larkspur, "payments")
    first = attempts.groupby("invoice_id").status.first()
    assert 0.02 < (first == "failed").mean() < 0.08
    failed = attempts[attempts.invoice_id.isin(first[first == "failed"].index)]
    assert 0.5 < (failed.groupby("invoice_id").status.last() == "succeeded").mean() < 0.75
    assert failed.groupby("invoice_id").size().max() <= 5
    assert attempts[attempts.status == "failed"].decline_code.notna().all()


def test_invoices_paid_are_those_with_a_payment_that_succeeded(larkspur: Simulation) -> None:
    paid = frame(larkspur, "invoices").dropna(subset=["paid_at"]).invoice_id
    attempts = frame(larkspur, "payments")
    assert set(paid) == set(attempts[attempts.status == "succeeded"].invoice_id)


def test_weekends_summer_and_the_end_of_the_year_are_quiet(larkspur: Simulation) -> None:
    day = frame(larkspur, "events").timestamp.dt.tz_localize(None).dt.normalize()
    counts = day.value_counts().sort_index()
    weekday = counts[counts.index.day_of_week < 5]
    assert counts[counts.index.day_of_week >= 5].mean() < 0.35 * weekday.mean()
    august, june = weekday["2025-08-01":"2025-08-20"], weekday["2025-06-01":"2025-06-25"]
    assert august.mean() < 0.95 * june.mean()
    assert (
        weekday["2025-12-25":"2025-12-30"].mean() < 0.8 * weekday["2025-12-01":"2025-12-18"].mean()
    )


def test_nobody_does_anything_before_joining_or_after_the_end(larkspur: Simulation) -> None:
    events = frame(larkspur, "events").groupby("person_id").timestamp.agg(["min", "max"])
    facts = frame(larkspur, "people").groupby("person_id")
    joined = facts.created_at.first().reindex(events.index)
    left = facts.left_at.last().reindex(events.index).dropna()
    day = pd.Timedelta(days=1)  # a person's day and a UTC day differ by up to half of one
    assert (events["min"] > joined - day).all()
    assert (events.loc[left.index, "max"] < left + day).all()


def test_champions_leave_and_some_are_followed(larkspur: Simulation) -> None:
    moves = pd.DataFrame(larkspur.history.champions.columns()).kind.value_counts()
    assert moves["leaves"] > 20
    assert 0.3 < moves["arrives"] / moves["leaves"] < 0.8


def test_many_never_answer_a_survey(larkspur: Simulation) -> None:
    asked = larkspur.people.answers
    assert 0.5 < asked.mean() < 0.7
    answered = set(frame(larkspur, "responses").person_id)
    assert not answered & set(larkspur.people.ids()[~asked])


def test_unhappy_tickets_are_escalated_more_often(larkspur: Simulation) -> None:
    tickets = frame(larkspur, "tickets").dropna(subset=["sentiment"])
    bad = tickets.sentiment < tickets.sentiment.median()
    escalated = tickets.escalated_at.notna()
    assert escalated[bad].mean() > 1.3 * escalated[~bad].mean()


def test_use_tells_something_of_churn_and_not_all(larkspur: Simulation) -> None:
    """Rank by one plain number, events in 28 days: better than chance, far from certain."""
    h = larkspur.history
    events = frame(larkspur, "events")
    index = {a: i for i, a in enumerate(larkspur.accounts.ids())}
    day = (events.timestamp - events.timestamp.min().normalize()).dt.days.to_numpy()
    counts = np.zeros(h.alive.shape)
    np.add.at(counts, (events.account_id.map(index).to_numpy(), day), 1)
    scores, labels = [], []
    gone = truth(larkspur)
    for moment in range(200, 640, 30):
        here = np.flatnonzero(h.alive[:, moment - 1])
        soon = set(gone.account[(gone.day >= moment) & (gone.day < moment + 60)])
        scores.append(-np.log1p(counts[here, moment - 28 : moment].sum(axis=1)))
        labels.append([a in soon for a in here])
    score, label = np.concatenate(scores), np.concatenate(labels)
    order = score.argsort().argsort()
    positives = label.sum()
    auc = (order[label].sum() - positives * (positives - 1) / 2) / (positives * (~label).sum())
    assert 0.6 < auc < 0.9

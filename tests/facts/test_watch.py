"""The watch: silence, unusual volume and broken promises open alerts that close by themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tenure.facts import contracts, watch
from tenure.facts.models import Source, SourceAlert, SourceDay

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
YESTERDAY = date(2026, 3, 1)
PACKAGED = Path(contracts.__file__).with_name("contracts.toml").read_text()
RULES = contracts.parse("packaged", PACKAGED)


def days(*numbers: int) -> dict[date, int]:
    """The same weekday in the weeks up to yesterday."""
    first = YESTERDAY - timedelta(weeks=len(numbers) - 1)
    return {first + timedelta(weeks=i): n for i, n in enumerate(numbers)}


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ((100, 104, 96, 100, 0), "quiet"),
        ((100, 104, 96, 100, 40), "quiet"),
        ((100, 104, 96, 100, 60), None),
        ((100, 104, 96, 100, 400), "loud"),
        ((100, 104, 96, 100, 250), None),
        ((100, 300, 20, 180, 40), None),  # it always was all over the place
        ((100, 5000, 96, 100, 40), "quiet"),  # one odd week does not shift the median
        ((10, 11, 9, 10, 0), None),  # too little to judge
        ((100, 100, 0), None),  # too few weeks
    ],
)
def test_a_day_is_compared_with_its_weekday(numbers: tuple[int, ...], kind: str | None) -> None:
    judged = watch.judge_volume(days(*numbers), YESTERDAY, RULES.watch)
    assert (judged[0] if judged else None) == kind


def test_silence_is_measured_by_the_gaps_before() -> None:
    daily = [date(2026, 1, 1) + timedelta(days=i) for i in range(20)]
    weekly = [date(2026, 1, 1) + timedelta(weeks=i) for i in range(8)]
    assert watch.silence_allowed(daily, RULES.watch) == timedelta(days=3)
    assert watch.silence_allowed(weekly, RULES.watch) == timedelta(days=21)
    assert watch.silence_allowed(daily[:2], RULES.watch) is None


def source(name: str, last: datetime, rows: dict[date, int], event: str = "") -> None:
    kind = name.partition(":")[0]
    Source.objects.create(
        name=name, kind=kind, first_seen_at=last, last_seen_at=last, last_fact_at=last
    )
    SourceDay.objects.bulk_create(
        SourceDay(source=name, table="events", name=event, day=d, rows=n) for d, n in rows.items()
    )


@pytest.mark.django_db
def test_an_alert_opens_once_and_closes_when_all_is_well() -> None:
    source("web", NOW, days(100, 104, 96, 100, 0))
    assert watch.run(NOW) == (1, 0)
    assert watch.run(NOW + timedelta(hours=1)) == (0, 0)
    alert = SourceAlert.objects.get()
    assert (alert.kind, alert.subject, alert.closed_at) == ("quiet", "web", None)
    assert "usual for that weekday are 100" in alert.text
    SourceDay.objects.filter(day=YESTERDAY).update(rows=99)
    assert watch.run(NOW + timedelta(hours=2)) == (0, 1)
    alert.refresh_from_db()
    assert alert.closed_at == NOW + timedelta(hours=2)


@pytest.mark.django_db
def test_a_stale_source_is_told_of_and_a_file_is_not() -> None:
    daily = {YESTERDAY - timedelta(days=i): 50 for i in range(5, 40)}
    source("web", NOW - timedelta(days=5), daily)
    source("file:crm.csv", NOW - timedelta(days=5), daily)
    found = watch.findings(NOW, RULES)
    assert [(f.source, f.kind) for f in found] == [("web", "stale")]
    assert "5 days" in found[0].text


@pytest.mark.django_db
def test_a_contract_has_a_file_watched() -> None:
    source("file:crm.csv", NOW - timedelta(days=5), {})
    rules = contracts.parse("m", PACKAGED + '\n[sources."file:crm.csv"]\nexpected_every = "1d"\n')
    assert [f.kind for f in watch.findings(NOW, rules)] == ["stale"]


@pytest.mark.django_db
def test_promised_events_that_stop_or_never_come() -> None:
    source("web", NOW, {YESTERDAY - timedelta(days=9): 5}, "Shared")
    text = '\n[events.Shared]\nexpected_every = "2d"\n[events.Never]\nexpected_every = "1w"\n'
    found = watch.findings(NOW, contracts.parse("m", PACKAGED + text))
    assert {(f.subject, f.kind) for f in found} == {("Shared", "stale"), ("Never", "missing")}


@pytest.mark.django_db
@pytest.mark.parametrize(("rows", "kind"), [(5, "quiet"), (50, None), (500, "loud")])
def test_promised_volume(rows: int, kind: str | None) -> None:
    source("web", NOW, {YESTERDAY: rows}, "Shared")
    text = "\n[events.Shared.volume]\nmin_per_day = 10\nmax_per_day = 100\n"
    found = watch.findings(NOW, contracts.parse("m", PACKAGED + text))
    assert [f.kind for f in found] == ([kind] if kind else [])

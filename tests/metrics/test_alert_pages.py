"""The pages of alerts and indicators: who may do what, the list and its acts, the course."""

from __future__ import annotations

import doctest
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.core.models import Job
from tenure.metrics.alerts import actions
from tenure.metrics.alerts.actions import Condition
from tenure.metrics.alerts.models import Alert
from tenure.metrics.indicators.models import IndicatorValue
from tenure.metrics.indicators.pages import chart

ROLES = [("admin", True), ("cs_lead", True), ("csm", True), ("support", False), ("analyst", False)]


@pytest.fixture
def alerts(customers: list[Any]) -> list[Alert]:
    """Three of accounts and one of an indicator."""
    now = timezone.now()
    ids = list(Account.objects.order_by("pk").values_list("pk", flat=True)[:3])
    signs = [
        Condition(f"risk:data_export:{i}", "data_export", "critical", "Data export started",
                  "Usual time to churn: days.", i) for i in ids
    ]  # fmt: skip
    actions.sync("risk", signs, now=now)
    sign = Condition("indicator:nps:", "nps", "high", "NPS: lower than expected", "12.0")
    actions.sync("indicator", [sign], now=now)
    return list(Alert.objects.order_by("pk"))


@pytest.fixture
def course(db: None) -> None:
    """Two months of active people that fall on the last day."""
    now = timezone.now()
    IndicatorValue.objects.bulk_create(
        IndicatorValue(
            indicator="active_people", segment=segment, start=(now - timedelta(days=60 - n)).date(),
            known_at=now, value=n + 100.0 if n < 59 else 20.0, base=100, expected=100.0 + n,
            low=80.0 + n, high=120.0 + n, status="fine" if n < 59 else "low", made_by="x",
            computed_at=now,
        )
        for n in range(60) for segment in ("", "enterprise")
    )  # fmt: skip


def seen(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_geometry() -> None:
    assert doctest.testmod(chart).failed == 0


@pytest.mark.parametrize(("role", "may"), ROLES)
def test_who_may_see_and_do_what(
    alerts: Any, seen_by: Any, colleague: Any, role: str, may: bool
) -> None:
    client = seen_by(colleague(role))
    for path in ("/alerts/", "/alerts/precision/", "/indicators/", "/indicators/i/nps/"):
        assert client.get(path).status_code == 200
    pk = alerts[0].pk
    for path in (f"/alerts/{pk}/mark/", f"/alerts/{pk}/snooze/", "/indicators/count/"):
        assert client.post(path).status_code == (302 if may else 403)
        assert client.get(path).status_code == 405
    assert ("False alarm: Data export" in seen(client, "/alerts/")) == may


def test_the_list_can_be_filtered(alerts: Any, seen_by: Any, bob: Any) -> None:
    client = seen_by(bob)
    assert seen(client, "/alerts/").count("Data export started</a>") == 0
    assert "NPS: lower than expected" in seen(client, "/alerts/?kind=indicator")
    assert "NPS: lower than expected" not in seen(client, "/alerts/?severity=critical")
    assert "No alert matches" in seen(client, "/alerts/?state=closed")
    assert client.get("/alerts/?state=nonsense&segment=%00x&page=99").status_code == 200


def test_marking_and_putting_away_lead_back_to_the_list(
    alerts: Any, seen_by: Any, bob: Any
) -> None:
    client, first = seen_by(bob), alerts[0]
    back = {"next": "/alerts/?severity=critical"}
    answer = client.post(f"/alerts/{first.pk}/mark/", {"mark": "false_alarm", **back})
    assert answer["location"] == back["next"]
    assert Alert.objects.get(pk=first.pk).marked_by == bob.email
    assert "100 %" not in seen(client, "/alerts/precision/")
    client.post(f"/alerts/{first.pk}/mark/", {"mark": "useful"})
    assert "100 %" in seen(client, "/alerts/precision/")
    answer = client.post(
        f"/alerts/{first.pk}/snooze/", {"days": "7", "next": "https://evil.example/"}
    )
    assert answer["location"] == "/alerts/"
    assert Alert.objects.get(pk=first.pk).snoozed_until is not None
    client.post(f"/alerts/{first.pk}/snooze/", {"days": "-1"})
    assert "It was not put away" in seen(client, "/alerts/?state=snoozed")
    assert client.post("/alerts/999999/mark/", {"mark": "useful"}).status_code == 404


@pytest.mark.usefixtures("course")
def test_an_indicator_shows_figure_band_status_and_segments(seen_by: Any, bob: Any) -> None:
    client = seen_by(bob)
    page = seen(client, "/indicators/")
    assert "Active people" in page
    assert "Expected 159 (139 to 179)" in page
    assert 'class="expected"' in page
    assert ">Below<" in page
    one = seen(client, "/indicators/i/active_people/")
    assert "Enterprise" in one
    assert "the median of the same weekday of the last 8 weeks" in one
    assert client.get("/indicators/i/nonsense/").status_code == 404


def test_an_account_shows_its_alerts(alerts: Any, seen_by: Any, bob: Any) -> None:
    client, first = seen_by(bob), alerts[0]
    panel = f"/accounts/panel/alerts/{first.account_id}"
    assert "False alarm: Data export started" in seen(client, panel)
    client.post(f"/alerts/{first.pk}/mark/", {"mark": "useful"})
    actions.sync("risk", [], now=timezone.now())
    assert "useful" in seen(client, panel)
    assert "False alarm: Data export started" not in seen(client, panel)


def test_before_the_first_figures_it_teaches(workspace: Any, seen_by: Any, bob: Any) -> None:
    assert "No figures yet" in seen(seen_by(bob), "/indicators/")
    assert "No alert yet" in seen(seen_by(bob), "/alerts/")


def test_working_out_now_is_asked_for_once(workspace: Any, seen_by: Any, bob: Any) -> None:
    client = seen_by(bob)
    for _ in range(2):
        client.post("/indicators/count/")
    assert Job.objects.filter(kind="indicators.count").count() == 1
    assert "being worked out" in seen(client, "/indicators/")


def test_the_api_lists_marks_and_puts_away(alerts: Any, api: Any) -> None:
    client, pk = api("csm"), alerts[0].pk
    listed = client.get("/api/v1/alerts?severity=critical").json()
    assert (listed["total"], {a["signal"] for a in listed["items"]}) == (3, {"data_export"})
    json = {"content_type": "application/json"}
    marked = client.post(f"/api/v1/alerts/{pk}/mark", {"mark": "useful"}, **json).json()
    assert (marked["mark"], marked["marked_by"]) == ("useful", "key: test csm")
    until = (timezone.now() + timedelta(days=3)).isoformat()
    away = client.post(f"/api/v1/alerts/{pk}/snooze", {"until": until}, **json)
    assert away.json()["snoozed_until"] is not None
    past = client.post(f"/api/v1/alerts/{pk}/snooze", {"until": "2020-01-01T00:00:00Z"}, **json)
    assert past.status_code == 422
    precision = client.get("/api/v1/alerts/precision").json()
    assert next(p for p in precision if p["signal"] == "data_export")["value"] == 1


@pytest.mark.usefixtures("course")
def test_the_api_gives_indicators_with_their_course(api: Any) -> None:
    client = api("analyst")
    found = {i["indicator"]: i for i in client.get("/api/v1/indicators?points=5").json()}
    assert found["active_people"]["value"] == 20
    assert len(found["active_people"]["course"]) == 5
    both = client.get("/api/v1/indicators/active_people").json()
    assert [i["segment"] for i in both] == [None, "enterprise"]
    assert client.get("/api/v1/indicators/nonsense").status_code == 404

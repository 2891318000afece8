"""Alerts: one while a sign lasts, told to whom policy says, put away, marked, counted."""

from __future__ import annotations

import doctest
import json
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from tenure.accounts import segments
from tenure.accounts.models import Account, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.channels.models import Endpoint, Message
from tenure.core import policy
from tenure.core.models import AuditEntry
from tenure.facts.models import InboxRow
from tenure.health import scoring
from tenure.metrics.alerts import actions, documents, periodic_tasks, queries, risk
from tenure.metrics.alerts import policy as rules
from tenure.metrics.alerts.actions import Condition
from tenure.metrics.alerts.models import Alert
from tenure.metrics.alerts.policy import About, Route, route

DAY = timedelta(days=1)


def sign(
    name: str = "data_export", account: str = "a", severity: str = "critical", **more: Any
) -> Condition:
    return Condition(f"risk:{name}:{account}", name, severity, f"Title of {name}", "Says", account,
                     **more)  # fmt: skip


def sync(*signs: Condition, now: Any = NOW) -> actions.Synced:
    return actions.sync("risk", signs, now=now)


def told() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("channel", "address"))


@pytest.fixture
def accounts(db: None, bob: Any, alice: Any) -> None:
    """``a`` is Bob's and enterprise, ``b`` is nobody's."""
    Account.objects.create(id="a", name="Acme", owner=bob, status="active")
    Account.objects.create(id="b", name="Birch", status="active")
    segments.keep_packaged()
    SegmentMember.objects.create(segment_id="enterprise", account_id="a")


def routes(*lines: str) -> None:
    """Put these routes in force."""
    text = policy.text("alerts").split("[[routes]]")[0]
    policy.save("alerts", text + "".join(f"\n[[routes]]\n{line}\n" for line in lines), "t", "", NOW)


def test_examples() -> None:
    assert doctest.testmod(rules).failed == 0


@given(
    st.sampled_from(["risk", "indicator"]), st.sampled_from(rules.SEVERITIES), st.booleans(),
    st.sets(st.sampled_from(["enterprise", "smb"])),
)  # fmt: skip
def test_the_first_route_that_fits_wins(kind, severity, owned, inside) -> None:
    listed = rules.packaged().routes
    chosen = route(About(kind, severity, "x", inside, owned), listed)
    fits = [
        r for r in listed
        if r.kind in (None, kind) and severity in (r.severities or rules.SEVERITIES)
        and (not r.segments or inside & set(r.segments)) and r.owned in (None, owned)
    ]  # fmt: skip
    assert chosen == fits[0]


@pytest.mark.usefixtures("accounts")
def test_a_sign_opens_one_alert_that_lasts_as_long_as_it() -> None:
    assert sync(sign()) == actions.Synced(1, 0)
    assert sync(sign(), now=NOW + DAY) == actions.Synced(0, 0)
    alert = Alert.objects.get()
    assert (alert.opened_at, alert.seen_at) == (NOW, NOW + DAY)
    assert sync(now=NOW + 2 * DAY) == actions.Synced(0, 1)
    assert Alert.objects.get().closed_at == NOW + 2 * DAY
    sync(sign(), now=NOW + 3 * DAY)
    assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == ["closed", "open"]
    rows = [r for box in InboxRow.objects.order_by("pk") for r in json.loads(bytes(box.body))]
    names = [r["event"] for r in rows if r["event"].startswith("tenure.alert")]
    assert names == ["tenure.alert_opened", "tenure.alert_closed", "tenure.alert_opened"]


@pytest.mark.usefixtures("accounts")
def test_kinds_do_not_close_each_other() -> None:
    sync(sign())
    actions.sync("indicator", [], now=NOW)
    assert Alert.objects.get().state == "open"


@pytest.mark.usefixtures("accounts")
def test_by_the_packaged_routes_the_owner_or_the_lead_is_told(colleague: Any, bob: Any) -> None:
    lead = colleague("cs_lead")
    sync(sign(), sign(account="b"), sign("nps_low", "a", "medium"))
    assert sorted(told()) == [("mail", bob.email), ("mail", lead.email)]
    owners = {a.account_id: a.owner_id for a in Alert.objects.filter(signal="data_export")}
    assert owners == {"a": bob.pk, "b": lead.pk}
    message = Message.objects.get(address=bob.email)
    assert message.content["subject"] == "[critical] Title of data_export: Acme"
    assert "/alerts/" in message.content["text"]
    assert Alert.objects.get(account_id="a", signal="data_export").told[0]["to"] == bob.email
    assert Alert.objects.get(signal="nps_low").told == []


@pytest.mark.usefixtures("accounts")
def test_many_at_once_are_one_message_that_names_the_first(bob: Any) -> None:
    for n in range(30):
        Account.objects.create(id=f"n{n}", name=f"N{n}", owner=bob, status="active")
    sync(*(sign(account=f"n{n}") for n in range(30)))
    (message,) = Message.objects.all()
    assert message.content["subject"] == "[critical] 30 alerts"
    assert message.content["text"].count("Title of") == 20
    assert "and 10 more" in message.content["text"]


@pytest.mark.usefixtures("accounts")
def test_chat_and_a_fixed_address_are_told() -> None:
    Endpoint.objects.create(name="cs", channel="chat", url="https://chat.example", created_at=NOW)
    routes('name = "all"\nto = ["chat:cs", "mail:desk@example.com"]')
    sync(sign())
    assert sorted(told()) == [("chat", "cs"), ("mail", "desk@example.com")]


@pytest.mark.usefixtures("accounts")
def test_a_customers_name_calls_nobody_in_a_chat() -> None:
    Account.objects.filter(pk="a").update(name="<!channel> & Sons")
    Endpoint.objects.create(name="cs", channel="chat", url="https://chat.example", created_at=NOW)
    routes('name = "all"\nto = ["chat:cs", "mail:desk@example.com"]')
    sync(sign())
    texts = dict(Message.objects.values_list("channel", "content__text"))
    assert "<" not in texts["chat"]
    assert texts["chat"].count("&lt;!channel&gt; &amp; Sons") == 2
    assert "<!channel> & Sons" in texts["mail"]


@pytest.mark.usefixtures("accounts")
def test_who_cannot_be_told_holds_nothing_up_and_is_named() -> None:
    routes('name = "gone"\nto = ["chat:nowhere"]')
    sync(sign())
    alert = Alert.objects.get()
    assert (alert.told, Message.objects.count()) == ([], 0)
    assert "there is no chat endpoint 'nowhere'" in alert.untold
    routes('name = "nobody"\nto = ["role:support"]')
    sync(sign("ticket_escalated"))
    assert (
        Alert.objects.get(signal="ticket_escalated").untold == "nobody is there for: role:support"
    )


@pytest.mark.usefixtures("accounts")
def test_a_colleague_who_left_is_told_nothing(bob: Any) -> None:
    bob.is_active = False
    bob.save()
    sync(sign())
    assert told() == []


@pytest.mark.usefixtures("accounts")
def test_put_away_it_is_not_listed_and_told_of_again_when_it_comes_back(bob: Any) -> None:
    sync(sign())
    alert, until = Alert.objects.get(), NOW + 7 * DAY
    actions.snooze(alert, until, bob, now=NOW)
    assert not queries.listing(queries.AlertFilter(), NOW + DAY).exists()
    assert queries.listing(queries.AlertFilter("snoozed"), NOW + DAY).count() == 1
    periodic_tasks.tick(NOW + 6 * DAY)
    assert len(told()) == 1
    periodic_tasks.tick(until)
    periodic_tasks.tick(until + DAY)
    assert len(told()) == 2
    assert queries.listing(queries.AlertFilter(), until).count() == 1
    assert AuditEntry.objects.filter(action="alert.snoozed", actor=bob.email).count() == 1


@pytest.mark.usefixtures("accounts")
def test_a_sign_that_comes_and_goes_stays_put_away(bob: Any) -> None:
    sync(sign())
    actions.snooze(Alert.objects.get(), NOW + 7 * DAY, bob, now=NOW)
    sync(now=NOW + DAY)
    sync(sign(), now=NOW + 2 * DAY)
    assert Alert.objects.get(state="open").snoozed_until == NOW + 7 * DAY
    assert len(told()) == 1


@pytest.mark.usefixtures("accounts")
def test_what_cannot_be_put_away(bob: Any) -> None:
    sync(sign())
    alert = Alert.objects.get()
    for until in (NOW, NOW + 400 * DAY):
        with pytest.raises(SpecError):
            actions.snooze(alert, until, bob, now=NOW)
    sync(now=NOW)
    with pytest.raises(SpecError) as refused:
        actions.snooze(alert, NOW + DAY, bob, now=NOW)
    assert refused.value.problem == "is closed"


@pytest.mark.usefixtures("accounts")
def test_marks_are_signed_and_make_the_precision(bob: Any) -> None:
    """8 of 10 marked were useful: Wilson's interval is 49.0 % to 94.3 %."""
    for n in range(11):
        sync(sign(), now=NOW + 2 * n * DAY)
        sync(now=NOW + (2 * n + 1) * DAY)
    for number, alert in enumerate(Alert.objects.order_by("pk")):
        if number < 10:
            word = "useful" if number < 8 else "false_alarm"
            actions.mark(alert, word, bob, now=NOW + 40 * DAY)
    (found,) = queries.precision()
    assert (found.opened, found.open_now, found.useful, found.false_alarms) == (11, 0, 8, 2)
    assert found.low is not None
    assert found.high is not None
    assert (found.value, round(found.low, 3), round(found.high, 3)) == (0.8, 0.49, 0.943)
    last = Alert.objects.filter(mark="false_alarm").last()
    assert last is not None
    assert (last.marked_by, last.marked_at) == (bob.email, NOW + 40 * DAY)
    actions.mark(last, "", bob, now=NOW + 41 * DAY)
    assert queries.precision()[0].marked == 9
    assert AuditEntry.objects.filter(action="alert.marked").count() == 11
    with pytest.raises(SpecError):
        actions.mark(last, "nonsense", bob, now=NOW)


@pytest.mark.usefixtures("accounts")
def test_a_false_alarm_leaves_the_list_but_not_the_count(bob: Any) -> None:
    sync(sign())
    actions.mark(Alert.objects.get(), "false_alarm", bob, now=NOW)
    assert not queries.listing(queries.AlertFilter(), NOW).exists()
    assert queries.listing(queries.AlertFilter("false_alarm"), NOW).exists()
    assert sync(sign(), now=NOW + DAY) == actions.Synced(0, 0)


@pytest.mark.usefixtures("accounts")
def test_the_list_can_be_asked(bob: Any) -> None:
    sync(sign(), sign("nps_low", "b", "medium"), sign("usage_down", "b", "high"))
    ask = queries.listing

    def names(**fields: Any) -> list[str]:
        return [a.signal for a in ask(queries.AlertFilter(**fields), NOW)]

    assert names() == ["data_export", "usage_down", "nps_low"]
    assert names(segment="enterprise") == ["data_export"]
    assert names(severity="high") == ["usage_down"]
    assert names(account="b") == ["usage_down", "nps_low"]
    assert names(owner_id=bob.pk) == ["data_export"]
    assert [a.signal for a in queries.of_account("a")] == ["data_export"]


@pytest.mark.usefixtures("workspace", "accounts")
def test_risk_signals_that_fire_become_alerts_of_their_level() -> None:
    assert risk.after_scoring in scoring.AFTER_LIVE
    from tenure.health import policy as health

    registry = health.registry()
    parts = {p for r in registry.risk_signals.values() for p in r.parts()}
    signals = registry.signals
    columns = {
        p: pa.nulls(3, pa.string() if getattr(signals[p], "unit", "") == "text" else pa.float64())
        for p in parts
    }
    columns["payment_state"] = pa.array(["failed", None, "failed"], pa.string())
    columns["data_exports_7d"] = pa.array([None, 2.0, None], pa.float64())
    columns["nps_last"] = pa.array([1.0, 1.0, 1.0], pa.float64())
    table = pa.table({"account_id": ["a", "b", "gone"], "active": [True, True, False], **columns})
    risk.after_scoring(table, NOW, NOW)
    found = {(a.account_id, a.signal): a.severity for a in Alert.objects.all()}
    assert found == {("a", "payment_failed"): "high", ("b", "data_export"): "critical"}
    risk.after_scoring(table, NOW, NOW)
    assert Alert.objects.count() == 2
    assert "Usual time to churn: days." in Alert.objects.get(account_id="b").says


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('to = ["owner"]', 'to = ["boss"]', "routes.1.to"),
        ('to = ["role:cs_lead"]', 'to = ["role:king"]', "routes.0.to"),
        ('purpose = "service"', 'purpose = "news"', "telling.purpose"),
        ('kind = "risk"', 'kind = "rain"', "routes.1.kind"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_document_is_refused(old: str, new: str, key: str) -> None:
    with pytest.raises(SpecError) as refused:
        policy.save("alerts", policy.text("alerts").replace(old, new, 1), "t", "", NOW)
    assert refused.value.key == key


@pytest.mark.usefixtures("accounts")
def test_closed_alerts_are_forgotten_in_the_end() -> None:
    sync(sign())
    sync(now=NOW)
    keep = documents.current().telling.keep_days
    assert actions.forget(NOW + timedelta(days=keep)) == 0
    assert actions.forget(NOW + timedelta(days=keep + 1)) == 1


def test_a_route_without_conditions_takes_everything() -> None:
    assert route(About("risk", "low", "x"), [Route(name="all", to=())]) is not None
    assert route(About("risk", "low", "x"), []) is None

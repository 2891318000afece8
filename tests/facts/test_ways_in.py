"""Every way in refuses ids that stand for nobody; what browsers and beacons send is understood."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sending import NOON, Company, track

from tenure.connectors.files.runs import run_import
from tenure.connectors.posted import accepting, ingest
from tenure.connectors.posthog.parse import parse as parse_posthog
from tenure.connectors.segment.parse import parse_merge
from tenure.connectors.stripe import ingest as stripe
from tenure.connectors.stripe import policy as stripe_policy
from tenure.facts import ingest_policy, repairs
from tenure.facts.inbox import RawRequest, store
from tenure.facts.models import IdentityLink, InboxRow, PersonAccount, Quarantined

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = (
    "null", "NULL", "undefined", "Anonymous", "unknown", "N/A", "none", "0", "000", "-", "(null)",
    "00000000-0000-0000-0000-000000000000", "[object Object]", "NaN", '"null"', "{{user_id}}", " ",
)  # fmt: skip
SOMEBODY = ("nullify", "10", "00000000-0000-0000-0000-000000000001", "anonymous-7", "unknown@x.com")


@pytest.mark.parametrize("call", [
    {"type": "track", "event": "Login", "userId": "{}"},
    {"type": "track", "event": "Login", "anonymousId": "{}"},
    {"type": "identify", "userId": "{}", "traits": {"name": "Ada"}},
    {"type": "identify", "userId": "alice", "anonymousId": "{}"},
    {"type": "alias", "userId": "{}", "previousId": "alice"},
    {"type": "alias", "userId": "alice", "previousId": "{}"},
    {"type": "group", "userId": "alice", "groupId": "{}"},
    {"type": "track", "event": "Login", "userId": "alice", "context": {"groupId": "{}"}},
])  # fmt: skip
def test_calls_in_the_name_of_nobody_are_quarantined(company: Company, call: dict) -> None:
    text = json.dumps({**call, "timestamp": NOON.isoformat()})
    company.sends(*(_said(text, i, who) for i, who in enumerate(NOBODY)))
    company.flush()
    assert company.rows() == []
    assert not IdentityLink.objects.exists()
    assert not PersonAccount.objects.exists()
    refused = list(Quarantined.objects.all())
    assert {row.code for row in refused} == {"placeholder"}
    assert len(refused) == len(NOBODY)
    assert "where they have no id" in refused[0].reason


def _said(text: str, number: int, who: str) -> dict[str, Any]:
    return json.loads(text.replace('"{}"', json.dumps(who))) | {"messageId": f"m{number}"}


def test_ids_that_only_look_like_it_are_ids(company: Company) -> None:
    company.sends(*(track(f"m{i}", user=who) for i, who in enumerate(SOMEBODY)))
    company.flush()
    assert {row["person_id"] for row in company.rows()} == set(SOMEBODY)


def test_people_with_placeholders_are_not_merged(company: Company) -> None:
    for one, user in enumerate(("alice", "bob")):
        company.sends({"type": "alias", "messageId": f"a{one}", "userId": user,
                       "previousId": "undefined", "timestamp": NOON.isoformat()})  # fmt: skip
        company.flush()
    company.sends(track("m1", user="alice"), track("m2", user="bob"))
    company.flush()
    assert {r["message_id"]: r["person_id"] for r in company.rows()} == {"m1": "alice", "m2": "bob"}


def test_a_refused_alias_that_is_repaired_joins_whom_it_names(company: Company) -> None:
    company.sends({"type": "alias", "messageId": "a1", "userId": "alice", "previousId": "null",
                   "timestamp": NOON.isoformat()})  # fmt: skip
    company.flush()
    case = Quarantined.objects.get()
    mended = json.loads(case.payload) | {"previousId": "alicia"}
    assert repairs.repair(case.pk, json.dumps(mended), "ops", company.now).landed
    company.flush()
    assert IdentityLink.objects.get().person_id == "alice"
    assert IdentityLink.objects.get().alias == "alicia"


@pytest.mark.parametrize(
    ("table", "row", "field"),
    [("accounts", {"name": "Acme"}, "account_id"), ("people", {"name": "Ada"}, "person_id"),
     ("people", {"person_id": "ada"}, "account_id"),
     ("events", {"event": "Login", "account_id": "acme"}, "person_id"),
     ("tickets", {"ticket_id": "t1"}, "account_id"),
     ("subscriptions", {"account_id": "acme", "status": "active", "started_at": "2026-01-01"},
      "subscription_id")],
)  # fmt: skip
def test_posted_rows_in_the_name_of_nobody_are_refused(
    workspace: Any, now: datetime, table: str, row: dict[str, Any], field: str
) -> None:
    rows = [
        {**row, field: who, _time_of(table): "2026-01-01T00:00:00Z"} for who in NOBODY if who != " "
    ]
    refused = accepting.take(table, rows, source="api:test", backfill=True, now=now)
    assert {(r.code, r.field) for r in refused} == {("placeholder", field)}
    assert len(refused) == len(rows)
    ingest.land(now)
    assert Quarantined.objects.filter(code="placeholder").count() == len(rows)


def _time_of(table: str) -> str:
    from tenure.analytics.tables import TABLES

    return TABLES[table].time


def test_rows_of_files_in_the_name_of_nobody_are_quarantined_unless_said_to_be_empty(
    workspace: Any, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("person_id,account_id,name\nada,acme,Ada\nbob,NULL,Bob\nnull,acme,Eve\n")
    run = run_import("people", path, now=now)
    assert (run.rows_new, run.rows_quarantined) == (1, 2)
    reason = Quarantined.objects.get(line=3).reason
    assert reason.startswith("account_id is 'NULL', which programs send where they have no id")
    assert "--null 'NULL'" in reason
    from tenure.connectors.files.job import Options

    run = run_import("people", path, now=now, options=Options(nulls=("NULL",)))
    assert (run.rows_new, run.rows_known, run.rows_quarantined) == (1, 1, 1)


def test_a_workspace_may_have_an_account_that_is_called_so(workspace: Any, now: datetime) -> None:
    from tenure.core import policy

    text = ingest_policy.DEFAULT.read_text("utf-8").replace('"unknown", ', "")
    policy.save(ingest_policy.DOCUMENT, text, "ops", "a customer of that name", now)
    row = {"account_id": "Unknown", "name": "Unknown Ltd", "updated_at": "2026-01-01T00:00:00Z"}
    assert accepting.take("accounts", [row], source="api:test", backfill=False, now=now) == []


def test_a_workspace_whose_ids_begin_at_nought_says_so(workspace: Any, now: datetime) -> None:
    from tenure.core import policy

    row = {"account_id": "0", "name": "First", "updated_at": "2026-01-01T00:00:00Z"}
    (refused,) = accepting.take("accounts", [row], source="api:test", backfill=False, now=now)
    assert refused.code == "placeholder"
    text = ingest_policy.DEFAULT.read_text("utf-8").replace('"0", ', "")
    policy.save(ingest_policy.DOCUMENT, text, "ops", "numbered from 0", now)
    assert accepting.take("accounts", [row], source="api:test", backfill=False, now=now) == []


def test_a_customer_of_stripe_whose_metadata_names_nobody_makes_no_account(
    workspace: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stripe_policy.current().model_copy(update={"account_metadata": "account"})
    monkeypatch.setattr(stripe_policy, "current", lambda: found)
    thing = {"object": "customer", "id": "cus_1", "name": "Acme", "created": 1_760_000_000,
             "metadata": {"account": "undefined"}}  # fmt: skip
    event = {"id": "evt_1", "type": "customer.created", "created": 1_760_000_000,
             "data": {"object": thing}}  # fmt: skip
    store([RawRequest(now, "stripe", stripe.HELD, json.dumps(event).encode())])
    stripe.land(now)
    ingest.land(now)
    assert Quarantined.objects.get().code == "placeholder"
    assert not InboxRow.objects.exists()


def test_a_browser_that_tells_how_long_ago_it_was_is_believed(company: Company) -> None:
    event = {"event": "Opened", "uuid": "u1", "offset": 10_800_000, "distinct_id": "alice",
             "properties": {"$set": {"plan": "pro"}}}  # fmt: skip
    _posthog(company, event)
    rows = {row["message_id"]: row for row in company.rows()}
    assert company.now - rows["u1"]["timestamp"] == timedelta(hours=3)
    assert company.now - rows["u1#set"]["timestamp"] == timedelta(hours=3)


def test_a_time_that_is_told_stands_before_the_offset(company: Company) -> None:
    told = company.now - timedelta(minutes=5)
    _posthog(company, {"event": "Opened", "uuid": "u1", "offset": 10_800_000,
                       "timestamp": told.isoformat(), "distinct_id": "alice"})  # fmt: skip
    assert company.rows()[0]["timestamp"] == told


def test_the_same_offset_twice_is_two_events_and_an_impossible_one_is_refused(
    company: Company,
) -> None:
    event = {"event": "Opened", "offset": 60_000, "distinct_id": "alice"}
    _posthog(company, event)
    company.now += timedelta(hours=1)
    _posthog(company, event)
    assert len(company.rows()) == 2
    _posthog(company, {**event, "offset": 1e300}, {**event, "offset": -9e15})
    assert len(company.rows()) == 2
    assert set(Quarantined.objects.values_list("code", flat=True)) == {"too_old", "in_future"}


def _posthog(company: Company, *events: dict[str, Any]) -> None:
    body = json.dumps(list(events)).encode()
    store([RawRequest(company.now, "posthog:site", "posthog", body)])
    company.flush()


def test_engage_tells_of_a_person() -> None:
    told = {"$token": "k", "$distinct_id": "alice", "$set": {"name": "Alice"}}
    (call,) = parse_posthog(json.dumps(told).encode()).calls
    assert (call.type, call.user_id, json.loads(bytes(call.traits))) == (
        "identify", "alice", {"name": "Alice"}
    )  # fmt: skip


def test_a_merge_of_two_ids_is_an_alias_and_of_others_an_event() -> None:
    def merged(*same: tuple[str, str]) -> Any:
        listed = [{"type": kind, "value": value} for kind, value in same]
        body = {"type": "merge", "userId": "u", "messageId": "m", "mergeProperties": listed}
        (call,) = parse_merge(json.dumps(body).encode()).calls
        return call

    call = merged(("anonymous_id", "device"), ("user_id", "alice"))
    assert (call.type, call.user_id, call.previous_id) == ("alias", "alice", "device")
    call = merged(("user_id", "alice"), ("user_id", "alicia"))
    assert (call.type, call.user_id, call.previous_id) == ("alias", "alice", "alicia")
    call = merged(("email", "a@x.com"), ("mobile", "+49"))
    assert (call.type, call.event, call.user_id) == ("track", "Merged", "u")
    assert json.loads(bytes(call.properties))["merge_properties"][0]["value"] == "a@x.com"

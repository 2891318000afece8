"""Where people's clocks stand: understood however written, or refused; nobody wakes at two."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.accounts.models import Person
from tenure.channels import policy, settings
from tenure.facts import home_zones, lake, validate
from tenure.facts.inbox import RawRequest, store
from tenure.facts.models import Quarantined
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.repairs import repair

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("US/Eastern", "US/Eastern"),
        ("PST", "America/Los_Angeles"),
        ("UTC-05:00", "Etc/GMT+5"),
        ("UTC−05:00", "Etc/GMT+5"),
        ("GMT-5", "Etc/GMT+5"),
        ("-05:00", "Etc/GMT+5"),
        ("+0530", "Asia/Kolkata"),
        ("UTC+5:45", "Asia/Kathmandu"),
        ("UTC+14", "Etc/GMT-14"),
        ("UTC", "UTC"),
        ("Z", "UTC"),
        ("+00:00", "UTC"),
        ("Eastern Standard Time", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("(GMT-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome", "Europe/Amsterdam"),
        ("(UTC-05:00) Somewhere new", "Etc/GMT+5"),
        (" Tokyo ", "Asia/Tokyo"),
        ("CST", None), ("IST", None), ("BST", None), ("Mars", None), ("UTC+15", None),
        ("UTC+5:17", None), ("", None), ("local", None), ("GMT-", None), ("5", None),
    ],
)  # fmt: skip
def test_a_zone_is_understood_however_it_is_written(written: str, zone: str | None) -> None:
    assert home_zones.named(written) == zone


@given(st.sampled_from(sorted(available_timezones() - {"EST", "MST", "HST", "CET", "EET", "WET",
                                                       "MET"})))  # fmt: skip
def test_every_iana_zone_means_itself(name: str) -> None:
    for written in (name, name.lower(), name.upper(), name.replace("_", " ")):
        found = home_zones.named(written)
        assert found
        here, there = (datetime(2026, 7, 1, tzinfo=ZoneInfo(z)) for z in (name, found))
        assert here.utcoffset() == there.utcoffset()


@given(st.text(max_size=30))
def test_whatever_is_said_the_answer_is_a_zone_or_none(text: str) -> None:
    found = home_zones.named(text)
    assert found is None or found in available_timezones()


def test_a_row_lands_with_the_zone_or_is_refused_with_what_to_write() -> None:
    zones = ["Eastern Time (US & Canada)", "CST", None, " "]
    rows = [{"person_id": f"p{i}", "account_id": "a", "timezone": zone}
            for i, zone in enumerate(zones)]  # fmt: skip
    good, bad = validate.accept("people", rows, now=NOW, source="test", backfill=True)
    told = dict(zip(good["person_id"].to_pylist(), good["timezone"].to_pylist(), strict=True))
    assert told == {"p0": "America/New_York", "p2": None, "p3": None}
    (refusal,) = bad
    assert (refusal.row, refusal.code, refusal.field) == (1, "not_zone", "timezone")
    assert "'CST'" in refusal.reason
    assert "America/New_York" in refusal.reason


def _identify(zone: object, user: str = "ann") -> None:
    traits = {"email": f"{user}@acme.example", "timezone": zone, "plan": "pro"}
    call = {"type": "identify", "userId": user, "messageId": f"m-{zone}", "traits": traits,
            "context": {"groupId": "acme"}}  # fmt: skip
    store([RawRequest(NOW, "web", "segment:batch", json.dumps({"batch": [call]}).encode())])
    flush_now(NOW)


@pytest.mark.usefixtures("workspace", "db")
def test_an_sdks_zone_is_understood() -> None:
    _identify("Pacific Time (US & Canada)")
    assert Person.objects.get(pk="ann").timezone == "America/Los_Angeles"
    _identify(-5, "bo")
    assert Person.objects.get(pk="bo").timezone == "Etc/GMT+5"
    _identify("", "cy")
    assert Person.objects.get(pk="cy").timezone == ""


@pytest.mark.usefixtures("workspace", "db")
def test_an_sdks_unknown_zone_is_refused_and_repaired_with_all_it_said() -> None:
    _identify("CST")
    assert not Person.objects.exclude(email="").exists()
    row = Quarantined.objects.get()
    assert (row.code, row.field) == ("not_zone", "timezone")
    assert "no time zone, or one of several" in row.reason
    mended = row.payload.replace("CST", "America/Chicago")
    assert repair(row.pk, mended, "bob", NOW).landed
    flush_now(NOW)
    person = Person.objects.get(pk="ann")
    assert (person.email, person.timezone) == ("ann@acme.example", "America/Chicago")
    assert person.traits["plan"] == "pro"
    assert lake.current().rows("people") == 1


@given(st.sampled_from(["Eastern Time (US & Canada)", "PST", "UTC-05:00", "GMT-5",
                        "W. Europe Standard Time", "india standard time", "+0530", "Asia/Tokyo"]),
       st.integers(0, 24 * 365))  # fmt: skip
def test_nobody_is_mailed_at_night(written: str, hour: int) -> None:
    """Also those whose zone was kept as it was written, before it was understood."""
    packaged, now = settings.packaged(), NOW + timedelta(hours=hour)
    ask = policy.SendRequest("mail", "help", now)
    for zone in (written, home_zones.named(written) or ""):
        decided = policy.decide(ask, policy.Recipient(zone=zone), packaged, now)
        goes = now if decided.verdict == "send" else decided.until
        assert goes is not None
        there = goes.astimezone(ZoneInfo(home_zones.named(written) or "UTC"))
        assert 8 <= there.hour < 20, (zone, there)

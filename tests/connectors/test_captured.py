"""Payloads captured from the official SDKs, read into the one shape of call."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tenure.connectors.posthog.parse import parse as parse_posthog
from tenure.connectors.segment.parse import parse_batch
from tenure.facts.calls import Call, Parsed
from tenure.facts.frame import traits_of

HERE = Path(__file__).parent


def captured(protocol: str, sdk: str) -> bytes:
    return (HERE / protocol / "captured" / f"{sdk}.json").read_bytes()


def by_kind(parsed: Parsed) -> dict[str, Call]:
    assert parsed.misfits == []
    return {call.type: call for call in reversed(parsed.calls)}


@pytest.mark.parametrize(
    ("protocol", "sdk"),
    [("segment", "python"), ("segment", "node"), ("rudder", "python"), ("rudder", "node")],
)
def test_segment_spec(protocol: str, sdk: str) -> None:
    calls = by_kind(parse_batch(captured(protocol, sdk)))
    assert set(calls) == {"identify", "group", "track", "page", "screen", "alias"}
    assert calls["track"].event == "Report Shared"
    assert msgspec.json.decode(calls["track"].properties) == {"pages": 3}
    traits = msgspec.json.decode(traits_of(calls["identify"]))
    assert traits["email"] == "alice@example.com"
    assert str(calls["group"].group_id).endswith("-acme")
    assert str(calls["alias"].previous_id).endswith("-old")
    for call in calls.values():
        assert call.message_id
        assert call.sent_at
        assert call.timestamp or call.original_timestamp


def test_posthog() -> None:
    parsed = parse_posthog(captured("posthog", "python"))
    calls = by_kind(parsed)
    assert set(calls) == {"identify", "group", "track", "alias"}
    named = {call.event: call for call in parsed.calls if call.type == "track"}
    assert named["Before"].anonymous_id == "ph-plain-device"
    assert named["Before"].user_id is None
    shared = named["Report Shared"]
    assert shared.context is not None
    assert (shared.user_id, shared.context.group_id) == ("ph-plain-alice", "ph-plain-acme")
    group = calls["group"]
    assert (group.group_id, group.user_id, group.anonymous_id) == ("ph-plain-acme", None, None)
    assert msgspec.json.decode(group.traits)["name"] == "Acme"
    alias = calls["alias"]
    assert (alias.previous_id, alias.user_id) == ("ph-plain-old", "ph-plain-alice")


def test_traits_on_an_event_are_an_identify_of_their_own() -> None:
    parsed = parse_posthog(captured("posthog", "python"))
    marked = [call for call in parsed.calls if str(call.message_id).endswith("#set")]
    assert [msgspec.json.decode(call.traits) for call in marked] == [{"name": "Alice"}]


@pytest.mark.parametrize(
    ("groups", "account"),
    [
        ({"company": "acme"}, "acme"),
        ({"project": "p", "organization": "acme"}, "acme"),
        ({"clinic": "acme"}, "acme"),
        ({"project": "p", "clinic": "c"}, None),
        ({"company": {"id": 1}}, None),
        ("acme", None),
        ({}, None),
    ],
)
def test_which_group_is_the_account(groups: object, account: str | None) -> None:
    event = {"event": "x", "distinct_id": "alice", "properties": {"$groups": groups}}
    (call,) = parse_posthog(json.dumps(event).encode()).calls
    assert call.context is not None
    assert call.context.group_id == account


@pytest.mark.parametrize(
    "body",
    [
        b'{"event":5,"properties":[]}',
        b'{"batch":[1,null,"x",{"event":"x","properties":"y"}]}',
        b'[{"event":{"a":1}}]',
        b'{"event":"$identify","distinct_id":{"a":1}}',
        b'{"event":"$groupidentify","properties":{"$group_type":{},"$group_key":[],"$group_set":3}}',
        b'{"event":"$create_alias","properties":{"alias":{}}}',
    ],
)
def test_strange_posthog_events_harm_nobody(body: bytes) -> None:
    parsed = parse_posthog(body)
    assert isinstance(parsed.calls, list)


def test_one_wrong_call_does_not_take_the_others_with_it() -> None:
    parsed = parse_batch(
        b'{"sentAt":"2024-03-01T12:00:00Z","batch":[{"type":"track","event":"a"},7]}'
    )
    assert [call.event for call in parsed.calls] == ["a"]
    assert parsed.calls[0].sent_at == "2024-03-01T12:00:00Z"
    assert [misfit.code for misfit in parsed.misfits] == ["wrong_shape"]

"""Official SDKs, unmodified, talk to a live server; what they said is what lands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from live import Live

pytestmark = pytest.mark.sdk
COMMON = {
    "Report Shared",
    "Identified",
    "Grouped",
    "Pricing Page Viewed",
    "Home Screen Viewed",
    "Aliased",
}


def landed(live: Live, mark: str, names: set[str]) -> dict[str, dict[str, Any]]:
    """The events of one script by name, once all are there."""

    def mine() -> dict[str, dict[str, Any]]:
        rows = [
            r
            for r in live.rows()
            if mark in f"{r['person_id']} {r['anonymous_id']} {r['account_id']}"
        ]
        return {r["event"]: r for r in rows}

    live.until(lambda: names <= set(mine()), 30)
    return mine()


def check_the_usual(live: Live, mark: str, source: str, found: dict[str, dict[str, Any]]) -> None:
    shared = found["Report Shared"]
    assert shared["person_id"] == f"{mark}-alice"
    assert shared["account_id"] == f"{mark}-acme"
    assert '"pages"' in shared["properties"]
    assert shared["source"].startswith(f"{source}:")
    assert abs((datetime.now(UTC) - shared["timestamp"]).total_seconds()) < 60
    people = [r for r in live.rows("people") if r["person_id"] == f"{mark}-alice"]
    assert {r["email"] for r in people} == {"alice@example.com"}
    assert "Alice" in {r["name"] for r in people}
    accounts = [r for r in live.rows("accounts") if r["account_id"] == f"{mark}-acme"]
    assert "Acme" in {r["name"] for r in accounts}


@pytest.mark.parametrize("gzip", ["plain", "gzip"])
def test_segment_python(live: Live, python_sdk: Any, gzip: str) -> None:
    python_sdk("segment_python.py", live.url, live.key, gzip)
    mark = f"segpy-{gzip}"
    found = landed(live, mark, COMMON | {"Said", "Long Ago", "Before"})
    check_the_usual(live, mark, "segment", found)
    assert found["Said"]["account_id"] == f"{mark}-beta"
    assert found["Long Ago"]["timestamp"] == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found["Before"]["anonymous_id"] == f"{mark}-device"
    assert found["Before"]["person_id"] is None


def test_segment_node(live: Live, node_sdk: Any) -> None:
    node_sdk("segment_node.js", live.url, live.key)
    found = landed(live, "segnode", COMMON | {"Said"})
    check_the_usual(live, "segnode", "segment", found)
    assert found["Said"]["account_id"] == "segnode-beta"
    assert found["Identified"]["anonymous_id"] == "segnode-device"


def test_rudder_python(live: Live, python_sdk: Any) -> None:
    python_sdk("rudder_python.py", live.url, live.key)
    check_the_usual(live, "rudpy", "segment", landed(live, "rudpy", COMMON))


def test_rudder_node(live: Live, node_sdk: Any) -> None:
    node_sdk("rudder_node.js", live.url, live.key)
    check_the_usual(live, "rudnode", "segment", landed(live, "rudnode", COMMON))


@pytest.mark.parametrize("gzip", ["plain", "gzip"])
def test_posthog_python(live: Live, python_sdk: Any, gzip: str) -> None:
    python_sdk("posthog_python.py", live.url, live.key, gzip)
    mark = f"ph-{gzip}"
    names = {"Before", "Report Shared", "With Traits", "Identified", "Grouped", "Aliased"}
    found = landed(live, mark, names)
    check_the_usual(live, mark, "posthog", found)
    assert found["Before"]["anonymous_id"] == f"{mark}-device"
    assert found["Before"]["person_id"] is None
    assert not [r for r in live.rows("people") if r["person_id"].startswith("$company")]


def test_nothing_was_quarantined_and_every_process_lives(live: Live) -> None:
    assert live.server is not None
    assert live.server.poll() is None
    assert "Traceback" not in live.log()

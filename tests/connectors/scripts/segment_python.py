"""Calls of segment-analytics-python as its documentation shows them."""

import sys
from datetime import UTC, datetime

from segment import analytics

url, key, gzip = sys.argv[1:4]
problems = []
analytics.write_key, analytics.host, analytics.gzip = key, url, gzip == "gzip"
analytics.on_error = lambda error, items: problems.append(error)
mark = "segpy-" + gzip
analytics.identify(f"{mark}-alice", {"email": "alice@example.com", "name": "Alice"})
analytics.group(f"{mark}-alice", f"{mark}-acme", {"name": "Acme", "employees": 12})
analytics.track(f"{mark}-alice", "Report Shared", {"pages": 3})
analytics.track(f"{mark}-alice", "Said", {}, context={"groupId": f"{mark}-beta"})
analytics.track(
    f"{mark}-alice", "Long Ago", {}, timestamp=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
)
analytics.page(f"{mark}-alice", "Docs", "Pricing", {"url": "https://example.com"})
analytics.screen(f"{mark}-alice", "Docs", "Home")
analytics.track(anonymous_id=f"{mark}-device", event="Before")
analytics.alias(f"{mark}-old", f"{mark}-alice")
analytics.shutdown()
assert not problems, problems

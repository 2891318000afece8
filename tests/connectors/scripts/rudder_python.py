"""Calls of rudder-sdk-python as its documentation shows them."""

import sys

import rudderstack.analytics as rudder

url, key = sys.argv[1:3]
problems = []
rudder.write_key, rudder.dataPlaneUrl, rudder.gzip = key, url, True
rudder.on_error = lambda error, items: problems.append(error)
rudder.identify("rudpy-alice", {"email": "alice@example.com", "name": "Alice"})
rudder.group("rudpy-alice", "rudpy-acme", {"name": "Acme"})
rudder.track("rudpy-alice", "Report Shared", {"pages": 3})
rudder.page("rudpy-alice", "Docs", "Pricing", {"url": "https://example.com"})
rudder.screen("rudpy-alice", "Docs", "Home")
rudder.alias("rudpy-old", "rudpy-alice")
rudder.shutdown()
assert not problems, problems

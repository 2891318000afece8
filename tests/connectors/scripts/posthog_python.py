"""Calls of posthog (Python) as its documentation shows them."""

import sys

from posthog import Posthog

url, key, gzip = sys.argv[1:4]
problems = []
posthog = Posthog(
    key, host=url, gzip=gzip == "gzip", on_error=lambda error, items: problems.append(error)
)
mark = "ph-" + gzip
posthog.capture(
    "Before", distinct_id=f"{mark}-device", properties={"$process_person_profile": False}
)
posthog.set(distinct_id=f"{mark}-alice", properties={"email": "alice@example.com"})
posthog.group_identify("company", f"{mark}-acme", {"name": "Acme", "employees": 12})
posthog.capture(
    "Report Shared",
    distinct_id=f"{mark}-alice",
    properties={"pages": 3},
    groups={"company": f"{mark}-acme"},
)
posthog.capture("With Traits", distinct_id=f"{mark}-alice", properties={"$set": {"name": "Alice"}})
posthog.alias(previous_id=f"{mark}-old", distinct_id=f"{mark}-alice")
assert posthog.feature_enabled("anything", f"{mark}-alice") in (None, False)
posthog.shutdown()
assert not problems, problems

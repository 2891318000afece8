"""The lines that make an SDK send to this workspace. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """One way to send: ``key`` names it in the page, ``text`` is what to copy."""

    key: str
    title: str
    hint: str
    text: str


def all_of(host: str, key: str) -> list[Snippet]:
    """Every way to send facts to ``host`` with the write ``key``."""
    return [make(host, key) for make in (_curl, _segment_python, _segment_node, _rudder, _posthog)]


def _curl(host: str, key: str) -> Snippet:
    text = f"""curl {host}/v1/track -u '{key}:' \\
  -H 'Content-Type: application/json' \\
  -d '{{"userId": "person-1", "event": "Signed In", "context": {{"groupId": "account-1"}}}}'"""
    return Snippet("curl", "curl", "Try it from a terminal; the answer is 200.", text)


def _segment_python(host: str, key: str) -> Snippet:
    text = f"""import segment.analytics as analytics

analytics.write_key = "{key}"
analytics.host = "{host}"
analytics.track("person-1", "Signed In", context={{"groupId": "account-1"}})
analytics.flush()"""
    return Snippet(
        "segment-python", "Segment, Python", "pip install segment-analytics-python", text
    )


def _segment_node(host: str, key: str) -> Snippet:
    text = f"""import {{ Analytics }} from '@segment/analytics-node'

const analytics = new Analytics({{ writeKey: '{key}', host: '{host}' }})
analytics.track({{
  userId: 'person-1',
  event: 'Signed In',
  context: {{ groupId: 'account-1' }},
}})"""
    return Snippet("segment-node", "Segment, Node", "npm install @segment/analytics-node", text)


def _rudder(host: str, key: str) -> Snippet:
    text = f"""import rudderstack.analytics as rudder

rudder.write_key = "{key}"
rudder.dataPlaneUrl = "{host}"
rudder.track("person-1", "Signed In", context={{"groupId": "account-1"}})
rudder.flush()"""
    return Snippet("rudder", "RudderStack, Python", "pip install rudder-sdk-python", text)


def _posthog(host: str, key: str) -> Snippet:
    text = f"""from posthog import Posthog

posthog = Posthog("{key}", host="{host}")
posthog.capture("Signed In", distinct_id="person-1", groups={{"company": "account-1"}})
posthog.shutdown()"""
    return Snippet("posthog", "PostHog, Python", "pip install posthog", text)


def api(host: str, key: str) -> Snippet:
    """A first request with an API key."""
    text = f"curl {host}/api/v1/accounts -H 'Authorization: Bearer {key}'"
    return Snippet("api", "API", "Lists the first accounts.", text)

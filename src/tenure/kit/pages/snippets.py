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


def in_app(host: str, key_id: str, secret: str) -> list[Snippet]:
    """What puts messages into a product: the script, the token, and a worker for push."""
    script = f"""<script src="{host}/in-app/v1/tenure.js"
  data-token-url="/tenure-token" defer></script>
<div data-tenure-slot="checklist"></div>"""
    policy = f"Content-Security-Policy: script-src 'self' {host}; connect-src 'self' {host}"
    token = f"""import base64, hashlib, hmac, json, time

KEY_ID, SECRET = "{key_id}", "{secret}"

def part(value: dict) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

def tenure_token(person_id: str, account_id: str) -> str:
    header = part({{"alg": "HS256", "typ": "JWT", "kid": KEY_ID}})
    claims = part({{"sub": person_id, "account": account_id, "exp": int(time.time()) + 900}})
    signed = f"{{header}}.{{claims}}"
    mark = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{{signed}}.{{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}}\""""
    worker = f"""// /tenure-worker.js, served by your product
importScripts("{host}/in-app/v1/push-worker.js");

// at a click, in your product
Tenure.subscribe("/tenure-worker.js");"""
    return [
        Snippet("in-app-script", "In your pages", "One line; the slot is optional.", script),
        Snippet("in-app-policy", "In your policy", "If you have a strict one.", policy),
        Snippet("in-app-token", "In your backend", "Python; answers /tenure-token.", token),
        Snippet("in-app-push", "For push", "A service worker of your own.", worker),
    ]

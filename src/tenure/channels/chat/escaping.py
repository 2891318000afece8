"""What customers are called must say no more in a team's chat than their name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def escaped(text: str) -> str:
    """Text that a Slack-compatible chat shows as it is: no mention of a whole channel, no link that
    calls itself something else.

    >>> escaped("<!channel> & <https://evil.example|Acme>")
    '&lt;!channel&gt; &amp; &lt;https://evil.example|Acme&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a template, each text among them escaped."""
    return {name: escaped(v) if isinstance(v, str) else v for name, v in values.items()}

"""What the channel ``chat`` is: a team's chat. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from tenure.channels.chat.escaping import escaped_values
from tenure.channels.kinds import About, Fill, Kind, StepSpec, Values


class ChatStep(StepSpec):
    """A message to the team, at an endpoint of the workspace."""

    endpoint: str = Field(min_length=1)
    text: str = Field(min_length=1)


class ChatKind(Kind[ChatStep]):
    """See the module."""

    name, title, icon, to = "chat", "Team chat", "message", "endpoint"
    step = ChatStep
    endpoint = "Team chat: a Slack-compatible incoming webhook"
    trial = {"text": "Hello from Tenure. This endpoint works."}

    def content(self, step: ChatStep, values: Values, fill: Fill, about: About) -> dict[str, Any]:
        """The text; what customers are called says no more than their name."""
        del about
        return {"text": fill(step.text, escaped_values(values))}

    def note(self, type_: str, data: Mapping[str, Any], text: str) -> dict[str, Any]:
        """The text, which says nothing but words by now."""
        del type_, data
        return {"text": text}


KIND = ChatKind()

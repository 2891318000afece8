"""What the channel ``webhook`` is: signed JSON to a system of one's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tenure.channels.kinds import About, Fill, Kind, StepSpec, Values


class Webhook(BaseModel):
    """Its section of the policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tolerance_seconds: int = Field(ge=1)


class WebhookStep(StepSpec):
    """A message to a system, at an endpoint of the workspace."""

    endpoint: str = Field(min_length=1)
    text: str = Field(min_length=1)


class WebhookKind(Kind[WebhookStep]):
    """See the module."""

    name, title, icon, to = "webhook", "Webhook", "plug", "endpoint"
    step = WebhookStep
    settings = Webhook
    endpoint = "Webhook: signed JSON to a system of yours"
    trial = {"type": "endpoint.tried", "data": {}}
    signed = True

    def content(
        self, step: WebhookStep, values: Values, fill: Fill, about: About
    ) -> dict[str, Any]:
        """What it is about, beside the text."""
        told = {"account_id": about.account_id, "person_id": about.person_id}
        return {"type": about.type, "data": {**told, "text": fill(step.text, values)}}

    def note(self, type_: str, data: Mapping[str, Any], text: str) -> dict[str, Any]:
        """The data."""
        del text
        return {"type": type_, "data": dict(data)}


KIND = WebhookKind()

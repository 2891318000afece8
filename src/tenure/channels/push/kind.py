"""What the channel ``push`` is: notifications on a person's devices. Pure."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from tenure.channels.in_app.content import check_words, is_link
from tenure.channels.kinds import About, Fill, Kind, StepSpec, Values, clipped
from tenure.channels.push.settings import Push


class PushStep(StepSpec):
    """A notification on the person's devices; ``ttl_minutes``: how long it is of use."""

    title: str = Field(min_length=1)
    text: str = Field(min_length=1)
    link: str = ""
    ttl_minutes: float = Field(default=0, ge=0)
    purpose: str = ""
    urgent: bool = False

    @model_validator(mode="after")
    def _leads_to_a_page(self) -> PushStep:
        if self.link and not is_link(self.link):
            raise ValueError(f"{self.link!r} is no link: begin with https:// or with /")
        return self


class PushKind(Kind[PushStep]):
    """See the module."""

    name, title, icon, to = "push", "Push", "bell", "person"
    step = PushStep
    settings = Push
    lacks = "a device to push to"
    sent = "A test is on its way to the devices of the user {email}."
    unknown = (
        "No user of the product with your address {email} has a device that takes pushes. "
        "Allow them in the product, on a device of yours, and try again."
    )

    def content(self, step: PushStep, values: Values, fill: Fill, about: About) -> dict[str, Any]:
        """The words, cut where a long name made them too long."""
        limits = about.limits
        return {
            "title": clipped(fill(step.title, values), limits.title_most),
            "text": clipped(fill(step.text, values), limits.text_most),
            "link": step.link,
            "ttl_minutes": step.ttl_minutes,
        }

    def check_step(self, source: str, step: PushStep, limits: Any) -> None:
        """Words that are too long."""
        for key, most in (("title", limits.title_most), ("text", limits.text_most)):
            check_words(source, key, getattr(step, key), most)


KIND = PushKind()

"""What the channel ``in_app`` is: messages in the customer's product. Pure."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from tenure.analytics.errors import SpecError
from tenure.channels.in_app.content import check_words, is_link
from tenure.channels.in_app.settings import InApp, Slot
from tenure.channels.kinds import About, Fill, Kind, StepSpec, Values, clipped


class InAppStep(StepSpec):
    """A message in the customer's product; ``items`` of a checklist, one a line, each with a link
    behind a bar if it has one (``Invite a colleague | /team``)."""

    slot: Slot
    title: str = Field(min_length=1)
    text: str = Field(min_length=1)
    link: str = ""
    link_text: str = ""
    items: str = ""
    purpose: str = ""
    urgent: bool = False

    @model_validator(mode="after")
    def _can_be_shown(self) -> InAppStep:
        links = [self.link, *(item["link"] for item in self.listed())]
        for link in filter(None, links):
            if not is_link(link):
                raise ValueError(f"{link!r} is no link: begin with https:// or with /")
        if (self.slot == "checklist") != bool(self.listed()):
            raise ValueError("items are what a checklist consists of, and only a checklist")
        return self

    def listed(self) -> list[dict[str, str]]:
        """The items as the channel takes them."""
        parts = (line.partition("|") for line in self.items.splitlines() if line.strip())
        return [{"text": text.strip(), "link": link.strip()} for text, _, link in parts]


class InAppKind(Kind[InAppStep]):
    """See the module."""

    name, title, icon, to = "in_app", "In the product", "message", "person"
    step = InAppStep
    settings = InApp
    taken_out = True
    sent = "A test waits for you in the product, as the user {email}."
    unknown = (
        "No user of the product has your address {email}. Sign in to it once, so that Tenure "
        "knows you as a person, and try again."
    )

    def content(self, step: InAppStep, values: Values, fill: Fill, about: About) -> dict[str, Any]:
        """The words, cut where a long name made them too long."""
        limits = about.limits
        return {
            "slot": step.slot,
            "title": clipped(fill(step.title, values), limits.title_most),
            "text": clipped(fill(step.text, values), limits.text_most),
            "link": step.link,
            "link_text": fill(step.link_text, values),
            "items": [
                {**item, "text": clipped(fill(item["text"], values), limits.title_most)}
                for item in step.listed()
            ],
        }

    def check_step(self, source: str, step: InAppStep, limits: Any) -> None:
        """Words that are too long, or too many items."""
        for key, most in (("title", limits.title_most), ("text", limits.text_most)):
            check_words(source, key, getattr(step, key), most)
        if len(step.listed()) > limits.items_most:
            remedy = f"keep the {limits.items_most} that matter"
            raise SpecError(source, "items", "are too many", remedy)


KIND = InAppKind()

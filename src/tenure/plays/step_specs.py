"""The steps of a play as they are written down. Pure; see ``plays.spec`` for the whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tenure.analytics.segments import Rule
from tenure.channels.in_app.content import is_link
from tenure.channels.in_app.numbers import Slot

STEP_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
END = "end"
_NO_LINK = re.compile(r"\[[^\[\]\n]*\]\((?!https?://[^\s()<>\"]+\))[^)\n]*\)?")


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Step(_Spec):
    id: str

    @model_validator(mode="after")
    def _named(self) -> _Step:
        if not STEP_NAME.fullmatch(self.id) or self.id == END:
            raise ValueError(
                f"the step id {self.id!r} is not usable: small letters, digits, - and _"
            )
        return self


def _links(text: str) -> str:
    if wrong := _NO_LINK.search(text):
        raise ValueError(
            f"{wrong[0]!r} leads nowhere: write a link as [words](https://…), without spaces"
        )
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_links)]
"""Words of a mail; ``[words](https://…)`` in it is a link, alone in its paragraph a button."""


class Letter(_Spec):
    """What a mail says in one language."""

    subject: str = Field(min_length=1)
    text: Text


class MailStep(_Step):
    """A mail; ``locales`` say it in other languages, for people whose locale is known."""

    kind: Literal["mail"]
    subject: str = Field(min_length=1)
    text: Text
    purpose: str = ""
    urgent: bool = False
    locales: dict[str, Letter] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _languages(self) -> MailStep:
        for name in self.locales:
            if not LANGUAGE.fullmatch(name):
                raise ValueError(f"{name!r} is no language: write it as de or pt-BR")
        return self

    def letter(self, locale: str) -> Letter:
        """What is said to somebody with ``locale``: their locale, their language, or the default.

        >>> step = MailStep(id="hi", kind="mail", subject="Hello", text="Hello",
        ...                 locales={"de": Letter(subject="Hallo", text="Hallo")})
        >>> step.letter("de-AT").subject, step.letter("fr").subject
        ('Hallo', 'Hello')
        """
        found = self.locales.get(self.language(locale))
        return found or Letter(subject=self.subject, text=self.text)

    def language(self, locale: str) -> str:
        """Which of ``locales`` somebody with ``locale`` gets; empty for the default."""
        asked = locale.replace("_", "-")
        return next((n for n in (asked, asked.split("-")[0].lower()) if n in self.locales), "")


class InAppStep(_Step):
    """A message in the customer's product; ``items`` of a checklist, one a line, each with a link
    behind a bar if it has one (``Invite a colleague | /team``)."""

    kind: Literal["in_app"]
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


class PushStep(_Step):
    """A notification on the person's devices; ``ttl_minutes``: how long it is of use."""

    kind: Literal["push"]
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


class PostStep(_Step):
    """A message to a system or the team, at an endpoint of the workspace."""

    kind: Literal["chat", "webhook"]
    endpoint: str = Field(min_length=1)
    text: str = Field(min_length=1)


class TaskStep(_Step):
    """Work for a person: the account's owner, or somebody with ``role``."""

    kind: Literal["task"]
    title: str = Field(min_length=1)
    words: str = ""
    due_hours: float = Field(gt=0)
    role: str = ""


class WaitStep(_Step):
    kind: Literal["wait"]
    days: float = Field(default=0, ge=0)
    hours: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _waits(self) -> WaitStep:
        if not self.days and not self.hours:
            raise ValueError("wait how long? give days or hours")
        return self

    def span(self) -> timedelta:
        """How long."""
        return timedelta(days=self.days, hours=self.hours)


class BranchStep(_Step):
    """``did``: the event happened since they entered; or ``rule`` holds for the account now."""

    kind: Literal["branch"]
    did: str = ""
    rule: Rule | None = None
    then: str
    otherwise: str

    @model_validator(mode="after")
    def _one_question(self) -> BranchStep:
        if bool(self.did) == (self.rule is not None):
            raise ValueError("give exactly one of did and rule")
        return self


class SplitStep(_Step):
    """A split test: a stable share of accounts goes to each of the steps named."""

    kind: Literal["split"]
    arms: dict[str, float]

    @model_validator(mode="after")
    def _shares(self) -> SplitStep:
        if len(self.arms) < 2 or any(weight <= 0 for weight in self.arms.values()):
            raise ValueError("a split needs two or more steps, each with a share above 0")
        return self


class UpdateStep(_Step):
    """Write ``value`` to the trait ``field`` of the account."""

    kind: Literal["update"]
    field: str = Field(min_length=1, max_length=80)
    value: str | int | float | bool


class EndStep(_Step):
    kind: Literal["end"]


Step = Annotated[
    MailStep
    | InAppStep
    | PushStep
    | PostStep
    | TaskStep
    | WaitStep
    | BranchStep
    | SplitStep
    | UpdateStep
    | EndStep,
    Field(discriminator="kind"),
]


WRITES = (MailStep, InAppStep, PushStep)
"""Steps that write to a person."""


def targets(step: Any) -> Mapping[str, None]:
    """The steps a step may jump to."""
    if isinstance(step, BranchStep):
        return dict.fromkeys((step.then, step.otherwise))
    return dict.fromkeys(step.arms) if isinstance(step, SplitStep) else {}

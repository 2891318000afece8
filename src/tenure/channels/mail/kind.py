"""What the channel ``mail`` is. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from tenure.channels.kinds import About, Fill, Kind, StepSpec, Values
from tenure.channels.mail.marked import unmarked
from tenure.channels.mail.settings import Mail

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_NO_LINK = re.compile(r"\[[^\[\]\n]*\]\((?!https?://[^\s()<>\"]+\))[^)\n]*\)?")


def _links(text: str) -> str:
    if wrong := _NO_LINK.search(text):
        raise ValueError(
            f"{wrong[0]!r} leads nowhere: write a link as [words](https://…), without spaces"
        )
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_links)]
"""Words of a mail; ``[words](https://…)`` in it is a link, alone in its paragraph a button."""


class MailText(StepSpec):
    """What a mail says in one language."""

    subject: str = Field(min_length=1)
    text: Text


class MailStep(StepSpec):
    """A mail; ``locales`` say it in other languages, for people whose locale is known."""

    subject: str = Field(min_length=1)
    text: Text
    purpose: str = ""
    urgent: bool = False
    locales: dict[str, MailText] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _languages(self) -> MailStep:
        for name in self.locales:
            if not LANGUAGE.fullmatch(name):
                raise ValueError(f"{name!r} is no language: write it as de or pt-BR")
        return self

    def letter(self, locale: str) -> MailText:
        """What is said to somebody with ``locale``: their locale, their language, or the default.

        >>> step = MailStep(subject="Hello", text="Hello",
        ...                 locales={"de": MailText(subject="Hallo", text="Hallo")})
        >>> step.letter("de-AT").subject, step.letter("fr").subject
        ('Hallo', 'Hello')
        """
        found = self.locales.get(self.language(locale))
        return found or MailText(subject=self.subject, text=self.text)

    def language(self, locale: str) -> str:
        """Which of ``locales`` somebody with ``locale`` gets; empty for the default."""
        asked = locale.replace("_", "-")
        return next((n for n in (asked, asked.split("-")[0].lower()) if n in self.locales), "")


class MailKind(Kind[MailStep]):
    """See the module."""

    name, title, icon, to = "mail", "Mail", "mail", "email"
    step = MailStep
    settings = Mail
    sent = "A test is on its way to {email}."

    def content(self, step: MailStep, values: Values, fill: Fill, about: About) -> dict[str, Any]:
        """Subject and text in their language."""
        said = step.letter(about.locale)
        # What customers are called must not become a link in their colleagues' mail.
        safe = {n: unmarked(v) if isinstance(v, str) else v for n, v in values.items()}
        return {
            "subject": fill(said.subject, values),
            "text": fill(said.text, safe),
            "marked": True,
            "language": step.language(about.locale),
        }

    def said(self, step: MailStep, locale: str) -> MailText | MailStep:
        """The letter in their language; the step itself where nobody's is known."""
        return step.letter(locale) if locale else step

    def as_test(self, content: dict[str, Any], limits: Any) -> dict[str, Any]:
        """The subject says so."""
        del limits
        return content | {"subject": f"[Test] {content['subject']}"}


KIND = MailKind()

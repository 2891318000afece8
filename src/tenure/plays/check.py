"""The message check: what a careful colleague would say before a play is switched on. Pure.

Rules and their reasons are in docs/rules/message-check.md; limits in ``plays.toml``, words in
``channels/wording.toml`` and, those of a workspace, in ``plays.toml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tenure.channels import wording
from tenure.channels.settings import Numbers
from tenure.plays.settings import CheckSettings
from tenure.plays.spec import (
    POSTS,
    WRITES,
    InactiveTrigger,
    Play,
    StreakTrigger,
    TaskStep,
    WhenTrigger,
)

_SAY: tuple[type[Any], ...] = (*WRITES, TaskStep)
_TEXTS = ("subject", "title", "text", "words", "link_text", "items")
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Warning:
    """``rule`` names the rule, ``where`` the step, ``says`` what is wrong and what to do."""

    rule: str
    where: str
    says: str


def check(
    play: Play, numbers: CheckSettings, gate: Numbers, audience: int | None, everyone: int
) -> list[Warning]:
    """Every warning; ``audience`` of ``everyone`` accounts would enter (None: not counted yet)."""
    found = [*_audience(play, numbers, audience, everyone), *_purpose(play, gate)]
    found += _effect(play)
    for step in play.steps:
        if isinstance(step, _SAY):
            texts = [getattr(step, k, "") for k in _TEXTS]
            found += _words(step.id, " ".join(texts), numbers)
        if isinstance(step, WRITES):
            found += _actions(step.id, step.text, getattr(step, "link", ""), numbers)
    return found


def _audience(
    play: Play, numbers: CheckSettings, audience: int | None, everyone: int
) -> list[Warning]:
    about_some = isinstance(play.trigger, WhenTrigger | InactiveTrigger | StreakTrigger)
    narrowed = play.audience is not None or about_some
    found = []
    if not narrowed and _writes(play):
        found.append(
            Warning(
                "no-audience",
                "",
                "It writes to every account that meets the trigger, whatever "
                "its stage, value or health. Say for whom it is meant.",
            )
        )
    if audience is not None and everyone and audience / everyone >= numbers.mass_share:
        found.append(
            Warning(
                "mass-send",
                "",
                f"{audience:,} of {everyone:,} accounts would enter at once. "
                "A message for everybody is rarely about anybody: narrow it.",
            )
        )
    return found


def _writes(play: Play) -> bool:
    return any(isinstance(step, WRITES) for step in play.steps)


def _purpose(play: Play, gate: Numbers) -> list[Warning]:
    found = []
    for step in play.steps:
        name = getattr(step, "purpose", "") or play.purpose
        if name not in gate.purposes:
            says = f"There is no purpose {name!r} in the policy “channels”."
            found.append(Warning("purpose", step.id, says))
        elif isinstance(step, WRITES) and gate.purposes[name].category == "transactional":
            says = (
                "It is declared transactional, so caps and consent do not hold it back. "
                "Only what people need to use or pay for the product may be that."
            )
            found.append(Warning("transactional", step.id, says))
    return found


def _effect(play: Play) -> list[Warning]:
    acts = [s for s in play.steps if isinstance(s, (*WRITES, *POSTS, TaskStep))]
    if play.goal is None and acts:
        return [Warning("no-goal", "", "It has no goal, so nobody will know whether it works.")]
    if play.holdout == 0 and not play.promise and acts:
        return [
            Warning(
                "no-holdout",
                "",
                "Nobody is held out: its effect cannot be told from what "
                "would have happened anyway.",
            )
        ]
    return []


def _words(where: str, text: str, numbers: CheckSettings) -> list[Warning]:
    found = []
    for phrase in wording.found(text, "guilt", numbers.guilt):
        says = f"“{phrase}” presses on guilt or fear. Say what helps them instead."
        found.append(Warning("guilt", where, says))
    for phrase in wording.found(text, "pressure", numbers.pressure):
        says = f"“{phrase}” presses for time. If there is a date, name it; else leave it out."
        found.append(Warning("pressure", where, says))
    return found


def _actions(where: str, text: str, link: str, numbers: CheckSettings) -> list[Warning]:
    links = len(_LINK.findall(text)) + bool(link)
    if links > numbers.links_most:
        says = f"{links} links ask for {links} things. Keep the one that matters now."
        return [Warning("many-actions", where, says)]
    if len(text.split()) > numbers.words_most:
        says = f"{len(text.split())} words: few people read more than {numbers.words_most}."
        return [Warning("long", where, says)]
    return []

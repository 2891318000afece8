"""The audit's document (``audit.toml``), and the decisions that checks share. Pure but for loading.

A workspace may change severities, thresholds and words; what it leaves out is as packaged. It may
not use a placeholder that the packaged sentence does not.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.learning.practice_audit.finding import Severity

DOCUMENT = "audit"
DEFAULT = Path(__file__).with_name("audit.toml")


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Running(_Spec):
    """When the command fails, and how long runs and acceptances hold."""

    fail_on: Severity
    runs_days: int = Field(ge=1)
    accounts_listed: int = Field(ge=0, le=10_000)
    accept_days: int = Field(ge=1, le=365)


class GroundWords(_Spec):
    """What kinds, tiers, words and groups mean."""

    own_doing: tuple[str, ...] = ()
    touched_tiers: tuple[str, ...] = Field(min_length=1)
    support_kinds: tuple[str, ...]
    success_kinds: tuple[str, ...]
    support_words: tuple[str, ...]
    value_groups: tuple[str, ...] = Field(min_length=1)
    value_signals: tuple[str, ...] = ()
    leading_groups: tuple[str, ...] = Field(min_length=1)
    growth_groups: tuple[str, ...] = ()
    selling_purposes: tuple[str, ...] = Field(min_length=1)
    onboarding_purposes: tuple[str, ...] = Field(min_length=1)
    persona_fields: tuple[str, ...] = Field(min_length=1)
    negative: dict[str, float] = Field(min_length=1)
    promoter: dict[str, float] = Field(min_length=1)


class Rule(_Spec):
    """One finding: how grave, its words, its thresholds."""

    severity: Severity
    title: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    says: str = Field(min_length=1)
    link: str = Field("", pattern=r"^(/.*)?$")
    numbers: dict[str, float] = {}

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        for name, value in self.numbers.items():
            if "share" in name and not 0 <= value <= 1:
                raise ValueError(f"numbers.{name} is a share: give 0 to 1")
            if value < 0 or (name.endswith("days") and value < 1):
                raise ValueError(f"numbers.{name} is too small")
        return self


class AuditPolicy(_Spec):
    """The whole document."""

    running: Running
    ground: GroundWords
    reasons: dict[str, str]
    findings: dict[str, Rule]

    def reason(self, name: str, **values: object) -> str:
        """Why something was not assessed, in words."""
        return self.reasons[name].format(**values)


def parse(source: str, text: str) -> AuditPolicy:
    """The document in ``text``; SpecError if it is not sound.

    What it leaves out is as packaged, so that a workspace's own text stays good when a later
    version looks for more.
    """
    ours = packaged()
    found = toml.parse(AuditPolicy, source, _filled(source, toml.read(source, text)))
    for key, rule in found.findings.items():
        mine = ours.findings[key]
        _none_unknown(source, f"findings.{key}.numbers", rule.numbers, mine.numbers)
        _same_blanks(source, f"findings.{key}.says", rule.says, mine.says)
        _same_blanks(source, f"findings.{key}.link", rule.link, mine.link)
    for name, words in found.reasons.items():
        _same_blanks(source, f"reasons.{name}", words, ours.reasons[name])
    return found


def _filled(source: str, given: dict[str, Any]) -> dict[str, Any]:
    """The document with what it leaves out; a finding keeps to what the code can tell of it."""
    ours = toml.read(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
    parts = {name: {**part, **_table(source, name, given)} for name, part in ours.items()}
    for name in ("findings", "reasons"):
        _none_unknown(source, name, parts[name], ours[name])
    parts["findings"] = {
        key: _rule(source, key, parts["findings"], mine) for key, mine in ours["findings"].items()
    }
    return {**given, **parts}


def _rule(source: str, key: str, given: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    # `missing` said why a fault could not be looked for; all of them can be now.
    own = {n: v for n, v in _table(source, key, given).items() if n != "missing"}
    numbers = {**ours.get("numbers", {}), **_table(source, "numbers", own)}
    return {**ours, **own, "numbers": numbers}


def _table(source: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
    found = given.get(name, {})
    if not isinstance(found, dict):
        raise SpecError(source, name, "is no table", f"write it as [{name}] with its keys below")
    return found


@lru_cache
def packaged() -> AuditPolicy:
    """The packaged document."""
    text = DEFAULT.read_text(encoding="utf-8")
    return toml.parse(AuditPolicy, DEFAULT.name, toml.read(DEFAULT.name, text))


def _none_unknown(source: str, where: str, given: Collection[str], known: Collection[str]) -> None:
    for name in sorted(set(given) - set(known)):
        raise SpecError(source, f"{where}.{name}", "is not known", "remove or correct it")


def _same_blanks(source: str, where: str, text: str, ours: str) -> None:
    try:
        given = blanks(text)
    except ValueError as error:
        raise SpecError(source, where, f"cannot be read: {error}", "close the braces") from None
    if unknown := given - blanks(ours):
        known = ", ".join(sorted(blanks(ours))) or "none"
        raise SpecError(source, where, f"uses {{{min(unknown)}}}", f"use of these: {known}")


def blanks(text: str) -> set[str]:
    """Names of the placeholders in a sentence.

    >>> sorted(blanks("{n} of {of}"))
    ['n', 'of']
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def percent(share: float) -> str:
    """A share in whole per cent, in words.

    >>> percent(0.254)
    '25 %'
    """
    return f"{100 * share:.0f} %"


def plain(value: float) -> str:
    """A number without needless decimals.

    >>> plain(2.0), plain(1.25)
    ('2', '1.2')
    """
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def too_much(part: int, whole: int, most_share: float) -> bool:
    """Whether ``part`` of ``whole`` reaches the share from which it is a fault.

    >>> too_much(1, 2, 0.5), too_much(1, 3, 0.5)
    (True, False)
    """
    return whole > 0 and part > 0 and part / whole >= most_share

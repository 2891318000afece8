"""The audit's document (``audit.toml``), and the decisions that checks share. Pure but for loading.

A workspace may change severities, thresholds and words; it may not leave out a finding or a number
that the code reads, nor use a placeholder that the packaged sentence does not.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from string import Formatter

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.learning.audit.finding import Severity

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
    negative: dict[str, float] = Field(min_length=1)
    promoter: dict[str, float] = Field(min_length=1)


class Rule(_Spec):
    """One finding: how grave, its words, its thresholds; ``missing`` where nothing can be read."""

    severity: Severity
    title: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    says: str = ""
    missing: str = ""
    link: str = Field("", pattern=r"^(/.*)?$")
    numbers: dict[str, float] = {}

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        if bool(self.says) == bool(self.missing):
            raise ValueError("needs either `says` or `missing`")
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
    """The document in ``text``; SpecError if it is not sound, or lacks what the checks need."""
    found = toml.parse(AuditPolicy, source, toml.read(source, text))
    ours = packaged()
    _same_keys(source, "findings", set(found.findings), set(ours.findings))
    _same_keys(source, "reasons", set(found.reasons), set(ours.reasons))
    for key, rule in found.findings.items():
        where, mine = f"findings.{key}", ours.findings[key]
        _same_keys(source, f"{where}.numbers", set(rule.numbers), set(mine.numbers))
        if bool(rule.missing) != bool(mine.missing):
            raise SpecError(source, where, "swaps `says` and `missing`", "keep the packaged one")
        _same_blanks(source, f"{where}.says", rule.says, mine.says)
        _same_blanks(source, f"{where}.link", rule.link, mine.link)
    for name, words in found.reasons.items():
        _same_blanks(source, f"reasons.{name}", words, ours.reasons[name])
    return found


@lru_cache
def packaged() -> AuditPolicy:
    """The packaged document."""
    text = DEFAULT.read_text(encoding="utf-8")
    return toml.parse(AuditPolicy, DEFAULT.name, toml.read(DEFAULT.name, text))


def _same_keys(source: str, where: str, given: set[str], needed: set[str]) -> None:
    for name in sorted(given - needed):
        raise SpecError(source, f"{where}.{name}", "is not known", "remove it")
    for name in sorted(needed - given):
        raise SpecError(source, f"{where}.{name}", "is missing", "add it as in the default")


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

"""What the audit says: the outcome of a look, and the finding it becomes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

Severity = Literal["low", "medium", "high", "critical"]
State = Literal["open", "accepted", "passed", "not_assessed"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
"""Mildest first."""


@dataclass(frozen=True)
class Outcome:
    """What a look at the data found: the fault (``open``), its absence (``passed``), or why neither
    can be told (``not_assessed``). ``accounts`` are those behind it, all of them."""

    state: State
    evidence: str
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One known fault and how the workspace stands to it.

    ``evidence`` is a sentence with numbers, or the reason why it was not assessed. ``accounts`` may
    be fewer than ``accounts_total``. ``acceptance`` tells who accepted it, why and until when.
    """

    key: str
    severity: Severity
    title: str
    state: State
    evidence: str
    remedy: str
    link: str = ""
    accounts: tuple[str, ...] = ()
    accounts_total: int = 0
    acceptance: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "accounts": list(self.accounts)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Finding:
        """A finding as ``to_dict`` gave it."""
        return cls(**{**kept, "accounts": tuple(kept["accounts"])})


@dataclass(frozen=True)
class Accepted:
    """A person's word that a finding of at most this severity may stand until then."""

    key: str
    severity: Severity
    reason: str
    author: str
    expires_at: datetime


def rank(severity: str) -> int:
    """Place of a severity, mildest 0."""
    return SEVERITIES.index(severity)


def with_acceptances(
    findings: Iterable[Finding], accepted: Sequence[Accepted], now: datetime
) -> list[Finding]:
    """The findings, open ones marked as accepted where somebody's word is in force at ``now``.

    A word covers the severity at which it was given and milder ones, not a graver one.
    """
    words = {a.key: a for a in accepted if a.expires_at > now}
    return [_marked(finding, words.get(finding.key)) for finding in findings]


def _marked(finding: Finding, word: Accepted | None) -> Finding:
    if finding.state != "open" or word is None or rank(finding.severity) > rank(word.severity):
        return finding
    told = {"reason": word.reason, "author": word.author, "until": word.expires_at.isoformat()}
    return replace(finding, state="accepted", acceptance=told)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Open ones first, then accepted, passed and not assessed; the gravest first in each."""
    states = ("open", "accepted", "passed", "not_assessed")
    return sorted(findings, key=lambda f: (states.index(f.state), -rank(f.severity), f.key))


def failing(findings: Iterable[Finding], severity: Severity) -> list[Finding]:
    """Open findings of that severity or a graver one.

    >>> one = Finding("k", "medium", "T", "open", "E", "R")
    >>> len(failing([one], "medium")), len(failing([one], "high"))
    (1, 0)
    """
    return [f for f in findings if f.state == "open" and rank(f.severity) >= rank(severity)]


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings are in each state."""
    found = {"open": 0, "accepted": 0, "passed": 0, "not_assessed": 0}
    for finding in findings:
        found[finding.state] += 1
    return found

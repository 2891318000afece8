"""What a check found, how bad it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad a finding is; the exit code of the doctor is 1 from FAIL on."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True)
class Finding:
    """One line of the doctor."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def worst(findings: Iterable[Finding]) -> Level:
    """The level of the worst finding."""
    return max((f.level for f in findings), default=Level.OK)

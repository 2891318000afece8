"""Of which accounts a question is asked: all, those of a split's group, or a segment's members."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tenure.accounts import segments
from tenure.accounts.models import SegmentMember
from tenure.analytics.errors import SpecError
from tenure.metrics.revenue import queries

SEGMENT = "segment"


@dataclass(frozen=True)
class Scope:
    """``kind`` is segment or a name of ``queries.SPLITS``; empty means everybody."""

    kind: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """As written in an address; ``parse`` reads it.

        >>> Scope("plan", "growth").text, Scope().text
        ('plan:growth', '')
        """
        return f"{self.kind}:{self.name}" if self.kind else ""


def parse(text: str) -> Scope:
    """The scope written as ``kind:name``; SpecError when there is no such kind or segment.

    >>> parse("channel:ads")
    Scope(kind='channel', name='ads')
    """
    if not text:
        return Scope()
    kind, _, name = text.partition(":")
    if kind not in (SEGMENT, *queries.SPLITS) or not name:
        known = ", ".join((SEGMENT, *queries.SPLITS))
        raise SpecError("metrics", text, "is no choice of accounts", f"write KIND:NAME of {known}")
    if kind == SEGMENT and not segments.exists(name):
        raise SpecError("metrics", text, "names no segment", "see the Segments page")
    return Scope(kind, name)


def members(scope: Scope, known_at: datetime) -> Collection[str] | None:
    """Account ids of the scope; None for everybody. Segments are as they stand now."""
    if not scope.kind:
        return None
    if scope.kind == SEGMENT:
        found = SegmentMember.objects.filter(segment=scope.name)
        return set(found.values_list("account_id", flat=True))
    groups = queries.groups(scope.kind, known_at) or {}
    return {account for account, group in groups.items() if group == scope.name}

"""What indicators are counted from: the lake, the scoring runs, and who belonged where when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import msgspec
import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.indicators import measures
from tenure.analytics.indicators.expect import Figure
from tenure.analytics.indicators.measures import MEMBERS, Span
from tenure.analytics.indicators.policy import Indicator
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.roles import Catalogue, catalogue, resolve
from tenure.analytics.tables import TABLES as FACTS
from tenure.facts import lake, reading
from tenure.health import lake_scores, policy, runs
from tenure.health.fingerprint import Fingerprint
from tenure.health.models import ScoringRun

TABLES = (
    "events",
    "tickets",
    "responses",
    "subscriptions",
    "plans",
    "people",
    "features",
    "accounts",
)
MEMBERSHIP_LASTS = timedelta(days=45)
"""Segments are as of the last scoring before the period's end, unless that is older than this."""
GOOD = "good"
"""Colour of the bands that count as healthy."""


@dataclass
class Context:
    """Everything is read when it is first asked for, and once."""

    segments: Sequence[str]
    _members: dict[int, pa.Table] = field(default_factory=dict)
    _catalogues: dict[datetime, Catalogue] = field(default_factory=dict)

    @cached_property
    def data(self) -> Dataset:
        """The tables that figures need, as the lake has them now."""
        return lake.current().dataset(TABLES)

    @cached_property
    def printed(self) -> Fingerprint:
        """The print of what was received by a moment."""
        return Fingerprint(lake.current().dataset(list(FACTS)))

    @cached_property
    def _signals(self) -> Registry:
        return policy.registry()

    @cached_property
    def _runs(self) -> list[ScoringRun]:
        return list(runs.finished(policy.settings().default_model))

    def run_at(self, moment: datetime) -> ScoringRun | None:
        """The last scoring by the default model up to ``moment``, unless it is too old to tell."""
        place = bisect_right(self._runs, moment, key=lambda run: run.as_of)
        run = self._runs[place - 1] if place else None
        return run if run and run.as_of >= moment - MEMBERSHIP_LASTS else None

    def made_of(self, span: Span) -> str:
        """The print of facts and scorings behind the figures of a period."""
        run = self.run_at(span.end)
        return f"{self.printed(span.known_at)}:{run.pk if run else ''}"

    def figures(self, of: Indicator, span: Span) -> dict[str, Figure]:
        """The figure of a period, for the workspace and its segments."""
        if of.measure == "healthy_share":
            return self._healthy(of, span)
        engine, events = reading.engine(), None
        if of.events:
            known = self._catalogue(span.known_at)
            events = resolve(list(of.events), self._signals.roles, known)
        days = self._signals.settings.activity_days
        return measures.figures(of, span, self.data, engine, self._who(span), events, days)

    def _catalogue(self, moment: datetime) -> Catalogue:
        if moment not in self._catalogues:
            self._catalogues[moment] = catalogue(self.data, moment, reading.engine())
        return self._catalogues[moment]

    def _who(self, span: Span) -> pa.Table:
        """Which accounts were in which watched segment."""
        run = self.run_at(span.end)
        if run is None or not self.segments:
            return MEMBERS.empty_table()
        if run.pk not in self._members:
            rows = lake_scores.run_rows([run], "account_id, segments").to_pylist()
            wanted = set(self.segments)
            pairs = [
                {"account_id": row["account_id"], "segment": name}
                for row in rows
                for name in msgspec.json.decode(row["segments"] or "[]")
                if name in wanted
            ]
            self._members[run.pk] = pa.Table.from_pylist(pairs, schema=MEMBERS)
        return self._members[run.pk]

    def _healthy(self, of: Indicator, span: Span) -> dict[str, Figure]:
        run = self.run_at(span.end)
        if run is None or run.as_of < span.start:
            return {}
        good = {b.name for b in policy.model().bands if b.color == GOOD}
        parts = {"": run.summary} | {
            name: part
            for name, part in run.summary.get("segments", {}).items()
            if name in self.segments
        }
        return {name: _share(part, good, of.least) for name, part in parts.items()}


def _share(part: Mapping[str, object], good: set[str], least: int) -> Figure:
    bands = part.get("bands")
    counts: Mapping[str, int] = bands if isinstance(bands, dict) else {}
    total = sum(n for name, n in counts.items() if name)
    hits = sum(n for name, n in counts.items() if name in good)
    return Figure(hits / total if total >= max(least, 1) else None, total)

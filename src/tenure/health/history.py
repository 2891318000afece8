"""Past dates looked at again: what was known on each, and what a model would have said then.

Nothing is kept. It is what a trial of a changed model and the learning of one stand on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from tenure.facts.reading import engine
from tenure.health import policy, rollups, validation_inputs
from tenure.health.pipeline import Rules, compute, score_everyone
from tenure.health.scoring import STAGE_MEMORY, Facts, Progress
from tenure.health.validations import dates_of, period_of

SCORE_COLUMNS = ("account_id", "as_of", "health", "risk", "band", "risk_level")


@dataclass(frozen=True)
class History:
    """The dates to look at, the period whose churn is decided, and all churns known."""

    dates: Sequence[datetime]
    period: tuple[datetime, datetime]
    churned: pa.Table

    @classmethod
    def of(cls, start: datetime | None, end: datetime | None, now: datetime) -> History:
        """The same ground as a validation stands on; SpecError where there is none."""
        numbers = policy.validation_policy()
        period, known = period_of(start, end, now, numbers)
        return cls(
            dates_of(period, numbers), period, validation_inputs.churn(known, policy.churn_policy())
        )


@dataclass
class Side:
    """A model going through the dates; its stages follow from its own scores."""

    rules: Rules
    stages: dict[str, str] = field(default_factory=dict)
    last: datetime | None = None
    tables: list[pa.Table] = field(default_factory=list)

    def score(self, signals: pa.Table, as_of: datetime) -> None:
        """Score the accounts that were customers then."""
        old = self.last is None or as_of - self.last > STAGE_MEMORY
        scored = score_everyone(signals, self.rules, as_of, {} if old else self.stages)
        placed = scored.everyone.select(["account_id", "stage"]).to_pylist()
        self.stages = {r["account_id"]: r["stage"] for r in placed if r["stage"]}
        self.last = as_of
        self.tables.append(scored.scores.select(list(SCORE_COLUMNS)))

    def scores(self) -> pa.Table:
        """All scores so far, date by date."""
        return pa.concat_tables(self.tables)


def signals_of(
    rules: Rules,
    dates: Sequence[datetime],
    also: Iterable[str] = (),
    progress: Progress | None = None,
) -> Iterator[tuple[datetime, pa.Table]]:
    """Signals of all known accounts (those of ``rules``, and ``also``) on each date, oldest first,
    as they were known then, sorted by account."""
    facts, names = Facts.now(), list(also)
    ready = rollups.ready(facts.dataset, rules.registry)
    for number, moment in enumerate(sorted(dates)):
        if progress:
            progress(number, len(dates))
        table = compute(rules, moment, facts.dataset, names, engine=engine(), rollup=ready)
        yield moment, table.sort_by("account_id")
    if progress:
        progress(len(dates), len(dates))

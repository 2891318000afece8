"""Collects what the signals of one query need: measures, table aggregates, picked rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tenure.analytics.asof import needed_views, view_name
from tenure.analytics.moments import DAY_US
from tenure.analytics.signals.inputs import Input
from tenure.analytics.signals.measures import Measure
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.roles import Catalogue
from tenure.analytics.tables import TABLES

ACTIVITY = Input("count")


@dataclass
class Collector:
    """Aggregates asked for by the forms, each given a name once.

    ``t`` is the moment in microseconds, ``end_day`` the day at which all windows end, ``tables``
    those that have facts at all: what looks at others is missing, and not worth planning for.
    """

    t: int
    end_day: int
    registry: Registry
    catalogue: Catalogue
    tables: frozenset[str] = frozenset(TABLES)
    of_account: dict[Measure, str] = field(default_factory=dict)
    of_person: dict[Measure, str] = field(default_factory=dict)
    over_people: dict[str, str] = field(default_factory=dict)
    events_present: dict[Measure, str] = field(default_factory=dict)
    aggregates: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    present: dict[str, str] = field(default_factory=dict)
    picks: dict[str, str] = field(default_factory=dict)
    views: dict[tuple[str, int], None] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)

    def account(self, measure: Measure) -> str:
        """A measure per account, as ``e.<name>``."""
        return "e." + self.of_account.setdefault(measure, f"a{len(self.of_account)}")

    def person(self, measure: Measure) -> str:
        """A measure per account and person, as the name in the people's query."""
        return self.of_person.setdefault(measure, f"p{len(self.of_person)}")

    def people(self, aggregate: str) -> str:
        """An aggregate over an account's people, as ``q.<name>``."""
        return "q." + self.over_people.setdefault(aggregate, f"q{len(self.over_people)}")

    def tracked(self, inputs: Sequence[Input], start: int) -> str:
        """Whether anyone in the workspace has such an event in the window, or lately."""
        since = max(start, self.registry.settings.presence_days)
        return "(" + " OR ".join(f"t.{self._presence(i, since)}" for i in inputs) + ")"

    def _presence(self, i: Input, since: int) -> str:
        measure = Measure(i, "any", since)
        self.account(measure)
        return self.events_present.setdefault(measure, f"has{len(self.events_present)}")

    def names_people(self, aggregate: str) -> str:
        """Whether ``aggregate`` (of ``people``) is above 0 for any account of the workspace."""
        source = f"SELECT MAX({aggregate.removeprefix('q.')}) > 0 FROM q"
        return "t." + self.present.setdefault(source, f"has_rows{len(self.present)}")

    def aggregate(self, table: str, shift: int, sql: str) -> str:
        """An aggregate per account over the view of a table."""
        self.view(table, shift)
        found = self.aggregates.setdefault((table, shift), {})
        return f"{group_alias(table, shift)}." + found.setdefault(sql, f"g{len(found)}")

    def table_present(self, table: str, shift: int, count: str) -> str:
        """Whether any account has a row that ``count`` counts."""
        name = self.aggregate(table, shift, count).split(".")[1]
        source = f"SELECT MAX({name}) > 0 FROM agg_{group_alias(table, shift)}"
        return "t." + self.present.setdefault(source, f"has_rows{len(self.present)}")

    def pick(self, table: str, shift: int, kept: str, order: str) -> str:
        """The alias of the query with the first row per account in ``order``."""
        name = self.view(table, shift)
        sql = (
            f"SELECT * FROM (SELECT v.*, ROW_NUMBER() OVER (PARTITION BY v.account_id ORDER BY"
            f" {order}) AS pick FROM {name} AS v WHERE {kept}) AS w WHERE w.pick = 1"
        )
        return self.picks.setdefault(sql, f"pick{len(self.picks)}")

    def view(self, table: str, shift: int = 0) -> str:
        """The name of a view, made known with all it needs."""
        for needed in needed_views(table, shift):
            self.views[needed] = None
        return view_name(table, shift)

    def day_of(self, column: str) -> str:
        """The day number of a moment."""
        return f"{column} // {DAY_US}"

    @property
    def measures(self) -> list[Measure]:
        """All measures of events."""
        return [*self.of_account, *self.of_person]


def group_alias(table: str, shift: int) -> str:
    """The alias of the aggregates over a view."""
    return f"{table}_{shift}"

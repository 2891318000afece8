"""Inputs: the columns a day of an account (and person) is summed up in.

An input is *mergeable*: its values of several rows add up (or are OR-ed) to the value of all their
facts. So the same windows are computed over raw events grouped by day, over the stored rollup, or
over both together.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

from tenure.analytics.moments import DAY_US
from tenure.analytics.signals.spec import Condition
from tenure.analytics.signals.sql import all_of, condition, json_text, literal, literals
from tenure.analytics.tables import EVENTS

MASK_BITS = 60
SLOT_MINUTES = 10
_SLOTS = 24 * 60 // SLOT_MINUTES
_SLOT_US = SLOT_MINUTES * 60_000_000
_COLUMNS = [c.name for c in EVENTS.all_columns()]

OWN = "tenure."
PRODUCT = (
    "COALESCE(source, '') <> 'tenure' AND COALESCE(kind, 'track') IN ('track', 'page', 'screen')"
)
"""What counts as use: not Tenure's own facts, not identify, group and alias calls."""


@dataclass(frozen=True)
class Input:
    """One column: a ``kind`` of sum over the events that match.

    ``events`` None means any product event; ``where`` are further conditions as JSON text (so that
    the input can be named by its content).
    """

    kind: Literal["count", "sum", "known", "sessions", "minutes", "mask"]
    events: tuple[str, ...] | None = None
    where: tuple[str, ...] = ()
    measured: str | None = None

    @cached_property
    def name(self) -> str:
        """The column's name: equal meaning, equal name; a changed meaning is another column."""
        body = json.dumps(asdict(self), sort_keys=True).encode()
        return f"{self.kind}_{hashlib.blake2b(body, digest_size=6).hexdigest()}"

    @property
    def bits(self) -> bool:
        """Whether values are OR-ed rather than added."""
        return self.kind == "mask"

    def merge(self, values: str) -> str:
        """The aggregate that merges ``values`` of this column."""
        return f"{'BIT_OR' if self.bits else 'SUM'}({values})"

    def matches(self, product: bool = False) -> str:
        """The condition an event must meet; ``product`` if only product events are looked at."""
        conditions = [condition(Condition.model_validate_json(w), _COLUMNS) for w in self.where]
        if self.events is not None:
            named = f"event IN {literals(self.events)}" if self.events else "FALSE"
            conditions.insert(0, named)
        if not product and not self.own:
            conditions.insert(0, PRODUCT)
        return all_of(conditions)

    @property
    def own(self) -> bool:
        """Whether it counts Tenure's own facts, such as ``tenure.message.sent``."""
        return any(e.startswith(OWN) for e in self.events or ())

    def sql(self, flag: str) -> str:
        """The aggregate over events, where the boolean ``flag`` says which match."""
        return {
            "count": lambda: f"CAST(SUM(CASE WHEN {flag} THEN 1 END) AS BIGINT)",
            "sum": lambda: f"SUM(CASE WHEN {flag} THEN {self._number()} END)",
            "known": lambda: f"COUNT(CASE WHEN {flag} THEN {self._number()} END)",
            "sessions": lambda: (
                f"CASE WHEN MAX(CASE WHEN {flag} THEN 1 END) = 1 THEN GREATEST("
                f"COUNT(DISTINCT CASE WHEN {flag} THEN session_id END), 1) END"
            ),
            "minutes": lambda: _minutes(flag),
            "mask": lambda: f"BIT_OR(CASE WHEN {flag} THEN {self._bit()} END)",
        }[self.kind]()

    @property
    def per_arrival(self) -> bool:
        """Whether it is counted per person, day and day of arrival, and added up from there."""
        return self.kind in ("sessions", "minutes")

    def _number(self) -> str:
        return f"TRY_CAST({json_text('properties', self.measured or '')} AS DOUBLE)"

    def _bit(self) -> str:
        cases = [
            f"WHEN {literal(e)} THEN CAST({1 << n} AS BIGINT)"
            for n, e in enumerate(self.events or ())
        ]
        return f"CASE event {' '.join(cases)} END"


def features_mask(events: tuple[str, ...]) -> list[Input]:
    """Inputs that remember which of ``events`` occurred, up to 60 in each."""
    chunks = [events[n : n + MASK_BITS] for n in range(0, len(events), MASK_BITS)]
    return [Input("mask", chunk) for chunk in chunks]


def _minutes(flag: str) -> str:
    """Ten minutes for each slot of the day with an event: a bit per slot, in words of 48 bits."""
    slot = f"CAST(MOD(timestamp, {DAY_US}) // {_SLOT_US} AS INT)"
    # BIT_COUNT gives a one-byte integer: a long day would overflow it when added up.
    words = [
        f"CAST(BIT_COUNT(COALESCE(BIT_OR(CASE WHEN {flag} AND {slot} >= {low}"
        f" AND {slot} < {low + 48}"
        f" THEN CAST(1 AS BIGINT) << ({slot} - {low}) END), 0)) AS BIGINT)"
        for low in range(0, _SLOTS, 48)
    ]
    minutes = f"CAST({SLOT_MINUTES} * ({' + '.join(words)}) AS BIGINT)"
    return f"CASE WHEN MAX(CASE WHEN {flag} THEN 1 END) = 1 THEN {minutes} END"

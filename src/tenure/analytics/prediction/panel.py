"""The ground of learning: accounts on dates, what was known of them then, what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.validation.outcomes import DAY

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Panel:
    """Accounts on dates: ``rows`` by ``features``, whose row it is, its date (microseconds), days
    to the next churn (inf: none known), the risk by the rules (NaN: not scored). Outcomes are
    decided up to ``end`` (microseconds)."""

    features: Sequence[Feature]
    rows: Matrix
    account: Ints
    as_of: Ints
    churn_days: Floats
    rules: Floats
    end: int

    def __len__(self) -> int:
        return len(self.account)

    def take(self, kept: Bools) -> Panel:
        """The rows where ``kept`` holds."""
        return Panel(
            self.features,
            self.rows[kept],
            self.account[kept],
            self.as_of[kept],
            self.churn_days[kept],
            self.rules[kept],
            self.end,
        )

    def only(self, columns: Sequence[int]) -> Panel:
        """These columns."""
        features = [self.features[i] for i in columns]
        return Panel(
            features,
            self.rows[:, list(columns)],
            self.account,
            self.as_of,
            self.churn_days,
            self.rules,
            self.end,
        )

    def decided(self, days: int, by: int | None = None) -> Bools:
        """Rows whose next ``days`` days are over at ``by`` (default: the end)."""
        return np.asarray(self.as_of + days * DAY <= (self.end if by is None else by))

    def churned_accounts(self, days: int) -> int:
        """Accounts that churn within ``days`` of a row."""
        return len(np.unique(self.account[self.churn_days < days]))


def blocks(panel: Panel, days: int, policy: PredictionPolicy) -> list[tuple[int, int]]:
    """First and last moment of each test block."""
    dates = np.unique(panel.as_of[panel.decided(days)])
    first = int(np.ceil(len(dates) * policy.first_share))
    parts = np.array_split(dates[first:], policy.blocks)
    return [(int(p[0]), int(p[-1])) for p in parts if len(p)]

"""A month's revenue figures, summed from the movements of its accounts.

With *start* the MRR at the month's start and all movements as positive amounts:

* gross MRR churn = (churn + contraction) / start; GRR = 1 - gross churn
* net MRR churn = (churn + contraction - expansion - reactivation) / start; NRR = 1 - net churn
* logo churn = accounts churned / accounts paying at the start
* ARPA = MRR at the end / accounts paying at the end
* voluntary and involuntary churn = the churn of accounts that left, or that failed to pay
* quick ratio = (new + expansion + reactivation) / (contraction + churn)

A rate whose denominator is zero is None. Conventions as in the public definitions of ChartMogul and
Lago; see docs/rules/revenue.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

RATES = ("gross_churn", "net_churn", "grr", "nrr", "logo_churn", "arpa_minor", "quick_ratio")
KINDS = ("new", "expansion", "reactivation", "contraction", "churn")


@dataclass(frozen=True)
class MonthFigures:
    """One month, one currency, one group; amounts in minor units, movements as positive numbers."""

    month: date
    currency: str
    group: str
    start_minor: int
    new_minor: int
    expansion_minor: int
    reactivation_minor: int
    contraction_minor: int
    churn_minor: int
    end_minor: int
    accounts_start: int
    accounts_new: int
    accounts_reactivated: int
    accounts_churned: int
    accounts_end: int
    voluntary_minor: int = 0
    involuntary_minor: int = 0
    accounts_voluntary: int = 0
    accounts_involuntary: int = 0

    @property
    def gross_churn(self) -> float | None:
        """Share of the starting MRR that was lost, before any gain."""
        return ratio(self.churn_minor + self.contraction_minor, self.start_minor)

    @property
    def net_churn(self) -> float | None:
        """Share of the starting MRR lost after gains from those customers; negative is growth."""
        gained = self.expansion_minor + self.reactivation_minor
        return ratio(self.churn_minor + self.contraction_minor - gained, self.start_minor)

    @property
    def grr(self) -> float | None:
        """Gross revenue retention.

        >>> month = MonthFigures(date(2024, 1, 1), "USD", "", 100_000, 8_000, 6_000, 0, 2_000,
        ...                      3_000, 109_000, 40, 3, 0, 2, 41)
        >>> month.grr, month.nrr, month.quick_ratio, month.logo_churn
        (0.95, 1.01, 2.8, 0.05)
        """
        return None if self.gross_churn is None else 1 - self.gross_churn

    @property
    def nrr(self) -> float | None:
        """Net revenue retention."""
        return None if self.net_churn is None else 1 - self.net_churn

    @property
    def logo_churn(self) -> float | None:
        """Share of the paying accounts that left."""
        return ratio(self.accounts_churned, self.accounts_start)

    @property
    def arpa_minor(self) -> float | None:
        """Average MRR of a paying account at the end."""
        return ratio(self.end_minor, self.accounts_end)

    @property
    def quick_ratio(self) -> float | None:
        """MRR gained for each unit lost."""
        gained = self.new_minor + self.expansion_minor + self.reactivation_minor
        return ratio(gained, self.contraction_minor + self.churn_minor)

    def to_dict(self) -> dict[str, object]:
        """All fields and rates, the month as ISO text."""
        told = asdict(self) | {"month": self.month.isoformat()}
        return told | {name: getattr(self, name) for name in RATES}


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``, or None where there is no whole."""
    return part / whole if whole else None


_SUMS = ", ".join(
    f"coalesce(sum(abs(change_minor)) FILTER (kind = '{kind}'), 0)::BIGINT AS {kind}_minor"
    for kind in KINDS
)
_FIGURES = f"""
SELECT month, currency, coalesce(g.name, $rest) AS "group",
       sum(start_minor)::BIGINT AS start_minor, {_SUMS}, sum(end_minor)::BIGINT AS end_minor,
       count(*) FILTER (start_minor > 0) AS accounts_start,
       count(*) FILTER (kind = 'new') AS accounts_new,
       count(*) FILTER (kind = 'reactivation') AS accounts_reactivated,
       count(*) FILTER (kind = 'churn') AS accounts_churned,
       count(*) FILTER (end_minor > 0) AS accounts_end,
       coalesce(-sum(change_minor) FILTER (leaving = 'voluntary'), 0)::BIGINT AS voluntary_minor,
       coalesce(-sum(change_minor) FILTER (leaving = 'involuntary'), 0)::BIGINT
         AS involuntary_minor,
       count(*) FILTER (leaving = 'voluntary') AS accounts_voluntary,
       count(*) FILTER (leaving = 'involuntary') AS accounts_involuntary
FROM moves LEFT JOIN groups g USING (account_id)
GROUP BY ALL ORDER BY ALL
"""


def summed_sql(moves: str, rest: str) -> str:
    """The query that sums the query ``moves`` to figures by the relation ``groups``."""
    named = "'" + rest.replace("'", "''") + "'"
    return f"WITH moves AS ({moves})" + _FIGURES.replace("$rest", named)


def group_table(groups: Mapping[str, str]) -> pa.Table:
    """The relation ``groups``: account and name."""
    return pa.table(
        {
            "account_id": pa.array(list(groups), pa.string()),
            "name": pa.array(list(groups.values()), pa.string()),
        }
    )


def figures(
    moves: pa.Table,
    groups: Mapping[str, str] | None = None,
    rest: str = "other",
    only: Collection[str] | None = None,
) -> list[MonthFigures]:
    """Figures per month, currency and group. ``groups`` maps account ids to a group's name (a plan,
    a segment); accounts it lacks are in ``rest``. Without ``groups`` the group is empty. ``only``
    keeps the accounts named. Churn is voluntary or involuntary where ``moves`` says ``leaving``.
    """
    con = connect(chosen(moves, only))
    con.register("groups", group_table(groups or {}))
    rows = con.sql(_FIGURES, params={"rest": rest if groups is not None else ""})
    names = rows.columns
    return [MonthFigures(**dict(zip(names, row, strict=True))) for row in rows.fetchall()]


def chosen(moves: pa.Table, only: Collection[str] | None) -> pa.Table:
    """The movements of the accounts in ``only``; all of them without it."""
    if only is None:
        return moves
    return moves.filter(pc.is_in(moves["account_id"], pa.array(sorted(only), pa.string())))


def connect(moves: pa.Table) -> duckdb.DuckDBPyConnection:
    """A database of its own that knows ``moves``, with ``leaving`` empty where it is not told."""
    if "leaving" not in moves.column_names:
        moves = moves.append_column("leaving", pa.nulls(moves.num_rows, pa.string()))
    con = duckdb.connect()
    con.register("moves", moves)
    return con

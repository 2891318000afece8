"""What each account did in its first days, as SQL over the facts as known at a moment.

A row an account: ``account_id``, ``begun`` (microseconds), for each doing the moment it was first
shown (microseconds; NULL: not yet), ``day_one`` and ``kept`` (whether the product was used on the
second day, and in the days of retention), and ``actions`` (different product events up to first
value).
"""

from __future__ import annotations

from tenure.analytics.moments import DAY_US
from tenure.analytics.onboarding.policy import Doing, OnboardingPolicy
from tenure.analytics.signals.inputs import PRODUCT
from tenure.analytics.signals.sql import literals

TABLES = ("accounts", "events", "features")
"""What the statement reads, as views of these names."""


def statement(
    policy: OnboardingPolicy, since: int, until: int, days: int | None = None
) -> tuple[dict[str, str], str]:
    """Views by name, and the statement over them: all accounts that began from ``since`` to before
    ``until`` (microseconds), and what they did in their first ``days`` (never fewer than it takes
    to decide everything)."""
    span = max(days or 0, policy.decided_days) * DAY_US
    doings = list(policy.doings())
    value = next(i for i, d in enumerate(doings) if d.key == policy.first_value)
    streaks = sorted({d.streak_days for d in doings if d.streak_days})
    views = {
        "begun": f"SELECT account_id, MIN(created_at) AS begun FROM accounts "
        f"WHERE created_at >= {since} AND created_at < {until} GROUP BY account_id",
        "catalogue": "SELECT event, BOOL_OR(core) AS core, BOOL_OR(high_value) AS high_value "
        "FROM features GROUP BY event",
        "done": f"""
SELECT b.account_id, b.begun, e.timestamp AS moment, e.event, {PRODUCT} AS product,
 COALESCE(c.core, FALSE) AS core, COALESCE(c.high_value, FALSE) AS high_value
FROM begun AS b JOIN events AS e ON e.account_id = b.account_id AND e.timestamp >= b.begun
 AND e.timestamp < b.begun + {span}
LEFT JOIN catalogue AS c ON c.event = e.event""",
        "used_days": "SELECT account_id, "
        f"CAST(FLOOR(moment / {DAY_US}.0) AS BIGINT) AS day, MIN(moment) AS moment FROM done "
        "WHERE product GROUP BY account_id, day",
        "runs": "SELECT account_id, day, moment, day - ROW_NUMBER() OVER "
        "(PARTITION BY account_id ORDER BY day) AS run FROM used_days",
        "lengths": "SELECT account_id, moment, ROW_NUMBER() OVER "
        "(PARTITION BY account_id, run ORDER BY day) AS length FROM runs",
        "streaks": "SELECT account_id, "
        + ", ".join(
            f"MIN(moment) FILTER (WHERE length = {n}) AS streak_{n}" for n in streaks or (2,)
        )
        + " FROM lengths GROUP BY account_id",
        "firsts": f"""
SELECT b.account_id, b.begun, {", ".join(_first(i, d) for i, d in enumerate(doings))},
 COALESCE(BOOL_OR(d.product AND d.moment >= b.begun + {DAY_US}
  AND d.moment < b.begun + {2 * DAY_US}), FALSE) AS day_one,
 COALESCE(BOOL_OR(d.product AND d.moment >= b.begun + {policy.retention_day * DAY_US}
  AND d.moment < b.begun + {(policy.retention_day + policy.retention_span_days) * DAY_US}), FALSE)
  AS kept
FROM begun AS b LEFT JOIN done AS d ON d.account_id = b.account_id
LEFT JOIN streaks AS s ON s.account_id = b.account_id GROUP BY b.account_id, b.begun""",
    }
    return (
        views,
        f"""
SELECT f.*, COUNT(DISTINCT d.event) AS actions FROM firsts AS f LEFT JOIN done AS d
 ON d.account_id = f.account_id AND d.product AND d.moment <= f.at_{value}
GROUP BY ALL ORDER BY f.account_id""",
    )


def _first(index: int, doing: Doing) -> str:
    if doing.created:
        shown = "b.begun"
    elif doing.streak_days:
        shown = f"MIN(s.streak_{doing.streak_days})"
    elif doing.feature:
        shown = f"MIN(d.moment) FILTER (WHERE d.{doing.feature})"
    else:
        shown = f"MIN(d.moment) FILTER (WHERE d.event IN {literals(doing.events)})"
    return f"{shown} AS at_{index}"

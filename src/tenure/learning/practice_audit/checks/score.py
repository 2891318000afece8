"""Faults of the score itself: what it is made of, and whether it ever proved itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tenure.analytics.health.spec import HealthModel
from tenure.analytics.signals.registry import Registry
from tenure.health import queries, versions
from tenure.health.models import ValidationReport
from tenure.health.pipeline import Rules
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much

FAILED, TOO_LITTLE = ("does_not_predict", "inverted"), "too_little_churn"
CHANCE = 0.5
"""The AUC of a score that knows nothing."""


def only_revenue_measured(ground: Context, rule: Rule) -> Outcome:
    """No product events arrive, or the default model rests hardly on what leads revenue."""
    if not any(ground.has(t) for t in ("events", "subscriptions", "invoices", "payments")):
        return unknown(ground.policy, "nothing")
    numbers, groups = rule.numbers, ground.policy.ground.leading_groups
    events = ground.events_since(numbers["days"])
    weight = weight_of(ground.model, ground.registry, groups)
    fault = events < numbers["least_events"] or weight < numbers["least_share"]
    return told(
        rule,
        fault,
        events=f"{events:,}",
        days=plain(numbers["days"]),
        weight=percent(weight),
        model=ground.model.title,
        least=percent(numbers["least_share"]),
    )


def usage_for_satisfaction(ground: Context, rule: Rule) -> Outcome:
    """The default model hardly weighs what customers say and reach."""
    words = ground.policy.ground
    weight = weight_of(ground.model, ground.registry, words.value_groups, words.value_signals)
    return told(
        rule,
        weight < rule.numbers["least_share"],
        weight=percent(weight),
        model=ground.model.title,
        least=percent(rule.numbers["least_share"]),
    )


def health_does_not_predict(ground: Context, rule: Rule) -> Outcome:
    """The newest validation of the model in force says that it does not predict."""
    kept = _report(ground)
    if isinstance(kept, Outcome):
        return kept
    row = _horizon(kept)
    return told(
        rule,
        kept.verdict in FAILED,
        days=row["days"],
        model=ground.model.title,
        churned=row["churned_accounts"],
        **_area(row),
    )


def vanity_score(ground: Context, rule: Rule) -> Outcome:
    """Those who left had looked well, or the score cannot be told from chance."""
    kept = _report(ground)
    if isinstance(kept, Outcome):
        return kept
    row = _horizon(kept)
    share, n = row["green_share"]["value"], row["green_share"]["n"] or 0
    if share is None or n < rule.numbers["least_churned"]:
        return too_few(ground.policy, n, "churned accounts", rule.numbers["least_churned"])
    green, most = round(share * n), rule.numbers["most_share"]
    low = row["auc"]["low"]
    fault = too_much(green, n, most) or (low is not None and low <= CHANCE)
    behind = [entry["account_id"] for entry in kept.result["green_churned"]]
    return told(
        rule,
        fault,
        behind,
        green=green,
        n=n,
        share=percent(share),
        days=row["days"],
        most=percent(most),
        low=_area(row)["low"],
        high=_area(row)["high"],
    )


def weight_of(
    model: HealthModel, registry: Registry, groups: Collection[str], others: Collection[str] = ()
) -> float:
    """Share of the model's weight that rests on signals of these groups, or named (0 to 1)."""
    parts = model.parts()
    weights = {p.key: p.dimension_weight * p.signal_weight for p in parts}
    inside = [
        p.key for p in parts if p.signal in others or registry.signals[p.signal].group in groups
    ]
    return sum(weights[key] for key in inside) / sum(weights.values())


def _report(ground: Context) -> ValidationReport | Outcome:
    """The newest validation of the model in force, or why there is nothing to be told from."""
    kept = queries.latest_report(ground.model.name)
    if kept is None:
        return unknown(ground.policy, "no_report")
    version = versions.version_of(Rules.in_force(ground.model.name))
    if kept.model_version != version:
        validated = kept.model_version
        return unknown(ground.policy, "other_version", validated=validated, version=version)
    if kept.verdict == TOO_LITTLE:
        return unknown(ground.policy, "too_little_churn")
    return kept


def _horizon(kept: ValidationReport) -> dict[str, Any]:
    days = kept.result["verdict"]["days"]
    return next(h for h in kept.result["horizons"] if h["days"] == days)


def _area(row: dict[str, Any]) -> dict[str, str]:
    return {
        name: "–" if row["auc"][key] is None else f"{100 * row['auc'][key]:.0f}"
        for name, key in (("auc", "value"), ("low", "low"), ("high", "high"))
    }

"""What pages, commands and the API ask of health. Everything here only reads.

State answers what is asked of a page that lists many accounts; the lake answers history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from tenure.accounts import segments
from tenure.analytics.health import HealthModel
from tenure.analytics.signals.registry import Registry
from tenure.facts.reading import text
from tenure.health import explanations, policy, runs, trends
from tenure.health.lake_scores import query, run_rows
from tenure.health.models import (
    AccountHealth,
    AccountPrediction,
    Override,
    ScoringRun,
    ValidationReport,
)

Row = dict[str, Any]


def default_model() -> str:
    """Name of the model that is meant when none is named."""
    return policy.settings().default_model


def model(name: str | None = None) -> HealthModel:
    """A model in force: its dimensions, bands with titles, actions and colours."""
    return policy.model(name)


def models() -> list[Row]:
    """All models: name, title, whether scored daily, whether the default, latest run."""
    numbers = policy.settings()
    return [
        {
            "name": name,
            "title": policy.model(name).title,
            "description": policy.model(name).description,
            "source": policy.model(name).source,
            "scored": name in numbers.scored,
            "default": name == numbers.default_model,
            "run": runs.latest_live(name),
        }
        for name in policy.model_names()
    ]


def accounts_at_risk(ids: Sequence[str], levels: Sequence[str]) -> set[str]:
    """Those of the accounts ``ids`` whose churn risk by the default model is at ``levels`` now."""
    rows = AccountHealth.objects.filter(
        model=default_model(), account_id__in=ids, risk_level__in=levels
    )
    return set(rows.values_list("account_id", flat=True))


def prediction(account_id: str) -> Row | None:
    """What the learned model in use says of an account; None where it says nothing."""
    row = AccountPrediction.objects.select_related("learned").filter(account=account_id).first()
    if row is None:
        return None
    return {
        "as_of": row.as_of,
        "version": row.learned.version,
        "believed": row.learned.state == "champion",
        "days": row.learned.report["verdict"]["days"],
        "chance": row.chance,
        "chances": row.chances,
        "survival": row.survival,
        "reasons": row.reasons,
    }


def account_health(account_id: str, name: str | None = None) -> AccountHealth | None:
    """The latest score of an account; ``explanations.of_row`` explains it."""
    rows = AccountHealth.objects.filter(account_id=account_id, model=name or default_model())
    return rows.first()


def warnings(row: AccountHealth, known: Registry | None = None) -> list[Row]:
    """The warnings that fired, worst first: name, title, description, level, usual lead time."""
    declared = (known or policy.registry()).risk_signals
    order = {"critical": 0, "high": 1, "medium": 2}
    found = [
        {
            "name": name,
            "title": declared[name].title,
            "description": declared[name].description,
            "level": declared[name].level,
            "lead_time": declared[name].lead_time,
        }
        for name in row.risk_signals
        if name in declared
    ]
    return sorted(found, key=lambda w: order.get(str(w["level"]), 9))


def latest_run(name: str | None = None) -> ScoringRun | None:
    """The run behind the present state; None before the first."""
    return runs.latest_live(name or default_model())


def distribution(name: str | None = None) -> list[Row]:
    """Accounts in each band as shown now, best first: band, title, color, action, n, share."""
    chosen = policy.model(name)
    rows = AccountHealth.objects.filter(model=chosen.name)
    counts = Counter(rows.values_list("shown_band", flat=True))
    total = sum(counts.values())
    listed = [
        {
            "band": b.name,
            "title": b.title,
            "color": b.color,
            "action": b.action,
            "min": b.min,
            "n": counts.get(b.name, 0),
            "share": counts.get(b.name, 0) / total if total else 0.0,
        }
        for b in sorted(chosen.bands, key=lambda b: -b.min)
    ]
    if counts.get(""):
        listed.append(
            {
                "band": "",
                "title": "No score",
                "color": "none",
                "action": "",
                "min": None,
                "n": counts[""],
                "share": counts[""] / total,
            }
        )
    return listed


def distribution_over_time(
    name: str | None = None, since: datetime | None = None, points: int = 60
) -> list[Row]:
    """Per run, oldest first: as_of, accounts, bands (name to count), health, risk, coverage."""
    found = runs.finished(name or default_model())
    if since is not None:
        found = found.filter(as_of__gte=since)
    return [{"as_of": r.as_of, **_short(r.summary)} for r in thin(list(found), points)]


def by_segment(name: str | None = None) -> list[Row]:
    """Latest run by segment: segment, title, tier, accounts, bands, health, risk, coverage."""
    run = latest_run(name)
    parts = run.summary.get("segments", {}) if run else {}
    titles, tiers = segments.titles(), segments.tiers()
    rows = [
        {"segment": s, "title": titles.get(s, s), "tier": s in tiers, **_short(part)}
        for s, part in parts.items()
    ]
    return sorted(
        rows, key=lambda r: (not r["tier"], tiers.index(r["segment"]) if r["tier"] else 0)
    )


def by_stage(name: str | None = None) -> list[Row]:
    """Latest run by lifecycle stage, in the order of policy."""
    run = latest_run(name)
    parts = run.summary.get("stages", {}) if run else {}
    return [
        {"stage": s.name, "title": s.title, "goal": s.goal, **_short(parts[s.name])}
        for s in policy.stage_policy().stages
        if s.name in parts
    ]


def worst_movers(
    name: str | None = None, limit: int = 20, among: Iterable[str] | None = None
) -> QuerySet[AccountHealth]:
    """Accounts that lost most in thirty days, worst first, with their account."""
    rows = AccountHealth.objects.filter(model=name or default_model(), change_30d__lt=0)
    if among is not None:
        rows = rows.filter(account_id__in=list(among))
    return rows.select_related("account").order_by("change_30d")[:limit]


def best_movers(name: str | None = None, limit: int = 20) -> QuerySet[AccountHealth]:
    """Accounts that gained most in thirty days, best first, with their account."""
    rows = AccountHealth.objects.filter(model=name or default_model(), change_30d__gt=0)
    return rows.select_related("account").order_by("-change_30d")[:limit]


def movements(start: datetime, end: datetime, name: str | None = None) -> Row:
    """Who changed band between the scores that stood at ``start`` and at ``end``.

    ``from``/``to``: the moments of those scores; ``bands``: band names best first; ``matrix``:
    from band to band to count, where "" is *not scored* (not yet, or no longer, a customer);
    ``moves``: each account that changed, largest loss first.
    """
    chosen = policy.model(name)
    first, last = runs.nearest(chosen.name, start), runs.nearest(chosen.name, end)
    if first is None and last is not None:
        first = runs.finished(chosen.name).first()
    names = [b.name for b in sorted(chosen.bands, key=lambda b: -b.min)]
    if first is None or last is None or first.pk == last.pk:
        return {"from": None, "to": None, "bands": names, "matrix": {}, "moves": []}
    before, after = _bands(first), _bands(last)
    matrix: dict[str, dict[str, int]] = {}
    moves = []
    for account in sorted(before.keys() | after.keys()):
        old, new = before.get(account, ("", None)), after.get(account, ("", None))
        row = matrix.setdefault(old[0], {})
        row[new[0]] = row.get(new[0], 0) + 1
        if old[0] != new[0]:
            moves.append(_move(account, old, new))
    moves.sort(key=lambda m: m["change"] if m["change"] is not None else 0.0)
    return {"from": first.as_of, "to": last.as_of, "bands": names, "matrix": matrix, "moves": moves}


def account_history(account_id: str, name: str | None = None) -> list[Row]:
    """Every score ever made, oldest first: as_of, health, band, risk, risk_level, coverage, stage,
    model_version, purpose."""
    done = list(runs.finished(name or default_model()))
    columns = (
        "as_of, health, band, risk, risk_level, coverage, stage, model_version, purpose, run_id"
    )
    rows = run_rows(done, columns, f"account_id = {text(account_id)}")
    listed: list[Row] = rows.sort_by("as_of").to_pylist()
    return listed


def signal_history(account_id: str, signal: str, name: str | None = None) -> list[Row]:
    """Value of one signal at every run, oldest first: as_of, value, text."""
    done = list(runs.finished(name or default_model()))
    if not done:
        return []
    ids = ", ".join(str(r.pk) for r in done)
    sql = (
        "SELECT as_of, value, text FROM signal_values WHERE"
        f" account_id = {text(account_id)} AND signal = {text(signal)} AND run_id IN ({ids})"
    )
    rows: list[Row] = query(sql, "signal_values").sort_by("as_of").to_pylist()
    return rows


def explanation_at(account_id: str, moment: datetime, name: str | None = None) -> Row | None:
    """The score that stood at a moment, with its explanation, by the version that made it."""
    run = runs.nearest(name or default_model(), moment)
    if run is None:
        return None
    rows = run_rows([run], "*", f"account_id = {text(account_id)}").to_pylist()
    if not rows:
        return None
    earlier = runs.nearest(run.model, _yesterday(run))
    values = trends.values_at(run, account_id, account_id).get(account_id, {})
    before = trends.values_at(earlier, account_id, account_id) if earlier else {}
    told = explanations.of_values(
        run.model, run.model_version, values, before.get(account_id), rows[0]["variant"] or ""
    )
    return {**rows[0], "signals": values, "explanation": told}


def changed_since(score: AccountHealth, days: int) -> tuple[datetime | None, Row | None]:
    """What an account's latest score is compared with ``days`` before (1: yesterday's, which is
    kept beside it): the moment of that score, and the explanation with what changed since; None
    where nothing was scored then."""
    last = runs.latest_live(score.model)
    if last is None:
        return None, None
    if days == 1:
        then = runs.nearest(score.model, _yesterday(last))
        return (then.as_of, explanations.of_row(score)) if then else (None, None)
    then = runs.nearest(score.model, last.as_of - timedelta(days=days))
    if then is None:
        return None, None
    before = trends.values_at(then, score.account_id, score.account_id).get(score.account_id)
    told = explanations.of_values(
        score.model, score.model_version, score.signals, before, score.variant
    )
    return then.as_of, told


def _yesterday(run: ScoringRun) -> datetime:
    """The last moment at which the score that a run is compared with may have been made."""
    return run.as_of - timedelta(hours=policy.settings().compared_hours)


def not_at_risk(ids: Sequence[str], days: int, levels: Sequence[str]) -> dict[str, Row]:
    """Those of the accounts that were scored ``days`` ago by the default model at none of the risk
    ``levels``: account_id, health and band then."""
    name = default_model()
    last = runs.latest_live(name)
    if last is None or not ids:
        return {}
    then = runs.nearest(name, last.as_of - timedelta(days=days) if days > 1 else _yesterday(last))
    if then is None:
        return {}
    among = ", ".join(text(account) for account in ids)
    rows = run_rows(
        [then], "account_id, health, band, risk_level", f"account_id IN ({among})"
    ).to_pylist()
    return {r["account_id"]: r for r in rows if r["risk_level"] not in levels}


def overrides(account_id: str, name: str | None = None) -> QuerySet[Override]:
    """All overrides of an account, newest first."""
    rows = Override.objects.filter(account_id=account_id, model=name or default_model())
    return rows.order_by("-created_at")


def override_in_force(account_id: str, now: datetime, name: str | None = None) -> Override | None:
    """The override that shows now."""
    rows = overrides(account_id, name).filter(ended_at=None, expires_at__gt=now)
    return rows.first()


def reports(name: str | None = None) -> QuerySet[ValidationReport]:
    """Kept validations of a model (of all when ``name`` is empty), newest first."""
    rows = ValidationReport.objects.order_by("-created_at", "-pk")
    return rows if name == "" else rows.filter(model=name or default_model())


def latest_report(name: str | None = None) -> ValidationReport | None:
    """The newest validation of all accounts (not of one segment) of a model."""
    for report in reports(name):
        if not report.result.get("segment"):
            return report
    return None


def thin(found: list[ScoringRun], points: int) -> list[ScoringRun]:
    """At most ``points`` of them, evenly, first and last always."""
    if len(found) <= points:
        return found
    step = (len(found) - 1) / (points - 1)
    return [found[round(i * step)] for i in range(points)]


def default_period(now: datetime) -> tuple[datetime, datetime]:
    """What *movement* shows unless asked otherwise: the last thirty days."""
    return now - timedelta(days=30), now


def _short(part: Row) -> Row:
    keys = ("accounts", "bands", "risk_levels", "health", "risk", "coverage")
    return {key: part.get(key) for key in keys}


def _bands(run: ScoringRun) -> dict[str, tuple[str, float | None]]:
    rows = run_rows([run], "account_id, band, health")
    columns = (rows[n].to_pylist() for n in ("account_id", "band", "health"))
    return {account: (band or "", health) for account, band, health in zip(*columns, strict=True)}


def _move(account: str, old: tuple[str, float | None], new: tuple[str, float | None]) -> Row:
    change = None if old[1] is None or new[1] is None else round(new[1] - old[1], 2)
    return {
        "account_id": account,
        "from_band": old[0],
        "to_band": new[0],
        "from_health": old[1],
        "to_health": new[1],
        "change": change,
    }

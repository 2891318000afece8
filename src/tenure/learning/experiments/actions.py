"""Everything that changes experiments: planned, started, looked at, stopped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from django.db import transaction

from tenure.accounts.models import Segment
from tenure.analytics.errors import SpecError
from tenure.analytics.experiments.analyse import analyse_experiment
from tenure.analytics.experiments.assignment import arm
from tenure.analytics.experiments.plan import plan
from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.core import audit
from tenure.core import policy as policies
from tenure.facts.inbox import OwnFact, record_own
from tenure.learning.experiments import measuring
from tenure.learning.experiments.models import PLANNED, RUNNING, STOPPED, Experiment, Reading, Unit
from tenure.plays.policy import salt

TARGET = "experiment"
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{1,79}")
_ARM = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
Json = dict[str, Any]


@dataclass(frozen=True)
class ExperimentPlan:
    """What is asked, before anything is known. ``guardrails`` maps metrics to whether higher is
    better; ``arms`` gives shares (any scale), the first arm being the control."""

    key: str
    title: str
    hypothesis: str
    metric: str
    effect: float
    days: int
    arms: Mapping[str, float]
    segment: str = ""
    higher_is_better: bool = True
    guardrails: Mapping[str, bool] | None = None
    watched: bool = False


def rules() -> ExperimentPolicy:
    """The policy of experiments in force."""
    found: ExperimentPolicy = policies.load("experiments")
    return found


def reckon(asked: ExperimentPlan, now: datetime) -> Json:
    """What the experiment can find with the accounts there are: ``needed`` units for the effect,
    ``available`` ones, and the smallest effect ``visible`` with these. SpecError if unsound."""
    _check(asked)
    accounts = measuring.population(asked.segment)
    base = measuring.expected(asked.metric, accounts, asked.days, now)
    shares = list(asked.arms.values())
    # The comparison with the smallest treatment is the weakest one: it is planned for.
    pair = shares[0] + min(shares[1:])
    held = shares[0] / pair
    units = math.floor(len(accounts) * pair / sum(shares))
    told: Json = {
        "baseline": base.baseline,
        "sd": base.sd,
        "available": len(accounts),
        "pair": units,
    }
    effect = asked.effect if asked.higher_is_better else -asked.effect
    try:
        size = plan(base, rules(), effect=effect, held_out=held, watched=asked.watched)
        told["needed"] = math.ceil(size.total * sum(shares) / pair)
    except ValueError as error:
        raise SpecError("experiment", "effect", str(error), "give a smaller change") from None
    try:
        seen = plan(base, rules(), units=units, held_out=held, watched=asked.watched)
        told["visible"] = seen.effect
    except ValueError:
        told["visible"] = None
    told["enough"] = told["available"] >= told["needed"]
    return told


def _check(asked: ExperimentPlan) -> None:
    shares = list(asked.arms.values())
    longest = rules().max_days
    for key, wrong, remedy in (
        ("key", not _KEY.fullmatch(asked.key), "use small letters, digits and dashes"),
        ("title", not asked.title.strip(), "say what is tried"),
        ("hypothesis", not asked.hypothesis.strip(), "say what is expected, and why"),
        ("effect", not (0 < asked.effect < math.inf), "give the smallest change worth having"),
        ("days", not 7 <= asked.days <= longest, f"give 7 to {longest}"),
        ("days", asked.days % 7 != 0, "give whole weeks: weekdays differ"),
        (
            "arms",
            len(shares) < 2 or any(not 0 < s < math.inf for s in shares),
            "give a control and a treatment, each with a share above 0",
        ),
        ("arms", any(not _ARM.fullmatch(name) for name in asked.arms), "use small letters"),
        (
            "segment",
            bool(asked.segment) and not Segment.objects.filter(pk=asked.segment).exists(),
            "name a segment, or none for all customers",
        ),
        ("guardrails", asked.metric in (asked.guardrails or {}), "leave out the metric itself"),
    ):
        if wrong:
            raise SpecError("experiment", key, "cannot be so", remedy)
    for metric in (asked.metric, *(asked.guardrails or {})):
        measuring.check(metric)


@transaction.atomic
def make(asked: ExperimentPlan, by: object, *, now: datetime) -> Experiment:
    """Write down the question with what was reckoned. SpecError if it is not sound or known."""
    told = reckon(asked, now)
    if Experiment.objects.filter(key=asked.key).exists():
        raise SpecError(
            "experiment", "key", f"{asked.key} is taken", "another question needs another key"
        )
    one = Experiment.objects.create(
        key=asked.key,
        title=asked.title.strip()[:200],
        hypothesis=asked.hypothesis.strip(),
        metric=asked.metric,
        higher_is_better=asked.higher_is_better,
        guardrails=[[m, up] for m, up in (asked.guardrails or {}).items()],
        arms=dict(asked.arms),
        control=next(iter(asked.arms)),
        segment=asked.segment,
        effect=asked.effect,
        days=asked.days,
        watched=asked.watched,
        plan=told,
        made_by=audit.actor_name(by)[:254],
        made_at=now,
    )
    _note(one, "planned", by, now, {"metric": one.metric, "effect": one.effect, "arms": one.arms})
    return one


@transaction.atomic
def start(key: str, by: object, *, now: datetime) -> Experiment:
    """Draw the arms of all customers there are (of the segment); those that come later are not in
    it. SpecError if it has been started, or would leave an arm empty."""
    one = _of(key, PLANNED)
    secret = salt()
    drawn = [(a, arm(a, one.key, one.arms, secret)) for a in measuring.population(one.segment)]
    empty = set(one.arms) - {name for _, name in drawn}
    if empty:
        raise SpecError(
            "experiment",
            "arms",
            f"{', '.join(sorted(empty))} would be empty",
            "wait for more customers, or take a larger segment",
        )
    Unit.objects.bulk_create(
        [Unit(experiment=one, account_id=a, arm=name) for a, name in drawn], batch_size=2000
    )
    one.state, one.started_at = RUNNING, now
    one.save(update_fields=["state", "started_at"])
    _note(one, "started", by, now, {"units": len(drawn)})
    return one


def arm_of(key: str, account_id: str) -> str:
    """The arm of an account in a running experiment; empty for one that is not in it, and once it
    is over, so that a product asks without knowing."""
    units = Unit.objects.filter(experiment__key=key, experiment__state=RUNNING)
    return units.filter(account_id=account_id).values_list("arm", flat=True).first() or ""


@transaction.atomic
def look(key: str, by: object, *, now: datetime) -> Reading:
    """Look at a running experiment, and keep what was seen. SpecError before its end unless it was
    planned to be watched: an ordinary interval looked at early cries wolf."""
    one = _of(key, RUNNING)
    assert one.started_at is not None
    end = one.started_at + timedelta(days=one.days)
    if not one.watched and now < end:
        raise SpecError(
            "experiment",
            key,
            f"is looked at once, on {end:%Y-%m-%d}",
            "wait; or plan the next one to be watched",
        )
    seen = _read(one, now, final=False)
    _note(one, "looked", by, now, {"verdicts": [r["verdict"] for r in seen.result["results"]]})
    return seen


@transaction.atomic
def stop(key: str, learned: str, by: object, *, now: datetime) -> Experiment:
    """End an experiment with what was learned. Where it may be looked at, the result is read a last
    time; stopped before that, it is archived without one."""
    one = _of(key, RUNNING)
    assert one.started_at is not None
    if not learned.strip():
        raise SpecError("experiment", "learned", "is empty", "say what is made of it")
    if one.watched or now >= one.started_at + timedelta(days=one.days):
        _read(one, now, final=True)
    one.state, one.stopped_at, one.learned = STOPPED, now, learned.strip()
    one.save(update_fields=["state", "stopped_at", "learned"])
    _note(one, "stopped", by, now, {"learned": one.learned})
    return one


def _read(one: Experiment, now: datetime, *, final: bool) -> Reading:
    assert one.started_at is not None
    arms = dict(one.units.values_list("account_id", "arm"))
    metrics = [(one.metric, one.higher_is_better), *((m, up) for m, up in one.guardrails)]
    columns: dict[str, list[float | None]] = {}
    for metric, _ in metrics:
        found = measuring.values(metric, arms, one.started_at, now)
        columns[measuring.title(metric)] = [found.get(a) for a in arms]
    was = measuring.before(one.metric, arms, one.started_at)
    if was:
        columns["before"] = [was.get(a) for a in arms]
    table = pa.table(
        {"arm": list(arms.values()), **{n: pa.array(v, pa.float64()) for n, v in columns.items()}}
    )
    told = analyse_experiment(
        table,
        arm="arm",
        metric=measuring.title(one.metric),
        control=one.control,
        covariate="before" if was else None,
        weights=one.arms,
        guardrails={measuring.title(m): up for m, up in one.guardrails},
        higher_is_better=one.higher_is_better,
        smallest_effect=one.effect,
        watched=max(2, one.plan["pair"]) if one.watched else None,
        policy=rules(),
    )
    return Reading.objects.create(experiment=one, at=now, result=_plain(asdict(told)), final=final)


def _plain(value: Any) -> Any:
    """JSON has no infinity: an end of an interval that is open is None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return value


def _of(key: str, state: str) -> Experiment:
    one = Experiment.objects.select_for_update().filter(key=key).first()
    if one is None or one.state != state:
        what = f"is {one.state}, not {state}" if one else "is no experiment"
        raise SpecError("experiment", key, what, "see: tenure experiment list")
    return one


def _note(one: Experiment, what: str, by: object, now: datetime, told: Json) -> None:
    audit.record(by, f"experiment.{what}", TARGET, one.key, None, told, now=now)
    fact = {"experiment": one.key, "metric": one.metric, **told}
    record_own([OwnFact(f"experiment_{what}", None, now, properties=fact)], now=now)

"""Did it help? Those who were let in against those who were held out, never before against after.

Counted are rounds whose time for the goal is over, so that nobody is judged half-way. Two
questions: was the goal reached; and was the account still a customer at the end, which is what
saved revenue is reckoned from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure.accounts.models import Account
from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.analytics.experiments.result import Question, Result, result
from tenure.analytics.experiments.sample import of_counts
from tenure.analytics.experiments.savings import Worth
from tenure.core import policy as policies
from tenure.plays import policy
from tenure.plays.models import Enrolment
from tenure.plays.spec import Play

HELD, LET_IN = "held out", "the play"
_MONTHS = 12


@dataclass(frozen=True)
class Round:
    """One judged round: what is needed of it, and nothing else."""

    held_out: bool
    reached: bool
    stayed: bool
    mrr_minor: int
    currency: str


@dataclass(frozen=True)
class Effect:
    """``goal`` and ``stayed`` are verdicts with intervals; None while nobody is judged."""

    judged: int
    running: int
    goal: Result | None
    stayed: Result | None


def of(name: str, play: Play, now: datetime) -> Effect:
    """The effect of a play, as of ``now``."""
    if play.goal is None:
        return Effect(0, Enrolment.objects.filter(play=name).count(), None, None)
    over = now - timedelta(days=play.goal.days)
    rounds = _rounds(name, play.goal.days, over)
    running = Enrolment.objects.filter(play=name, entered_at__gt=over).count()
    of_all, of_this = policy.share_held_out_of_all(play), policy.share_held_out(play)
    share = 1 - (1 - of_all) * (1 - of_this)
    loaded: ExperimentPolicy = policies.load("experiments")
    return judge(rounds, running, share, play.goal.title, loaded)


def judge(
    rounds: Sequence[Round], running: int, share: float, goal: str, numbers: ExperimentPolicy
) -> Effect:
    """The verdicts on ``rounds``, of which ``share`` was to be held out. Pure."""
    if not rounds or share <= 0:
        return Effect(len(rounds), running, None, None)
    weights = {HELD: share, LET_IN: 1 - share}
    reached = _counts(rounds, [r.reached for r in rounds])
    stayed = _counts(rounds, [r.stayed for r in rounds])
    worth = _worth(rounds)
    asked = Question(f"“{goal}”", HELD, LET_IN, weights)
    kept = Question("customers kept", HELD, LET_IN, weights, worth=worth)
    return Effect(
        len(rounds), running, _result(reached, asked, numbers), _result(stayed, kept, numbers)
    )


def _counts(rounds: Sequence[Round], yes: Sequence[bool]) -> dict[str, tuple[int, int]]:
    number = Counter(r.held_out for r in rounds)
    hits = Counter(r.held_out for r, hit in zip(rounds, yes, strict=True) if hit)
    return {HELD: (hits[True], number[True]), LET_IN: (hits[False], number[False])}


def _result(
    counts: Mapping[str, tuple[int, int]], asked: Question, numbers: ExperimentPolicy
) -> Result:
    arms = {name: of_counts(hits, number) for name, (hits, number) in counts.items()}
    return result(arms, asked, numbers)


def _worth(rounds: Sequence[Round]) -> Worth | None:
    """The mean yearly value of an account let in, in the currency most of them pay in."""
    paid = [r for r in rounds if r.currency and not r.held_out]
    if not paid:
        return None
    currency = Counter(r.currency for r in paid).most_common(1)[0][0]
    values = [r.mrr_minor * _MONTHS for r in paid if r.currency == currency]
    return Worth(currency, sum(values) / len(values))


def _rounds(name: str, days: int, over: datetime) -> list[Round]:
    rows = list(
        Enrolment.objects.filter(play=name, entered_at__lte=over).values_list(
            "held_out", "goal_at", "account_id", "entered_at", "mrr_minor", "currency"
        )
    )
    left = dict(
        Account.objects.filter(pk__in={r[2] for r in rows})
        .exclude(churned_at=None)
        .values_list("pk", "churned_at")
    )
    found = []
    for held, goal_at, account, entered, mrr, currency in rows:
        churned = left.get(account)
        gone = churned is not None and entered < churned <= entered + timedelta(days=days)
        found.append(Round(held, goal_at is not None, not gone, mrr, currency))
    return found

"""Faults in how customers begin: most never arrive, lists are done for their own sake, one way for
all. First value is what the policy ``onboarding`` says, as on the board."""

from __future__ import annotations

from statistics import median

from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.onboarding.measuring import Onboarding
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much
from tenure.metrics.onboarding import queries as first_value
from tenure.metrics.onboarding.queries import First
from tenure.plays import policy, triggers
from tenure.plays.models import DONE, Enrolment
from tenure.plays.spec import BranchStep, Play, WhenTrigger


def onboarding_too_long(ground: Context, rule: Rule) -> Outcome:
    """Most accounts that begin never get to first value in time, or the declared flow is too long
    for its completion."""
    numbers = rule.numbers
    if not first_value.known():
        return unknown(ground.policy, "no_first_value")
    within = int(numbers["within_days"] * DAY_US)
    rows = [
        r
        for r in first_value.firsts(ground.since(numbers["days"]), ground.now)
        if r.begun + within <= ground.at
    ]
    if len(rows) < numbers["least_accounts"]:
        return too_few(ground.policy, len(rows), "accounts that began", numbers["least_accounts"])
    there = [r for r in rows if _by(r, r.begun + within)]
    late = [r.account_id for r in rows if not _by(r, r.begun + within)]
    share = len(there) / len(rows)
    flow = first_value.declared_flow(ground.now)
    return told(
        rule,
        share < numbers["least_share"] or bool(flow and flow.flow_too_long),
        late,
        flow=_flow(ground, flow),
        n=len(there),
        of=len(rows),
        share=percent(share),
        days=plain(numbers["days"]),
        within=plain(numbers["within_days"]),
        least=percent(numbers["least_share"]),
        actions=f"{median(r.actions for r in there):g}" if there else "-",
    )


def _flow(ground: Context, flow: Onboarding | None) -> str:
    if flow is None or not flow.flow_too_long:
        return ""
    share = percent(flow.completion or 0)
    return ground.policy.reason("flow_too_long", steps=len(flow.steps), completion=share)


def onboarding_as_checklist(ground: Context, rule: Rule) -> Outcome:
    """Accounts go through onboarding to its last step without having reached first value."""
    numbers = rule.numbers
    if not first_value.known():
        return unknown(ground.policy, "no_first_value")
    ended = dict(
        Enrolment.objects.filter(
            play__in=[n for n in policy.names() if _onboards(policy.play(n), ground)],
            state=DONE,
            held_out=False,
            ended_at__gte=ground.since(numbers["days"]),
            ended_at__lt=ground.now,
        ).values_list("account_id", "ended_at")
    )
    if not ended:
        return unknown(ground.policy, "no_onboarding_done")
    since = ground.since(numbers["days"] + numbers["length_days"])
    begun = {r.account_id: r for r in first_value.firsts(since, ground.now)}
    through = {a: at for a, at in ended.items() if a in begun and at is not None}
    if len(through) < numbers["least_accounts"]:
        what = "accounts that went through onboarding"
        return too_few(ground.policy, len(through), what, numbers["least_accounts"])
    without = [a for a, at in through.items() if not _by(begun[a], micros(at))]
    n, of = len(without), len(through)
    return told(
        rule,
        too_much(n, of, numbers["most_share"]),
        without,
        n=n,
        of=of,
        share=percent(n / of),
        days=plain(numbers["days"]),
        most=percent(numbers["most_share"]),
    )


def _by(first: First, moment: int) -> bool:
    return first.reached is not None and first.reached <= moment


def generic_onboarding(ground: Context, rule: Rule) -> Outcome:
    """Onboarding that is on takes everybody alike: no rule asks who they are, and all of it goes to
    the same roles."""
    plays = [play for play in triggers.running().values() if _onboards(play, ground)]
    if not plays:
        return unknown(ground.policy, "no_onboarding")
    personas = set(ground.policy.ground.persona_fields)
    fitted = [play for play in plays if _asked_of_whom(play) & personas]
    roles = {frozenset(play.to) for play in plays}
    return told(
        rule,
        not fitted and len(roles) == 1,
        n=len(fitted),
        of=len(plays),
        roles=len(roles),
        plays=", ".join(play.title for play in plays),
    )


def _asked_of_whom(play: Play) -> set[str]:
    """Fields by which the play chooses whom to take and which way; its goal chooses nobody."""
    rules = [play.audience, *(s.rule for s in play.steps if isinstance(s, BranchStep))]
    if isinstance(play.trigger, WhenTrigger):
        rules.append(play.trigger.rule)
    return {name for rule in rules if rule is not None for name in rule.fields()}


def _onboards(play: Play, ground: Context) -> bool:
    return play.purpose in ground.policy.ground.onboarding_purposes

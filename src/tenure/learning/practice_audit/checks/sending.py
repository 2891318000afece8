"""Faults in what is sent: to everybody at once, to sell without a reason, with guilt in its words;
and what is not sent when a payment fails."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Max
from django.db.models.functions import TruncDate

from tenure.analytics.moments import micros
from tenure.analytics.signals.spec import AnySignal
from tenure.channels.models import SENT, Message
from tenure.channels.settings import Numbers
from tenure.core import policy as policies
from tenure.learning.practice_audit.checks.outcomes import told, too_few, unknown
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import Rule, percent, plain, too_much
from tenure.plays import check, policy, triggers
from tenure.plays.spec import WRITES, Play


def spray_and_pray(ground: Context, rule: Rule) -> Outcome:
    """A large part of what is sent goes to a large part of all customers on one day."""
    numbers, customers = rule.numbers, ground.customers.num_rows
    of, mass = 0, 0
    for sent, reached in _by_source_and_day(ground, numbers["days"]):
        of += sent
        if reached >= numbers["least_accounts"] and reached >= numbers["mass_share"] * customers:
            mass += sent
    if of < numbers["least_messages"]:
        return too_few(ground.policy, of, "messages", numbers["least_messages"])
    return told(
        rule,
        too_much(mass, of, numbers["most_share"]),
        n=mass,
        of=of,
        share=percent(mass / of),
        days=plain(numbers["days"]),
        mass=percent(numbers["mass_share"]),
        most=percent(numbers["most_share"]),
    )


def _by_source_and_day(ground: Context, days: float) -> Iterator[tuple[int, int]]:
    """Messages and accounts of each play (or other source) on each day."""
    gate: Numbers = policies.load("channels")
    free = [n for n, p in gate.purposes.items() if p.category == "transactional"]
    people = [n for n, c in gate.channels.items() if c.reaches == "person"]
    rows = Message.objects.filter(
        state=SENT, channel__in=people, passed_at__gte=ground.since(days), passed_at__lt=ground.now
    ).exclude(purpose__in=free)
    groups = rows.annotate(day=TruncDate("passed_at")).values("source", "day")
    counted = groups.annotate(n=Count("pk"), accounts=Count("account_id", distinct=True))
    for group in counted.order_by():
        yield int(group["n"]), int(group["accounts"])


def no_dunning_mails(ground: Context, rule: Rule) -> Outcome:
    """Payments fail, and nobody is written to afterwards."""
    numbers = rule.numbers
    if not ground.has("payments"):
        return unknown(ground.policy, "no_payments")
    since, until = ground.before(numbers["days"]), ground.before(numbers["reply_days"])
    failed = ground.ask(
        "SELECT account_id, MIN(attempted_at) AS at FROM payments WHERE status = 'failed'"
        f" AND attempted_at >= {since} AND attempted_at < {until} GROUP BY account_id",
        "payments",
    )
    if len(failed) < numbers["least_failed"]:
        return too_few(ground.policy, len(failed), "failed payments", numbers["least_failed"])
    wrote = dict(
        Message.objects.filter(
            purpose="payment",
            channel="mail",
            state=SENT,
            passed_at__gte=ground.since(numbers["days"]),
            passed_at__lt=ground.now,
        )
        .values_list("account_id")
        .annotate(last=Max("passed_at"))
    )
    silent = [
        row["account_id"]
        for row in failed
        if row["account_id"] not in wrote or micros(wrote[row["account_id"]]) < row["at"]
    ]
    return told(
        rule,
        too_much(len(silent), len(failed), numbers["most_share"]),
        silent,
        n=len(silent),
        of=len(failed),
        share=percent(len(silent) / len(failed)),
        days=plain(numbers["days"]),
        most=percent(numbers["most_share"]),
    )


def expansion_as_pitch(ground: Context, rule: Rule) -> Outcome:
    """Plays sell, and ask nothing of how the account uses what it has."""
    selling = [play for play in _running() if _sells(play, ground)]
    if not selling:
        return unknown(ground.policy, "no_selling")
    blind = [play for play in selling if not _asks_of_use(play, ground)]
    return told(
        rule,
        bool(blind),
        n=len(blind),
        of=len(selling),
        plays=", ".join(play.title for play in blind) or "none",
    )


def _running() -> list[Play]:
    return list(triggers.running().values())


def _sells(play: Play, ground: Context) -> bool:
    """Whether a play offers customers more; what is for those who left is no expansion."""
    purposes = {play.purpose, *(getattr(s, "purpose", "") for s in play.steps)}
    return not purposes.isdisjoint(ground.policy.ground.selling_purposes)


def _asks_of_use(play: Play, ground: Context) -> bool:
    leading = {*ground.policy.ground.leading_groups, *ground.policy.ground.growth_groups}
    signals = ground.registry.signals
    return any(_group(signals.get(field)) in leading for field in play.fields())


def _group(signal: AnySignal | None) -> str:
    return signal.group if signal else ""


def guilt_copy(ground: Context, rule: Rule) -> Outcome:
    """Texts of plays that are on press on guilt or fear. (The cancel flow's cannot: its policy
    refuses them.)"""
    plays = [play for play in _running() if any(isinstance(s, WRITES) for s in play.steps)]
    if not plays:
        return unknown(ground.policy, "no_texts")
    gate: Numbers = policies.load("channels")
    words = policy.numbers().check
    guilty = [
        play for play in plays if any(w.rule == "guilt" for w in _warnings(play, words, gate))
    ]
    return told(
        rule,
        bool(guilty),
        n=len(guilty),
        of=len(plays),
        plays=", ".join(play.title for play in guilty) or "none",
    )


def _warnings(play: Play, words: check.CheckSettings, gate: Numbers) -> list[check.Warning]:
    return check.check(play, words, gate, None, 0)

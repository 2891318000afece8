"""Switching plays on and off, putting accounts in by hand, taking them out. All audited."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels import drafts
from tenure.core import audit
from tenure.facts.inbox import OwnFact, record_own
from tenure.plays import advance, policy, steps, whom
from tenure.plays.entering import Candidate, enter
from tenure.plays.models import ACTIVE, OFF, ON, PAUSED, STOPPED, Enrolment, PlaySwitch, Standing
from tenure.work.tasks import actions as tasks


def switch_on(name: str, by: object, *, now: datetime) -> None:
    """Let a play run. Whoever meets its trigger at the next scoring comes in; dates that have
    passed do not count."""
    policy.play(name)  # SpecError if there is none
    _set(name, ON, by, now)


def pause(name: str, by: object, *, now: datetime) -> None:
    """Nobody enters and nothing happens until it is switched on again."""
    _set(name, PAUSED, by, now)


@transaction.atomic
def stop(name: str, by: object, *, now: datetime) -> int:
    """End a play for everybody in it: what waits to be sent is not sent, open tasks are taken back.
    Three statements, however many are in it. Gives how many were."""
    _set(name, OFF, by, now)
    inside = Enrolment.objects.filter(play=name, state=ACTIVE)
    count = inside.update(state=STOPPED, ended_at=now)
    drafts.cancel(steps.source(name), now=now)
    tasks.cancel(steps.source(name), now=now)
    Standing.objects.filter(play=name).delete()
    return count


@transaction.atomic
def _set(name: str, state: str, by: object, now: datetime) -> None:
    before = PlaySwitch.objects.filter(pk=name).first()
    PlaySwitch.objects.update_or_create(
        play=name,
        defaults={"state": state, "changed_at": now, "changed_by": audit.actor_name(by)[:254]},
        create_defaults={
            "state": state,
            "changed_at": now,
            "changed_by": audit.actor_name(by)[:254],
            "looked_at": now,
        },
    )
    if state == ON and (before is None or before.state == OFF):
        PlaySwitch.objects.filter(pk=name).update(looked_at=now)
    was = {"state": before.state if before else OFF}
    audit.record(by, f"play.{state}", "play", name, was, {"state": state}, now=now)
    told = {"play": name, "state": state, "by": audit.actor_name(by)}
    record_own([OwnFact("play_switched", None, now, properties=told)], now=now)


def put_in(name: str, accounts: Collection[str], by: object, *, now: datetime) -> int:
    """Put accounts into a play by hand; the entry rules and the hold-out still count."""
    play = policy.play(name)
    if play.unit == "person":
        raise SpecError(name, "unit", "is person", "only plays about accounts take them by hand")
    known = set(Account.objects.filter(pk__in=accounts).values_list("pk", flat=True))
    if missing := sorted(set(accounts) - known):
        raise SpecError(
            name, "accounts", f"there is no account {', '.join(missing[:5])}", "use known ids"
        )
    if others := sorted(known - whom.among(play, known)):
        raise SpecError(
            name,
            "accounts",
            f"is for {play.meant_for}, and not for {', '.join(others[:5])}",
            "leave them out, or say in the play for whom it is (whom)",
        )
    if not PlaySwitch.objects.filter(pk=name, state=ON).exists():
        raise SpecError(name, "state", "is not on", "switch the play on first")
    who = audit.actor_name(by)
    count = enter(name, play, [Candidate(a, why={"by hand": who}) for a in known], now=now)
    audit.record(by, "play.put_in", "play", name, None, {"accounts": sorted(known)[:50]}, now=now)
    return count


@transaction.atomic
def take_out(row: Enrolment, why: str, by: object, *, now: datetime) -> None:
    """Take one account or person out of a play, for a reason."""
    if not why.strip():
        raise SpecError("enrolment", "reason", "is empty", "say why they are taken out")
    kept = Enrolment.objects.select_for_update().get(pk=row.pk)
    if kept.state != ACTIVE:
        raise SpecError("enrolment", "state", f"is {kept.state}", "only who is in can be taken out")
    Enrolment.objects.filter(pk=kept.pk).update(state=STOPPED, ended_at=now, note=why.strip())
    keys = [
        f"play:{kept.play}:{kept.pk}:{s.id}" for s in policy.play(kept.play, kept.version).steps
    ]
    drafts.cancel(steps.source(kept.play), now=now, keys=keys)
    audit.record(
        by, "play.taken_out", "play", kept.play, None, {"subject": kept.subject}, why, now=now
    )
    advance.emit("play_taken_out", kept.play, [kept], now)

"""Letting accounts and people into a play: who may, on which version, and who is held out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q

from tenure.accounts.bulk import upsert
from tenure.accounts.models import Account
from tenure.analytics.experiments.assignment import held_out_of_all, held_out_of_play
from tenure.facts.inbox import OwnFact, record_own
from tenure.plays import policy, whom
from tenure.plays.models import ACTIVE, HELD_OUT, Enrolment
from tenure.plays.spec import Entry, Play

_PAGE = 2000


@dataclass(frozen=True)
class Candidate:
    """Somebody who meets a play's trigger. ``why`` is what was so, for the log."""

    account_id: str
    person_id: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)

    def subject(self, play: Play) -> str:
        """Who is enrolled: the person, or the account."""
        return self.person_id if play.unit == "person" else self.account_id


@dataclass(frozen=True)
class Earlier:
    """What is known of a subject's earlier rounds in a play."""

    rounds: int
    last: datetime
    inside: bool


def may_enter(entry: Entry, earlier: Earlier | None, now: datetime) -> bool:
    """Whether the entry rule lets somebody in (again)."""
    if earlier is None:
        return True
    if earlier.inside or entry.again == "once":
        return False
    return entry.again == "always" or now - earlier.last >= timedelta(days=entry.days)


def who_may_enter(name: str, play: Play, accounts: Sequence[str], now: datetime) -> list[str]:
    """Those of some accounts that the play is meant for and the entry rule would let in; the latter
    is not asked for plays about people."""
    meant = whom.among(play, accounts)
    accounts = [a for a in accounts if a in meant]
    if play.unit == "person":
        return accounts
    allowed = []
    for start in range(0, len(accounts), _PAGE):
        page = accounts[start : start + _PAGE]
        earlier = _earlier(name, page)
        allowed += [a for a in page if may_enter(play.entry, earlier.get(a), now)]
    return allowed


def enter(name: str, play: Play, candidates: Iterable[Candidate], *, now: datetime) -> int:
    """Enrol those who may enter, in one transaction a page; gives how many came in.

    The same candidates again change nothing: an open round stands in the way of the next.
    """
    unique = {c.subject(play): c for c in candidates if c.subject(play)}
    subjects = sorted(unique)
    entered = 0
    for start in range(0, len(subjects), _PAGE):
        page = [unique[s] for s in subjects[start : start + _PAGE]]
        with transaction.atomic():
            entered += _enter_page(name, play, page, now)
    return entered


def would_enter(name: str, play: Play, candidates: Iterable[Candidate], *, now: datetime) -> int:
    """How many ``enter`` would let in."""
    unique = {c.subject(play): c for c in candidates if c.subject(play)}
    allowed, _ = _allowed(name, play, list(unique.values()), now)
    return len(_accounts({c.account_id for c in allowed}))


def _allowed(
    name: str, play: Play, page: Sequence[Candidate], now: datetime
) -> tuple[list[Candidate], dict[str, Earlier]]:
    meant = whom.among(play, {c.account_id for c in page})
    earlier = _earlier(name, [c.subject(play) for c in page])
    page = [c for c in page if c.account_id in meant]
    return [c for c in page if may_enter(play.entry, earlier.get(c.subject(play)), now)], earlier


def _enter_page(name: str, play: Play, page: Sequence[Candidate], now: datetime) -> int:
    allowed, earlier = _allowed(name, play, page, now)
    if not allowed:
        return 0
    accounts = _accounts({c.account_id for c in allowed})
    version, first = policy.version(name), play.steps[0].id
    held = held_out(name, play, accounts)
    rows = []
    for one in allowed:
        money = accounts.get(one.account_id)
        if money is None:
            continue  # an account we do not know (any more)
        before = earlier.get(one.subject(play))
        out = one.account_id in held
        rows.append(
            {
                "play": name,
                "version": version,
                "subject": one.subject(play),
                "round": before.rounds + 1 if before else 1,
                "account_id": one.account_id,
                "person_id": one.person_id,
                "state": HELD_OUT if out else ACTIVE,
                "held_out": out,
                "step": first,
                "due_at": now,
                "arms": {},
                "why": dict(one.why),
                "note": "",
                "mrr_minor": money[0],
                "currency": money[1],
                "entered_at": now,
            }
        )
    upsert(Enrolment, rows, ["play", "subject", "round"], [])
    _emit(name, rows, now)
    return len(rows)


def _earlier(name: str, subjects: Sequence[str]) -> dict[str, Earlier]:
    rows = (
        Enrolment.objects.filter(play=name, subject__in=subjects)
        .values_list("subject")
        .annotate(
            rounds=Max("round"),
            last=Max("entered_at"),
            inside=Count("pk", filter=Q(state=ACTIVE) | Q(state=HELD_OUT, ended_at=None)),
        )
    )
    return {s: Earlier(rounds, last, inside > 0) for s, rounds, last, inside in rows}


def _accounts(ids: Collection[str]) -> dict[str, tuple[int, str]]:
    rows = Account.objects.filter(pk__in=ids).values_list("pk", "mrr_minor", "currency")
    return {pk: (mrr, currency) for pk, mrr, currency in rows}


def held_out(name: str, play: Play, accounts: Iterable[str]) -> set[str]:
    """Which of some accounts the play leaves alone: held out of it, or of all plays."""
    salt, share = policy.salt(), policy.share_held_out(play)
    of_all = policy.share_held_out_of_all(play)
    return {
        account
        for account in accounts
        if held_out_of_all(account, of_all, salt) or held_out_of_play(account, name, share, salt)
    }


def _emit(name: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    record_own(
        (
            OwnFact(
                "play_entered",
                row["account_id"],
                now,
                row["person_id"] or None,
                {"play": name, "version": row["version"], "held_out": row["held_out"]},
                fact_id=f"play:{name}:{row['subject']}:{row['round']}:entered",
            )
            for row in rows
        ),
        now=now,
    )

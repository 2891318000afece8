"""Everything that changes investigations: opened as accounts leave, judged anew, decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core import audit
from tenure.facts.inbox import OwnFact, record_own
from tenure.health import policy as health
from tenure.health import validation_inputs as churned
from tenure.learning.investigations import documents, dossier
from tenure.learning.investigations.models import (
    CONFIRMED,
    NOT_PREVENTABLE,
    OPEN,
    PREVENTABLE,
    UNCLEAR,
    VOID,
    Investigation,
)
from tenure.learning.investigations.reading import Context
from tenure.learning.investigations.settings import Settings

TARGET = "investigation"
CHUNK = 100
VERDICTS = (PREVENTABLE, NOT_PREVENTABLE, UNCLEAR)
Row = dict[str, Any]


def study(now: datetime) -> int:
    """Open an investigation of every churn known now that has none; gives how many were opened."""
    return sum(study_in_chunks(now))


def study_in_chunks(now: datetime) -> Iterator[int]:
    """The same, a transaction at a time; gives how many were opened in each. Killed between two, it
    goes on where it was."""
    if not churned.has_subscriptions():
        return
    numbers = documents.current()
    table = churned.churn(now, health.churn_policy()).to_pylist()
    _keep_true(table, now)
    for some in _chunks(_new(table, numbers, now)):
        with transaction.atomic():
            opened = _open(some, numbers, now)
        yield opened


def _new(table: Sequence[Row], numbers: Settings, now: datetime) -> list[Row]:
    since = now - timedelta(days=numbers.running.history_days)
    known = set(Investigation.objects.values_list("account_id", "churned_at"))
    return [
        row
        for row in table
        if row["churned_at"] >= since and (row["account_id"], row["churned_at"]) not in known
    ]


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    ordered = sorted(rows, key=lambda r: (r["churned_at"], r["account_id"]))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _open(rows: Sequence[Row], numbers: Settings, now: datetime) -> int:
    back = timedelta(days=numbers.running.look_back_days)
    since = min(r["churned_at"] for r in rows) - back
    ends = [(r["account_id"], r["churned_at"]) for r in rows]
    ground = Context(ends, since, numbers, now)
    titles, made = dossier.warning_titles(), []
    for row in rows:
        found = dossier.gather(ground, row["account_id"], row["churned_at"], row["kind"], now)
        lost = found["lost"]
        one = Investigation(
            account_id=row["account_id"],
            churned_at=row["churned_at"],
            kind=row["kind"],
            opened_at=now,
            reactivated_at=row["reactivated_at"],
            dossier=found,
            segments=found["segments"],
            **lost,
        )
        _propose(one, numbers, titles)
        made.append(one)
    before = set(Investigation.objects.values_list("account_id", "churned_at"))
    made = [m for m in made if (m.account_id, m.churned_at) not in before]
    Investigation.objects.bulk_create(made)
    record_own((_fact(one, "churn_investigation_opened", now) for one in made), now=now)
    return len(made)


def stated(one: Investigation) -> str:
    """The reason the customer gave: in the exit interview, else in the cancel flow."""
    interview = getattr(one, "interview", None) if one.pk else None
    told = interview.reason if interview is not None else ""
    return told or one.dossier.get("reason", "")


def _propose(one: Investigation, numbers: Settings, titles: Mapping[str, str]) -> None:
    told = dossier.judge(one.dossier, one.churned_at, stated(one), numbers, titles)
    one.stated_cause = numbers.cause_of(stated(one))
    one.evidence = [[p.cause, p.name, p.text, p.weight] for p in told.evidence]
    one.proposed_cause, one.proposed_verdict = told.cause, told.verdict
    one.proposed_how = told.how
    if one.state == OPEN:
        one.cause, one.verdict, one.how = told.cause, told.verdict, told.how


def propose_anew(one: Investigation, now: datetime) -> None:
    """Judge again, as the customer has said something; a person's decision stays."""
    before = one.proposed_cause, one.proposed_verdict
    _propose(one, documents.current(), dossier.warning_titles())
    one.save()
    if (one.proposed_cause, one.proposed_verdict) != before:
        record_own([_fact(one, "churn_investigation_judged", now)], now=now)


def _keep_true(table: Sequence[Row], now: datetime) -> None:
    """Facts get corrected, and customers come back: what is kept follows."""
    told = {(r["account_id"], r["churned_at"]): r["reactivated_at"] for r in table}
    rows = Investigation.objects.exclude(state=VOID).values_list(
        "pk", "account_id", "churned_at", "reactivated_at"
    )
    gone, back = [], []
    for pk, account, at, known in rows:
        if (account, at) not in told:
            gone.append(pk)
        elif told[account, at] != known:
            back.append(Investigation(pk=pk, reactivated_at=told[account, at]))
    with transaction.atomic():
        Investigation.objects.bulk_update(back, ["reactivated_at"], batch_size=500)
        for one in Investigation.objects.filter(pk__in=gone):
            before, one.state = {"state": one.state}, VOID
            one.save(update_fields=["state"])
            audit.record(
                audit.SYSTEM,
                "churn.voided",
                TARGET,
                str(one.pk),
                before,
                {"state": VOID},
                why="the facts no longer tell of this churn",
                now=now,
            )
            record_own([_fact(one, "churn_investigation_voided", now)], now=now)


@transaction.atomic
def decide(
    pk: int,
    by: object,
    *,
    now: datetime,
    verdict: str = "",
    cause: str = "",
    how: str = "",
    why: str = "",
) -> Investigation:
    """Confirm what is proposed (everything left out), or say what it really was, and why.

    SpecError for an unknown verdict or cause, or a change without a reason.
    """
    one = Investigation.objects.select_for_update().filter(pk=pk).first()
    if one is None or one.state == VOID:
        raise SpecError("churn", str(pk), "is no investigation", "see: tenure churned list")
    numbers = documents.current()
    wanted = verdict or one.verdict, cause or one.cause, how.strip() or one.how
    if wanted[0] not in VERDICTS:
        raise SpecError("churn", "verdict", f"{verdict!r} is none", f"give {', '.join(VERDICTS)}")
    if wanted[1] and wanted[1] != one.cause and wanted[1] not in numbers.causes:
        raise SpecError(
            "churn", "cause", f"{cause!r} is none", f"give one of {', '.join(numbers.causes)}"
        )
    proposed = one.proposed_verdict, one.proposed_cause
    if (wanted[:2] != proposed or one.state == CONFIRMED) and not why.strip():
        raise SpecError("churn", "why", "is empty", "say what speaks against what is proposed")
    before = _told(one)
    one.verdict, one.cause, one.how = wanted
    one.state, one.why = CONFIRMED, why.strip()
    one.decided_by, one.decided_at = audit.actor_name(by)[:254], now
    one.save()
    audit.record(by, "churn.decided", TARGET, str(pk), before, _told(one), why=one.why, now=now)
    record_own([_fact(one, "churn_investigation_decided", now)], now=now)
    return one


def _told(one: Investigation) -> Row:
    return {"state": one.state, "cause": one.cause, "verdict": one.verdict}


def _fact(one: Investigation, event: str, now: datetime) -> OwnFact:
    told = {
        "churned_at": one.churned_at.isoformat(),
        "kind": one.kind,
        "cause": one.cause,
        "stated_cause": one.stated_cause,
        "verdict": one.verdict,
        "mrr_minor": one.mrr_minor,
        "currency": one.currency,
        "by": one.decided_by,
    }
    return OwnFact(event, one.account_id, now, properties=told)


def names_of(accounts: Sequence[str]) -> dict[str, str]:
    """Names of accounts by id."""
    return dict(Account.objects.filter(pk__in=set(accounts)).values_list("pk", "name"))

"""From inbox rows to events that are new and in order, and whose they are."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.tables import EVENTS
from tenure.facts import contract_checks, frame, payloads, times, validation_errors
from tenure.facts.calls import Invalid, Parsed
from tenure.facts.contracts import Contracts
from tenure.facts.frame import Columns, Draft
from tenure.facts.identity import Changes, Directory
from tenure.facts.inbox import OWN, Kept
from tenure.facts.ingest_policy import IngestPolicy
from tenure.facts.rejected import Rejected
from tenure.facts.routing import Routing

log = logging.getLogger("tenure.flush")


@dataclass
class Prepared:
    """Calls that can become facts, as columns, and what was refused."""

    draft: Draft
    columns: Columns
    refused: list[Rejected] = field(default_factory=list)

    def only(self, keep: Sequence[int], policy: IngestPolicy) -> None:
        """Leave out all but the calls at these positions."""
        self.draft = self.draft.keep(keep)
        self.columns = frame.columns(self.draft, policy)


def prepare(rows: Sequence[Kept], routing: Routing, policy: IngestPolicy) -> Prepared:
    """Parse requests and refuse what is wrong. A request that defeats us is refused whole."""
    try:
        return _prepare(rows, routing, policy)
    except Exception as error:
        if len(rows) == 1:
            log.exception("inbox row %s cannot be read", rows[0].id)
            return _refuse_whole(rows[0], error, policy)
    parts = [prepare([row], routing, policy) for row in rows]
    whole = Draft()
    for part in parts:
        whole.with_nul |= part.draft.with_nul
        for column, more in zip(whole.columns(), part.draft.columns(), strict=True):
            column += more
    refused = [item for part in parts for item in part.refused]
    return Prepared(whole, frame.columns(whole, policy), refused)


def _prepare(rows: Sequence[Kept], routing: Routing, policy: IngestPolicy) -> Prepared:
    draft, refused = Draft(), list[Rejected]()
    for row in rows:
        parsed: Parsed = routing.parser(row.endpoint)(row.body)
        draft.add(parsed.calls, row.id, times.of(row.received_at), row.source)
        draft.with_nul = draft.with_nul or b"\\u0000" in row.body
        refused += [Rejected(row.source, misfit) for misfit in parsed.misfits]
    prepared = Prepared(draft, frame.columns(draft, policy), refused)
    bad = validation_errors.faults(draft, prepared.columns, policy)
    if bad:
        names, sources = prepared.columns.names, draft.sources
        refused += [Rejected(sources[i], misfit, names[i]) for i, misfit in bad.items()]
        prepared.only([i for i in range(len(draft)) if i not in bad], policy)
    return prepared


def _refuse_whole(row: Kept, error: Exception, policy: IngestPolicy) -> Prepared:
    text = row.body.decode("utf-8", "replace")
    misfit = Invalid(text, "unreadable", value=f"{type(error).__name__}: {error}")
    return Prepared(Draft(), frame.columns(Draft(), policy), [Rejected(row.source, misfit)])


@dataclass
class Owners:
    """Whose each call is: the known person, and the account it counts for."""

    persons: list[str | None]
    accounts: list[str | None]


def own(prepared: Prepared, directory: Directory, changes: Changes) -> Owners:
    """Learn what these calls say of who is who, then say whose each of them is."""
    c = prepared.columns
    directory.load({*c.users, *c.anonymous})
    directory.learn_links(_links(prepared), changes)
    persons = directory.persons(c.users, c.anonymous)
    uses = _uses(c, persons)
    in_turn = _in_turn(c, persons, uses, directory)
    directory.learn_uses(uses, changes)
    if not c.array("groups").null_count:
        return Owners(persons, c.groups)
    accounts = [
        group or directory.account(person, anonymous)
        for group, person, anonymous in zip(c.groups, persons, c.anonymous, strict=True)
    ]
    for i, account in in_turn.items():
        accounts[i] = account
    return Owners(persons, accounts)


def _in_turn(
    c: Columns,
    persons: Sequence[str | None],
    uses: dict[tuple[str, str], tuple[int, int]],
    directory: Directory,
) -> dict[int, str]:
    """For those who change account within these calls: what each call counts for in its turn."""
    if not c.array("groups").null_count:
        return {}
    several = {who for who, number in Counter(who for who, _ in uses).items() if number > 1}
    if not several:
        return {}
    now: dict[str, str] = {}
    found: dict[int, str] = {}
    for i in np.argsort(c.happened, kind="stable").tolist():
        who = persons[i] or c.anonymous[i]
        if who not in several or who is None:
            continue
        account = c.groups[i] or now.get(who) or directory.account(who, None)
        if account:
            found[i] = now[who] = account
    return found


def _links(prepared: Prepared) -> list[tuple[str, str]]:
    c = prepared.columns
    links: list[tuple[str, str]] = []
    if c.array("anonymous").null_count < len(c.anonymous):
        pairs = zip(c.anonymous, c.users, strict=True)
        links += dict.fromkeys((a, u) for a, u in pairs if a and u)
    for i, kind in enumerate(c.kinds) if "alias" in c.some else ():
        previous = frame.text(prepared.draft.calls[i].previous_id)
        if kind == "alias" and previous and c.users[i]:
            links.append((previous, str(c.users[i])))
    return links


def _uses(c: Columns, persons: list[str | None]) -> dict[tuple[str, str], tuple[int, int]]:
    """First and last time (microseconds) that each person, or device, said each account."""
    by = c.array("users") if persons is c.users else pa.array(persons, pa.string())
    if by.null_count:
        by = pc.coalesce(by, c.array("anonymous"))
    said = pa.table({"who": by, "account": c.array("groups"), "at": pa.array(c.happened)})
    counts = pc.and_(pc.is_valid(said["who"]), pc.is_valid(said["account"]))
    if OWN in c.some:
        counts = pc.and_(counts, pc.not_equal(c.array("kinds"), OWN))
    said = said.filter(counts)
    found = said.group_by(["who", "account"]).aggregate([("at", "min"), ("at", "max")])
    who, account, first, last = (found[name].to_pylist() for name in found.column_names)
    return dict(zip(zip(who, account, strict=True), zip(first, last, strict=True), strict=True))


def events(prepared: Prepared, owners: Owners) -> pa.Table:
    """The events of these calls, as the lake keeps them."""
    c, size = prepared.columns, len(prepared.draft)
    text: Callable[[Any], pa.Array] = lambda values: pa.array(values, pa.string())  # noqa: E731
    moment = EVENTS.arrow_schema().field("timestamp").type
    received = pa.array(c.received, pa.int64())
    return pa.table(
        {
            "account_id": c.array("groups")
            if owners.accounts is c.groups
            else text(owners.accounts),
            "person_id": c.array("users") if owners.persons is c.users else text(owners.persons),
            "anonymous_id": c.array("anonymous"),
            "event": c.array("names"),
            "timestamp": pa.array(c.happened, pa.int64()).cast(moment),
            "kind": c.array("kinds"),
            "session_id": c.array("sessions"),
            "properties": c.properties,
            "message_id": c.array("ids"),
            "received_at": received.cast(moment),
            "backfill": pa.array(np.zeros(size, bool)),
            "source": text(prepared.draft.sources),
            "received_day": received.cast(moment).cast(pa.date32()),
        },
        schema=EVENTS.arrow_schema(),
    )


def broken(facts: pa.Table, contracts: Contracts) -> tuple[set[int], list[Rejected]]:
    """Positions of facts that must not land, and every breach of a contract (also mere warnings
    are kept for people to see)."""
    bad: set[int] = set()
    refused = []
    for position, violation in contract_checks.violations(contracts, EVENTS, facts):
        row = facts.slice(position, 1).to_pylist()[0]
        if not violation.warn:
            bad.add(position)
        payload = payloads.landed(EVENTS, row)
        misfit = Invalid(payload, violation.code, violation.field, "", row["message_id"])
        refused.append(
            Rejected(row["source"], misfit, row["event"], violation.reason, violation.warn)
        )
    return bad, refused

"""Facts about people and accounts that follow from calls: traits, memberships, first sights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tenure.analytics.tables import ACCOUNTS, PEOPLE
from tenure.facts import traits
from tenure.facts.frame import Columns, traits_of
from tenure.facts.identity import Changes
from tenure.facts.inbox import OWN
from tenure.facts.lake import Lake
from tenure.facts.prepare import Owners, Prepared
from tenure.facts.traits import Latest, Row


@dataclass
class Entities:
    """Writes the facts of one lake's ``people`` and ``accounts`` that calls imply."""

    lake: Lake
    people: Latest = field(init=False)
    accounts: Latest = field(init=False)

    def __post_init__(self) -> None:
        self.people = Latest(self.lake, PEOPLE)
        self.accounts = Latest(self.lake, ACCOUNTS)

    def forget(self) -> None:
        """Read everything anew."""
        self.people.forget()
        self.accounts.forget()

    def of(self, prepared: Prepared, owners: Owners, changes: Changes) -> dict[str, pa.Table]:
        """New facts by table; nothing is written yet."""
        c = prepared.columns
        people: list[Row] = []
        accounts: list[Row] = []
        kinds = c.some
        seen = _accounts(owners, c, with_own=OWN in kinds)
        self.accounts.load(seen)
        self._load_people(c, owners, changes)
        for i, kind in enumerate(c.kinds) if kinds & {"identify", "group"} else ():
            if kind == "identify" and owners.persons[i]:
                self._identified(prepared, owners, i, people)
            elif kind == "group":
                self._grouped(prepared, i, accounts)
        self._joined(prepared, owners, changes, people)
        self._first_seen(prepared, owners, seen, accounts)
        tables = {"people": (PEOPLE, people), "accounts": (ACCOUNTS, accounts)}
        return {name: traits.to_arrow(t, rows) for name, (t, rows) in tables.items() if rows}

    def _load_people(self, c: Columns, owners: Owners, changes: Changes) -> None:
        told: set[str] = set()
        if "identify" in c.some:
            whose = zip(owners.persons, c.kinds, strict=True)
            told = {person for person, kind in whose if kind == "identify" and person}
        told |= {person for person, _ in changes.new_members}
        if told:
            self.people.load(told)

    def _identified(self, prepared: Prepared, owners: Owners, i: int, out: list[Row]) -> None:
        columns, rest = traits.columns_of("people", traits.read(traits_of(prepared.draft.calls[i])))
        person, account = owners.persons[i], owners.accounts[i]
        fresh = {**_common(prepared, i), "person_id": person, "account_id": account, **columns}
        self._add_person(fresh, rest, out)

    def _add_person(self, fresh: Row, rest: dict[str, Any], out: list[Row]) -> None:
        key = (fresh["person_id"], fresh["account_id"])
        known = self.people.get(key)
        if known is None and (elsewhere := self.people.newest(key[0])) is not None:
            known = {**elsewhere, "account_id": None, "role": None, "left_at": None}
        row = traits.merged(PEOPLE, known, fresh, rest)
        if row is not None:
            out.append(row)
            self.people.remember(row)

    def _grouped(self, prepared: Prepared, i: int, out: list[Row]) -> None:
        columns, rest = traits.columns_of(
            "accounts", traits.read(traits_of(prepared.draft.calls[i]))
        )
        account = prepared.columns.groups[i]
        fresh = {**_common(prepared, i), "account_id": account, **columns}
        row = traits.merged(ACCOUNTS, self.accounts.get((account,)), fresh, rest)
        if row is not None:
            out.append(row)
            self.accounts.remember(row)

    def _joined(self, prepared: Prepared, owners: Owners, changes: Changes, out: list[Row]) -> None:
        new = {m for m in changes.new_members if self.people.get(m) is None}
        whose = zip(owners.persons, prepared.columns.groups, strict=True)
        for i, member in enumerate(whose if new else ()):
            if member in new:
                new.discard(member)
                person, account = member
                common = _common(prepared, i, "#member")
                self._add_person({**common, "person_id": person, "account_id": account}, {}, out)

    def _first_seen(
        self, prepared: Prepared, owners: Owners, seen: Iterable[str], out: list[Row]
    ) -> None:
        new = {account for account in seen if self.accounts.get((account,)) is None}
        for i, account in enumerate(owners.accounts if new else ()):
            if account in new:
                new.discard(account)
                row = {**_common(prepared, i, "#account"), "account_id": account}
                row["properties"] = "{}"
                out.append(row)
                self.accounts.remember(row)


def _accounts(owners: Owners, c: Columns, *, with_own: bool) -> set[str]:
    """Accounts that somebody else than Tenure spoke of."""
    if not with_own:
        return {account for account in set(owners.accounts) if account}
    return {a for a, kind in zip(owners.accounts, c.kinds, strict=True) if a and kind != OWN}


def _common(prepared: Prepared, i: int, mark: str = "") -> Row:
    c = prepared.columns
    return {
        "message_id": c.ids[i] + mark,
        "updated_at": int(c.happened[i]),
        "received_at": int(c.received[i]),
        "backfill": False,
        "source": prepared.draft.sources[i],
    }

"""Who did it, and for which account: links from anonymous to known, and from person to account.

An explicit group always says which account a fact counts for. Without one it counts for the
account the person was last seen using; that is remembered here, as of when the fact came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction

from tenure.facts import batches, bulk
from tenure.facts.models import IdentityLink, IdentitySplit, PersonAccount

MOST_HOPS = 8  # a person renamed more often than this is a loop
TOUCH_EVERY = 3_600_000_000  # microseconds; how exactly "last used" is kept
FLUSH = "inbox"


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970 of a datetime."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass
class Changes:
    """What a batch taught: links by alias, and uses (first, last) by person and account."""

    links: dict[str, str] = field(default_factory=dict)
    uses: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    new_members: list[tuple[str, str]] = field(default_factory=list)


class Directory:
    """What is known of who is who, read from the database as needed and remembered."""

    def __init__(self) -> None:
        self.epoch = -1
        self._links: dict[str, str] = {}
        self._homes: dict[str, dict[str, int]] = {}
        self._asked: set[str] = set()
        self._apart: set[frozenset[str]] | None = None

    def forget(self, epoch: int = -1) -> None:
        """Read everything anew."""
        self.__init__()  # type: ignore[misc]
        self.epoch = epoch

    def load(self, ids: Iterable[str | None]) -> None:
        """Have what the database knows of these people and devices."""
        wanted = {i for i in ids if i} - self._asked
        if self._apart is None:  # a handful: people decide on each
            pairs = IdentitySplit.objects.values_list("alias", "person_id")
            self._apart = {frozenset(pair) for pair in pairs}
            wanted = wanted.union(*self._apart)
        while wanted:
            self._asked |= wanted
            self._load_links(sorted(wanted))
            self._load_homes(sorted(wanted))
            wanted = {p for i in wanted if (p := self._links.get(i))} - self._asked

    def _load_links(self, ids: list[str]) -> None:
        self._links.update(bulk.select(IdentityLink, ("alias", "person_id"), "alias", ids))

    def _load_homes(self, ids: list[str]) -> None:
        columns = ("person_id", "account_id", "last_at")
        for person, account, last in bulk.select(PersonAccount, columns, "person_id", ids):
            self._homes.setdefault(person, {})[account] = bulk.micros(last)

    def persons(self, users: list[str | None], anonymous: Sequence[str | None]) -> list[str | None]:
        """``person`` of each; the list of users itself when no link says otherwise."""
        if not self._links:
            return users
        return [self.person(u, a) for u, a in zip(users, anonymous, strict=True)]

    def person(self, user: str | None, anonymous: str | None) -> str | None:
        """The known person behind a user id, or else behind a device."""
        if user:
            return self._follow(user)
        known = self._links.get(anonymous) if anonymous else None
        return self._follow(known) if known else None

    def _follow(self, person: str) -> str:
        for _ in range(MOST_HOPS):
            further = self._links.get(person)
            if further is None or further == person:
                break
            person = further
        return person

    def account(self, person: str | None, anonymous: str | None) -> str | None:
        """The account the person (or, unknown, the device) was last seen using."""
        homes = self._homes.get(person or anonymous or "")
        if not homes:
            return None
        return next(iter(homes)) if len(homes) == 1 else max(homes, key=lambda a: (homes[a], a))

    def learn_links(self, pairs: Iterable[tuple[str, str]], changes: Changes) -> None:
        """Device (or older id) to person; the latest word counts, but for what was taken apart."""
        for alias, person in pairs:
            if self._apart and self._are_apart(alias, person):
                continue
            if alias != person and self._links.get(alias) != person:
                if self._follow(person) == alias:  # would be a loop: the older link yields
                    self._links.pop(person, None)
                    changes.links[person] = person
                self._links[alias] = changes.links[alias] = person

    def _are_apart(self, alias: str, person: str) -> bool:
        """Whether a join would make one of two that people took apart."""
        ends = {self._follow(alias), self._follow(person)}
        return any({self._follow(one) for one in pair} == ends for pair in self._apart or ())

    def learn_uses(self, uses: dict[tuple[str, str], tuple[int, int]], changes: Changes) -> None:
        """Person (or device) used account, from first to last (microseconds)."""
        for member, (first, last) in uses.items():
            person, account = member
            homes = self._homes.get(person)
            if homes is None:
                homes = self._homes[person] = {}
            known = homes.get(account)
            if known is None:
                changes.new_members.append(member)
            elif last <= known + (TOUCH_EVERY if len(homes) == 1 else 0):
                continue
            homes[account] = last
            changes.uses[member] = (first, last)


def save(changes: Changes, now: datetime) -> None:
    """Write what was learnt, in the current transaction."""
    when = bulk.moment(micros_of(now))
    if changes.links:
        bulk.upsert(
            IdentityLink,
            ("alias", "person_id", "linked_at", "resolved"),
            ("alias",),
            ("person_id", "linked_at", "resolved"),
            [(alias, person, when, False) for alias, person in changes.links.items()],
        )
    if changes.uses:
        bulk.upsert(
            PersonAccount,
            ("person_id", "account_id", "since", "last_at", "resolved"),
            ("person_id", "account_id"),
            ("last_at",),
            [
                (person, account, bulk.moment(first), bulk.moment(last), False)
                for (person, account), (first, last) in changes.uses.items()
            ],
        )


def remember(members: Sequence[tuple[str, str, datetime]]) -> None:
    """For imports: these people belong to these accounts, as of then."""
    changes = Changes()
    for person, account, moment in members:
        micros = micros_of(moment)
        first, last = changes.uses.get((person, account), (micros, micros))
        changes.uses[person, account] = (min(first, micros), max(last, micros))
    with transaction.atomic():
        save(changes, datetime.now(UTC))
        batches.changed_elsewhere(FLUSH)

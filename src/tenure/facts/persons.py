"""Who a person is, under all names the workspace knows: ids, devices, mail addresses."""

from __future__ import annotations

import hmac
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.core import workspace
from tenure.facts import sql
from tenure.facts.casts import literal
from tenure.facts.lake import Lake
from tenure.facts.models import IdentityLink, PersonAccount

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@cache
def settings() -> dict[str, Any]:
    """The lists and numbers of ``erasure.toml``."""
    return tomllib.loads(files("tenure.facts").joinpath("erasure.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Subject:
    """A person: every id (known and anonymous) and every mail address, lower case."""

    ids: tuple[str, ...]
    mails: tuple[str, ...]

    def marks(self) -> list[str]:
        """Texts that betray the person wherever they stand, lower case."""
        shortest = int(settings()["search"]["shortest_id"])
        told = [i for i in self.ids if len(i) >= shortest and not i.isdigit()]
        whole = [f'"{i}"' for i in self.ids if i not in told]
        return sorted({m.lower() for m in (*self.mails, *told, *whole)})

    def within(self, text: str) -> bool:
        """Whether a text names the person."""
        low = text.lower()
        return any(mark in low for mark in self.marks())


def digest(person: str) -> str:
    """How records name a person: a keyed hash that only this workspace can make."""
    key = workspace.current().secret_key().encode()
    return hmac.new(key, person.strip().lower().encode(), sha256).hexdigest()


def find(lake: Lake, person: str) -> Subject:
    """The person called by an id, an anonymous id or a mail address; SpecError if nobody is."""
    person = person.strip()
    if not person:
        raise SpecError("PERSON", "id", "is empty", "give a person's id or mail address")
    ids, mails = {person}, {person.lower()} if _MAIL.fullmatch(person) else set()
    while True:
        more_ids, more_mails = _linked(ids), set[str]()
        for pid, mail in _people(lake, ids | more_ids, mails):
            more_ids.add(pid)
            more_mails |= {mail.lower()} if mail else set()
        more_mails |= {i.lower() for i in ids | more_ids if _MAIL.fullmatch(i)}
        if more_ids <= ids and more_mails <= mails:
            break
        ids |= more_ids
        mails |= more_mails
    return Subject(tuple(sorted(ids)), tuple(sorted(mails)))


def _linked(ids: set[str]) -> set[str]:
    """Aliases of these, and persons these are aliases of."""
    links = IdentityLink.objects
    found = set(links.filter(alias__in=ids).values_list("person_id", flat=True))
    return found | set(links.filter(person_id__in=ids | found).values_list("alias", flat=True))


def _people(lake: Lake, ids: set[str], mails: set[str]) -> list[tuple[str, str | None]]:
    paths = lake.files("people")["path"].to_pylist()
    if not paths:
        return []
    by_id = ", ".join(literal(i) for i in ids)
    by_mail = ", ".join(literal(m) for m in mails) or "''"
    listed = ", ".join(literal(p) for p in paths)
    query = (
        f"SELECT DISTINCT person_id, email FROM read_parquet([{listed}])"
        f" WHERE person_id IN ({by_id}) OR lower(email) IN ({by_mail})"
    )
    return sql.connection().sql(query).fetchall()


def accounts_of(subject: Subject) -> list[str]:
    """The accounts the person is known in."""
    known = PersonAccount.objects.filter(person_id__in=subject.ids)
    return sorted(set(known.values_list("account_id", flat=True)))

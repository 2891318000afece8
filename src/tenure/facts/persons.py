"""Who a person is, under all names the workspace knows: ids, devices, mail addresses, names."""

from __future__ import annotations

import hmac
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.core import workspace
from tenure.core.models import User
from tenure.facts import sql
from tenure.facts.casts import literal
from tenure.facts.lake import Lake
from tenure.facts.mentions import Mentions, Named, Search
from tenure.facts.models import IdentityLink, PersonAccount

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@cache
def settings() -> dict[str, Any]:
    """The lists and numbers of ``erasure.toml``."""
    return tomllib.loads(files("tenure.facts").joinpath("erasure.toml").read_text("utf-8"))


@cache
def _search() -> Search:
    told = settings()["search"]
    return Search(
        shortest_id=told["shortest_id"],
        shortest_word=told["shortest_word"],
        phone_digits=told["phone_digits"],
        id_keys=frozenset(told["id_keys"]),
        common_words=frozenset(told["common_words"]),
    )


@dataclass(frozen=True)
class Subject(Named):
    """A person: every id (known and anonymous), every mail address, name and number, and the
    accounts they are known in."""

    accounts: tuple[str, ...] = ()
    colleagues: tuple[str, ...] = ()  # those of the addresses that belong to who works here

    @cached_property
    def mentions(self) -> Mentions:
        """Finds them in texts."""
        return Mentions(self, _search())

    def is_called(self, text: str) -> bool:
        """Whether this is one of their addresses, or an id that betrays them anywhere."""
        return text.lower() in self.mails or text in self.mentions.long_ids

    def at_home(self, account: object) -> bool:
        """Whether this is the id of an account they are known in."""
        return bool(account) and account in self.accounts

    def within(self, text: str, account: object = "") -> bool:
        """Whether a text (of what concerns ``account``, if that is known) names the person."""
        return self.mentions.within(text, at_home=self.at_home(account))

    def without(self, text: str, account: object = "") -> str:
        """The text, in which the person is no longer mentioned."""
        return self.mentions.without(text, at_home=self.at_home(account))

    def memory(self) -> dict[str, list[str]]:
        """As JSON, for an erasure that may be cut off."""
        return {f.name: list(getattr(self, f.name)) for f in fields(self)}


def remembered(memory: Mapping[str, Sequence[str]]) -> Subject:
    """The person of a ``memory``."""
    return Subject(**{f.name: tuple(memory.get(f.name, ())) for f in fields(Subject)})


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
        for pid, mail, *_ in _people(lake, ids | more_ids, mails):
            more_ids.add(pid)
            more_mails |= {mail.lower()} if mail else set()
        more_mails |= {i.lower() for i in ids | more_ids if _MAIL.fullmatch(i)}
        if more_ids <= ids and more_mails <= mails:
            break
        ids |= more_ids
        mails |= more_mails
    return _described(lake, ids, mails)


def _linked(ids: set[str]) -> set[str]:
    """Aliases of these, and persons these are aliases of."""
    links = IdentityLink.objects
    found = set(links.filter(alias__in=ids).values_list("person_id", flat=True))
    return found | set(links.filter(person_id__in=ids | found).values_list("alias", flat=True))


def _described(lake: Lake, ids: set[str], mails: set[str]) -> Subject:
    """With what the facts about people say: names, numbers, places and accounts."""
    names, phones, texts = set[str](), set[str](), set[str]()
    accounts = set(_accounts(ids))
    for _, _, name, account, properties in _people(lake, ids, mails):
        accounts |= {account} if account else set()
        told = _Traits(properties)
        names |= {name.strip()} if name else set()
        names |= told.names()
        phones |= told.named("phones")
        least = settings()["named"]["shortest_text"]
        own = {t for t in told.named("texts") if len(t) >= least}
        names |= {t for t in own if t.isalpha()}  # a word is looked for at home only
        texts |= {t for t in own if not t.isalpha()}
    return Subject(
        ids=tuple(sorted(ids)),
        mails=tuple(sorted(mails)),
        names=tuple(sorted(n for n in names if n and not _MAIL.fullmatch(n))),
        phones=tuple(sorted(phones)),
        texts=tuple(sorted(texts)),
        shared=tuple(_namesakes(lake, ids, mails, names)),
        company_words=tuple(_company_words(lake, accounts, names)),
        accounts=tuple(sorted(accounts)),
        colleagues=tuple(sorted(_colleagues(mails))),
    )


class _Traits:
    """What traits say, by the plain form of their keys, however deep they stand."""

    def __init__(self, properties: str | None) -> None:
        try:
            self._pairs = list(_pairs(json.loads(properties or "{}")))
        except ValueError:
            self._pairs = []

    def named(self, kind: str) -> set[str]:
        """Values under the keys that ``erasure.toml`` lists for ``kind``."""
        keys = settings()["named"][kind]
        return {value.strip() for key, value in self._pairs if key in keys and value.strip()}

    def names(self) -> set[str]:
        """Full names, also those made of given and family name; a part alone if it stands alone."""
        given, family = self.named("given"), self.named("family")
        made = {f"{g} {f}" for g in given for f in family} or given | family
        return self.named("names") | made


def _pairs(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _pairs(inner, re.sub(r"[^a-z]", "", str(name).lower()))
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner, key)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield key, str(value)


def _select(lake: Lake, table: str, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query over ``facts``: the files of ``table``; none where there is no such table."""
    paths = lake.files(table)["path"].to_pylist()
    if not paths:
        return []
    source = f"read_parquet([{_listed(paths)}], union_by_name=true)"
    return sql.connection().sql(f"WITH facts AS (SELECT * FROM {source}) {query}").fetchall()


def _listed(values: Any) -> str:
    return ", ".join(literal(v) for v in sorted(values)) or "''"


def _people(lake: Lake, ids: set[str], mails: set[str]) -> list[tuple[Any, ...]]:
    return _select(
        lake,
        "people",
        "SELECT DISTINCT person_id, email, name, account_id, properties FROM facts"
        f" WHERE person_id IN ({_listed(ids)}) OR lower(email) IN ({_listed(mails)})",
    )


def _namesakes(lake: Lake, ids: set[str], mails: set[str], names: set[str]) -> list[str]:
    rows = _select(
        lake,
        "people",
        f"SELECT DISTINCT lower(name) FROM facts WHERE lower(name) IN"
        f" ({_listed({n.lower() for n in names})}) AND person_id NOT IN ({_listed(ids)})"
        f" AND coalesce(lower(email), '') NOT IN ({_listed(mails - {''})})",
    )
    return sorted(name for (name,) in rows)


def _company_words(lake: Lake, accounts: set[str], names: set[str]) -> list[str]:
    query = f"SELECT DISTINCT name FROM facts WHERE account_id IN ({_listed(accounts)})"
    rows = _select(lake, "accounts", query)
    own = {n.lower() for n in names}
    companies = [name for (name,) in rows if name and name.strip().lower() not in own]
    return sorted({word for name in companies for word in re.findall(r"\w+", name)})


def _colleagues(mails: set[str]) -> list[str]:
    return list(User.objects.filter(email__in=mails).values_list("email", flat=True))


def _accounts(ids: Any) -> list[str]:
    known = PersonAccount.objects.filter(person_id__in=ids)
    return sorted(set(known.values_list("account_id", flat=True)))


def accounts_of(subject: Subject) -> list[str]:
    """The accounts the person is known in."""
    return sorted({*_accounts(subject.ids), *subject.accounts})

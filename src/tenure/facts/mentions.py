"""How a person is named in texts: addresses, ids, names and telephone numbers, however written.

Pure. A name of several words betrays a person wherever it stands; a word of it only within what
concerns their own account, since "Dora" is many people. A name that others bear, too, counts like
a word. Nothing is found inside a longer word, address or number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

GONE = "[erased]"
_LETTER = r"[^\W_]"
_BETWEEN = r"(?:%20|[\s+._,-])+"
_NUMBER = re.compile(r"\+?\d[\d\s().\-/]{5,}\d")


@dataclass(frozen=True)
class Search:
    """Numbers and lists of ``erasure.toml``, section ``search``."""

    shortest_id: int
    shortest_word: int
    phone_digits: int
    id_keys: frozenset[str]
    common_words: frozenset[str]


@dataclass(frozen=True)
class Named:
    """What a person is called: ids, mail addresses (lower case), full names, telephone numbers,
    further texts that are theirs alone (a street, a handle)."""

    ids: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()  # those of the names that others bear, too
    company_words: tuple[str, ...] = ()  # words of the names of their accounts: no sign of a person


class Mentions:
    """Finds and takes out what names one person."""

    def __init__(self, named: Named, search: Search) -> None:
        self.named, self.search = named, search

    @cached_property
    def long_ids(self) -> list[str]:
        """Ids that betray the person in any text; others count as whole values only."""
        least = self.search.shortest_id
        return [i for i in self.named.ids if len(i) >= least and not i.isdigit()]

    @cached_property
    def full_names(self) -> list[list[str]]:
        """Names of several words that nobody else bears, as words."""
        shared = {n.lower() for n in self.named.shared}
        words = [n.split() for n in self.named.names if n.lower() not in shared]
        return [w for w in words if len(w) > 1]

    @cached_property
    def words(self) -> list[str]:
        """Words of the names that betray the person within their own account."""
        plain = {w.lower() for w in (*self.search.common_words, *self.named.company_words)}
        found = {w.strip(".,") for n in self.named.names for w in n.split()}
        return sorted(w for w in found if w.lower() not in plain and self._long_enough(w))

    def _long_enough(self, word: str) -> bool:
        return len(word) >= (self.search.shortest_word if word.isascii() else 2)

    @cached_property
    def tails(self) -> list[str]:
        """The last digits of each telephone number, by which it is known with any prefix."""
        least = self.search.phone_digits
        digits = [re.sub(r"\D", "", p) for p in self.named.phones]
        return sorted({d[-least:] for d in digits if len(d) >= least})

    @cached_property
    def _anywhere(self) -> re.Pattern[str] | None:
        parts = [
            rf"(?:(?<![\w.+-])|(?<=%[0-9a-fA-F]{{2}})){form}(?![\w-]|\.\w)"
            for mail in self.named.mails
            for form in _forms(mail)
        ]
        texts = [f for t in (*self.long_ids, *self.named.texts) for f in _forms(t)]
        texts += [_name(words) for full in self.full_names for words in _orders(full)]
        parts += [rf"(?<!{_LETTER}){form}(?!{_LETTER})" for form in texts]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    @cached_property
    def _at_home(self) -> re.Pattern[str] | None:
        # A word is looked for as it is written in the name, or in capitals: "mark" is no Mark.
        forms = {f for w in self.words for f in (w, w.upper(), w.capitalize())}
        if not forms:
            return None
        listed = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
        return re.compile(rf"(?<!{_LETTER})(?:{listed})(?!{_LETTER})")

    def within(self, text: str, *, at_home: bool = False) -> bool:
        """Whether a text names the person; ``at_home``: it concerns their own account."""
        return self.without(text, at_home=at_home) != text

    def without(self, text: str, *, at_home: bool = False, instead: str = GONE) -> str:
        """The text without the person. JSON is taken apart and put together again."""
        if text[:1] in '{["':
            try:
                value = json.loads(text)
            except ValueError:
                pass
            else:
                clean = self.clean(value, at_home=at_home)
                return text if clean == value else _dumped(clean, text)
        return self._plain(text, at_home, instead)

    def clean(self, value: Any, *, at_home: bool = False, key: str = "") -> Any:
        """A JSON value without the person, in keys and in values."""
        if isinstance(value, Mapping):
            return {
                self._plain(str(k), at_home, GONE): self.clean(v, at_home=at_home, key=str(k))
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self.clean(v, at_home=at_home, key=key) for v in value]
        if isinstance(value, str):
            if value in self.named.ids and _plain_key(key) in self.search.id_keys:
                return GONE
            return self.without(value, at_home=at_home)
        if isinstance(value, int) and not isinstance(value, bool) and self._is_phone(str(value)):
            return GONE
        return value

    def _plain(self, text: str, at_home: bool, instead: str) -> str:
        if self._anywhere is not None:
            text = self._anywhere.sub(_literally(instead), text)
        if self.tails:
            text = _NUMBER.sub(lambda m: instead if self._is_phone(m[0]) else m[0], text)
        if at_home and self._at_home is not None:
            text = self._at_home.sub(_literally(instead), text)
        return text

    def _is_phone(self, text: str) -> bool:
        return bool(self.tails) and re.sub(r"\D", "", text).endswith(tuple(self.tails))

    @cached_property
    def addresses(self) -> Mentions:
        """Mail addresses only, for columns that hold codes: an id or a name may be a code, too."""
        return Mentions(Named(mails=self.named.mails), self.search)

    @cached_property
    def unspoken(self) -> Mentions:
        """All but telephone numbers, for columns that hold ids and names of others."""
        return Mentions(replace(self.named, phones=()), self.search)

    def needles(self) -> list[list[str]]:
        """Lower-case texts for a first, coarse look: whatever names the person holds all texts of
        at least one list; save telephone numbers (see ``tails``) and words at home."""
        whole = (*self.named.mails, *self.long_ids, *self.named.texts)
        found = [[form] for text in whole for form in _written(text)]
        for words in (order for full in self.full_names for order in _orders(full)):
            found += [list(forms) for forms in zip(*map(_written, words), strict=True)]
        return _once(found)

    def may_be_in(self, low: str) -> bool:
        """Whether a lower-case text may name the person, at home or not: a coarse, quick look."""
        lists = self._all_needles
        if any(all(text in low for text in texts) for texts in lists):
            return True
        digits = re.sub(r"\D", "", low) if self.tails else ""
        return any(tail in digits for tail in self.tails)

    @cached_property
    def _all_needles(self) -> list[list[str]]:
        return [*self.needles(), *self.word_needles()]

    def word_needles(self) -> list[list[str]]:
        """The same for words, which are looked for at home only."""
        return _once([[form] for word in self.words for form in _written(word)])


def _once(lists: list[list[str]]) -> list[list[str]]:
    return [list(texts) for texts in dict.fromkeys(map(tuple, lists))]


def _literally(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _match: text


def _forms(text: str) -> list[str]:
    """Patterns of a text, as it is and as it stands in addresses of pages."""
    return sorted({re.escape(f) for f in (text, quote(text, safe=""), quote_plus(text))})


def _name(words: list[str]) -> str:
    parts = ("(?:" + "|".join(sorted({re.escape(w), re.escape(quote(w))})) + ")" for w in words)
    return _BETWEEN.join(parts)


def _orders(words: list[str]) -> list[list[str]]:
    """Given name first, family name first, and without what stands between."""
    ends = [words[0], words[-1]]
    return [words, ends, ends[::-1]] if len(words) > 2 else [words, words[::-1]]


def _written(text: str) -> list[str]:
    """How a text may stand in a column, lower case: plain, in JSON's escapes, in a page's address.
    Always as many forms, in the same order."""
    escaped = [json.dumps(t)[1:-1] for t in (text, text.lower(), text.upper(), text.title())]
    forms = [text, *escaped, quote(text, safe=""), quote_plus(text)]
    return [form.lower() for form in forms]


def _plain_key(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())


def _dumped(value: Any, like: str) -> str:
    """JSON as ``like`` was written: with or without spaces and escapes."""
    separators = (",", ":") if '": ' not in like else (", ", ": ")
    return json.dumps(value, ensure_ascii="\\u" in like, separators=separators)

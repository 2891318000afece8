"""Ids that stand for nobody: ``null``, ``undefined``, ``anonymous``, a UUID of zeros.

Programs send them where they have no id. Taken for one, they make a single person or account of
everybody who has none, and an alias to one merges people for good. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from tenure.facts.casts import literal

_AROUND = " \t\r\n\"'`{}[]()<>$%"
_DASHES, _UUID, _NOUGHTS = "-*", "0{8}(-0{4}){3}-0{12}", "0*"
OWNERS = ("account_id", "person_id", "anonymous_id")
"""Columns that say whose a fact is, in every table."""


class Placeholders:
    """The ids of a policy list, compared without case and without what stands around them; dashes
    alone and a UUID of noughts are among them, and with ``0`` all noughts alone.

    >>> listed = Placeholders(["null", "0", "[object Object]"])
    >>> [listed.holds(i) for i in ("NULL", "(null)", "[object Object]", "00", " ", "0-0")]
    [True, True, True, True, True, False]
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = frozenset(i.strip(_AROUND).lower() for i in ids)
        noughts = (_NOUGHTS,) if "0" in self._ids else ()
        self._form = f"^({'|'.join((_DASHES, _UUID, *noughts))})$"

    def holds(self, value: str) -> bool:
        """Whether ``value`` is no id of anybody."""
        plain = value.strip(_AROUND).lower()
        return plain in self._ids or re.match(self._form, plain) is not None

    @cached_property
    def _listed(self) -> pa.Array:
        return pa.array(sorted(self._ids), pa.string())

    def mask(self, values: pa.Array) -> pa.Array:
        """``holds`` of each text; null where there is none."""
        plain = pc.utf8_lower(pc.utf8_trim(values, characters=_AROUND))
        found = pc.or_(pc.is_in(plain, self._listed), pc.match_substring_regex(plain, self._form))
        return pc.if_else(pc.is_valid(values), found, None)

    def condition(self, column: str) -> str:
        """``holds`` as SQL (DuckDB); ``column`` is an expression of text."""
        plain = f"lower(trim({column}, {literal(_AROUND)}))"
        listed = ", ".join(literal(i) for i in sorted(self._ids))
        return f"({plain} IN ({listed}) OR regexp_full_match({plain}, '{self._form}'))"

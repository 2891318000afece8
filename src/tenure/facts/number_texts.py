"""Numbers and amounts as text: which sign is the decimal one, and what the number is. Pure.

``1.000`` is a thousand in half of Europe and one with three decimals elsewhere. A text that can
mean both is never guessed: the decimal sign is named, or found from the other values of its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tenure.facts.rejection import limits

Sign = Literal["", ".", ","]
_SPACES = " \u00a0\u2009\u202f'’_"
_BODY = rf"\d[\d.,{_SPACES}]*|[.,]\d+"
_SHAPE = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-+−])?\s*(?:(?P<before>[^\d\s.,()+−-]{{1,4}})\.?)?\s*(?P<minus2>[-−])?\s*"
    rf"(?P<body>{_BODY})\s*(?:(?P<after>[^\d\s.,()+−-]{{1,4}})\.?)?\s*(?P<minus3>[-−])?\s*(?P<close>\))?"
)
_UNCLEAR = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_EXPONENT = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,2}")


@dataclass(frozen=True)
class Number:
    """A number that was read, and the currency sign or code that stood beside it, if any."""

    value: Decimal
    currency: str = ""


def read(text: str, sign: Sign = "", *, sure: bool = True) -> Number | None:
    """The number a text means; None if it means none, or could mean two.

    ``sign`` is the decimal sign, empty where nobody named one; ``sure`` says that a person named
    it: where it was only found, a text that would be unclear alone (``1.000``) is read only if
    ``sign`` makes its groups thousands.

    >>> read("1.250,00").value, read("1.000"), read("1.000", ",").value, read("€ 49.90").currency
    (Decimal('1250.00'), None, Decimal('1000'), '€')
    """
    if _EXPONENT.fullmatch(text.strip()):
        return Number(Decimal(text.strip()))
    found = _SHAPE.fullmatch(text.strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    body = found["body"].strip(_SPACES)
    if sign and not sure and sign in body and _UNCLEAR.fullmatch(body):
        return None
    sign = sign or _sign_of(body)  # type: ignore[assignment]
    if sign == "?":
        return None
    plain = _plain(body, sign or ".")
    marks = [found[name] for name in ("minus", "minus2", "minus3", "open") if found[name]]
    beside = [c for c in (found["before"], found["after"]) if c]
    if plain is None or len(marks) > 1 or len(beside) > 1:
        return None
    value = Decimal(plain)
    return Number(-value if marks and marks[0] != "+" else value, beside[0] if beside else "")


def _plain(body: str, sign: str) -> str | None:
    """Digits with a decimal point, or None if the groups are none."""
    whole, _, fraction = body.partition(sign)
    if fraction and not fraction.isdigit():
        return None
    other = "," if sign == "." else "."
    group = rf"[1-9]\d{{0,2}}(?P<sep>[{_SPACES}{other}])(?:\d{{2,3}}(?P=sep))*\d{{3}}"
    if not re.fullmatch(rf"\d*|{group}", whole):
        return None
    return re.sub(r"\D", "", whole) + (f".{fraction}" if fraction else "") or None


def _sign_of(body: str) -> str:
    """The decimal sign a text shows by itself; ``?`` where it may be two, empty where none shows.

    >>> _sign_of("1,234.5"), _sign_of("49,90"), _sign_of("1.000"), _sign_of("1.250.000")
    ('.', ',', '?', ',')
    """
    signs = re.findall(r"[.,]", body)
    if not signs:
        return ""
    last, kinds = signs[-1], set(signs)
    if len(kinds) == 2:
        return last
    if len(signs) > 1:
        return "," if last == "." else "."
    return "?" if _UNCLEAR.fullmatch(re.sub(rf"[{_SPACES}]", "", body)) else last


@dataclass
class Column:
    """What the values of a column show of its decimal sign: an example of each kind."""

    point: str = ""
    comma: str = ""
    unclear: str = ""

    def look(self, texts: Iterable[str]) -> None:
        """Take in more values."""
        for text in texts:
            found = _SHAPE.fullmatch(text.strip())
            shown = _sign_of(found["body"].strip(_SPACES)) if found else ""
            if shown in (".", ",") and read(text) is None:
                continue
            if shown == ".":
                self.point = self.point or text
            elif shown == ",":
                self.comma = self.comma or text
            elif shown == "?":
                self.unclear = self.unclear or text

    def sign(self) -> Sign | None:
        """The decimal sign; empty where none is needed, None where it cannot be told."""
        if self.point and self.comma:
            return None
        if not (self.point or self.comma):
            return None if self.unclear else ""
        return "." if self.point else ","


def places(value: Decimal) -> int:
    """How many decimals a number needs.

    >>> places(Decimal("49.9000")), places(Decimal("1E+3"))
    (1, 0)
    """
    exponent = value.normalize().as_tuple().exponent
    return max(0, -int(exponent))


def codes(currency: str) -> tuple[str, ...]:
    """The currencies a sign may stand for: several for ``$``, none if it is no sign or code.

    >>> codes("€"), codes("usd"), codes("kg")
    (('EUR',), ('USD',), ())
    """
    signs: dict[str, list[str]] = limits()["currency_signs"]
    known = signs.get(currency) or signs.get(currency.upper())
    if known:
        return tuple(known)
    return (currency.upper(),) if currency.upper() in limits()["currencies"] else ()

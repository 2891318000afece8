"""How values are written for people: money, numbers, spans of time. Pure."""

from __future__ import annotations

from datetime import date, datetime
from math import floor

from tenure.analytics.money import exponent

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩"}
EXACT = 1e-9
"""So little below a whole number is that number."""
NOTHING = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STEPS = (
    ("year", 365 * 86400),
    ("month", 30 * 86400),
    ("day", 86400),
    ("hour", 3600),
    ("minute", 60),
)


def money(minor: int | None, currency: str = "") -> str:
    """An amount in minor units of an ISO 4217 currency; cents only where there are some.

    >>> money(129900, "USD"), money(129950, "EUR"), money(5000, "JPY"), money(5000, "SEK")
    ('$1,299', '€1,299.50', '¥5,000', 'SEK 50')
    """
    if minor is None:
        return NOTHING
    code = currency.upper()
    digits = exponent(code)
    whole, rest = divmod(abs(minor), 10**digits)
    text = f"{whole:,}" + (f".{rest:0{digits}d}" if rest else "")
    prefix = SYMBOLS.get(code) or (f"{code} " if code else "")
    return ("−" if minor < 0 else "") + prefix + text


def rounded_money(minor: int | None, currency: str = "") -> str:
    """An amount for columns of many: from a hundred units on without cents.

    >>> rounded_money(679396, "USD"), rounded_money(749, "USD")
    ('$6,794', '$7.49')
    """
    unit = 10 ** exponent(currency)
    if minor is None or abs(minor) < 100 * unit:
        return money(minor, currency)
    return money(round(minor / unit) * unit, currency)


def number(value: float | None, digits: int = 1) -> str:
    """A number with thousands, and at most ``digits`` decimals, none that are zero.

    >>> number(1234.0), number(0.256, 2), number(None)
    ('1,234', '0.26', '–')
    """
    if value is None:
        return NOTHING
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


def whole(value: float | None) -> str:
    """A score in whole points, those that were reached: never one that belongs to the next band.

    >>> whole(59.6), whole(60.0), whole(None)
    ('59', '60', '–')
    """
    return NOTHING if value is None else str(floor(value + EXACT))


def relative(moment: datetime, now: datetime) -> str:
    """A moment in words, seen from ``now``.

    >>> from datetime import timedelta
    >>> now = datetime(2026, 3, 1)
    >>> relative(now - timedelta(hours=3), now), relative(now + timedelta(days=40), now)
    ('3 hours ago', 'in 1 month')
    """
    seconds = (moment - now).total_seconds()
    for name, size in STEPS:
        count = int(abs(seconds) // size)
        if count:
            words = f"{count} {name}" + ("s" if count > 1 else "")
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "just now"


def day(moment: date) -> str:
    """A calendar day.

    >>> day(date(2026, 3, 4))
    '4 Mar 2026'
    """
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def initials(name: str) -> str:
    """One or two letters that stand for a person.

    >>> initials("Ada King Lovelace"), initials("bob@acme.test")
    ('AL', 'B')
    """
    words = name.split("@")[0].split()
    letters = [w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper()

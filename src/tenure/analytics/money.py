"""Minor units of currencies (ISO 4217): how many decimals an amount has."""

from __future__ import annotations

DECIMALS: dict[int, tuple[str, ...]] = {
    0: (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ),
    3: ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
    4: ("CLF", "UYW"),
}
"""The currencies that do not have two decimals."""

USUAL = 2
_EXPONENTS = {code: places for places, codes in DECIMALS.items() for code in codes}


def exponent(currency: str) -> int:
    """Decimals of a currency; an unknown one has two.

    >>> exponent("JPY"), exponent("usd"), exponent("KWD")
    (0, 2, 3)
    """
    return _EXPONENTS.get(currency.upper(), USUAL)


def written(minor: int, currency: str) -> str:
    """An amount with all its decimals and its currency.

    >>> written(487890, "EUR"), written(5000, "JPY"), written(-5, "")
    ('4,878.90 EUR', '5,000 JPY', '-0.05')
    """
    places = exponent(currency)
    whole, rest = divmod(abs(minor), 10**places)
    sign, decimals = "-" if minor < 0 else "", f".{rest:0{places}d}" if places else ""
    return f"{sign}{whole:,}{decimals} {currency}".strip()

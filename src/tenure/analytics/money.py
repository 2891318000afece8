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

"""Minor units of currencies (ISO 4217): how many decimals an amount has."""

from __future__ import annotations

_DIGITS: dict[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}
USUAL = 2


def exponent(currency: str) -> int:
    """Decimals of a currency; an unknown one has two.

    >>> exponent("JPY"), exponent("usd"), exponent("KWD")
    (0, 2, 3)
    """
    return _EXPONENTS.get(currency.upper(), USUAL)

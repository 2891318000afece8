"""Why a value was refused, as exactly as can be told from the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.analytics.money import exponent
from tenure.facts import number_texts, time_texts
from tenure.facts.casts import Reading
from tenure.facts.rejection import explain

_NUMBERS = ("not_int", "not_float", "not_minor", "not_amount")


def reason(
    code: str, words: Mapping[str, Any], value: object, row: Mapping[str, Any], reading: Reading
) -> str:
    """The reason with its remedy; ``row`` is what could be read of the row."""
    field = str(words["field"])
    said = {**words, "major": field.removesuffix("_minor"), "currency": row.get("currency")}
    if code == "not_timestamp" and isinstance(value, str):
        how = time_texts.advice(value)
        return explain("not_timestamp_as_written" if how else code, **said, how=how)
    if code in _NUMBERS and value is not None:
        code, more = _number(code, value, field, row, reading)
        return explain(code, **{**said, **more})
    return explain(code, **said)


def _number(
    code: str, value: object, field: str, row: Mapping[str, Any], reading: Reading
) -> tuple[str, dict[str, Any]]:
    text, sign = str(value), reading.decimal or reading.found.get(field, "")
    sure = bool(reading.decimal) or not isinstance(value, str)
    number = number_texts.read(text, sign if isinstance(value, str) else ".", sure=sure)
    if number is not None:
        currency = str(row.get("currency") or "")
        most = exponent(currency)
        if code == "not_amount" and number_texts.places(number.value) > most:
            return "too_many_decimals", {"currency": currency or "this amount", "limit": most}
        return code, {}
    low, high = (number_texts.read(text, s) for s in (".", ","))
    if low and high:
        return "number_unclear", {"low": f"{low.value.normalize():f}", "high": f"{high.value:f}"}
    if sign and (low or high):
        return "other_sign", {"sign": f"'{sign}'"}
    return code, {}

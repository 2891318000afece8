"""Values in other words: ``status:Churned=cancelled`` reads Churned as cancelled. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable

from tenure.analytics.errors import SpecError


def parse(items: Iterable[str], fields: Container[str]) -> dict[str, dict[str, str]]:
    """What each value of a field is read as; compared without case. SpecError for what is none.

    >>> parse(["status:Churned=cancelled", "status: Live = active"], {"status"})
    {'status': {'churned': 'cancelled', 'live': 'active'}}
    """
    found: dict[str, dict[str, str]] = {}
    for item in items:
        field, colon, rest = item.partition(":")
        was, equals, becomes = rest.rpartition("=")
        field, was, becomes = field.strip(), was.strip().lower(), becomes.strip()
        if not (colon and equals and field and was):
            remedy = "write field:value=word, such as status:Churned=cancelled"
            raise SpecError("--value", item, "is no translation", remedy)
        if field not in fields:
            remedy = f"map {field} first, or name a field that is mapped"
            raise SpecError("--value", item, f"{field} is not among the mapped fields", remedy)
        if was in found.get(field, {}):
            raise SpecError("--value", item, "is translated twice", "say it once")
        found.setdefault(field, {})[was] = becomes
    return found

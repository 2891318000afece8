"""Between the builder's form and the text of the policy. Pure: comments and order of the text stay.

A field is named after its key: ``guardrails.discount_cooldown_days``, ``offers.discount.percent``,
``reasons.other.text.de``, ``paths.0.offers``; ``….remove`` takes one away. Rows that are ``new``
are added if they have a name (paths: if they offer something).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

Given = Mapping[str, str]
SINGLE = {
    "running.at_period_end": "bool",
    "running.open_hours": "int",
    "running.export_url": "text",
    "guardrails.discount_cooldown_days": "int",
    "guardrails.pause_cooldown_days": "int",
    "split.name": "text",
    "split.control": "text",
}
NUMBERS = ("percent", "months", "hours")
OFFER_TEXTS = ("title", "text", "yes")
REASON_TEXTS = ("text", "ask")
LISTS = ("reasons", "segments", "arms", "offers")
NEW = "new"


def changed(text: str, given: Given, languages: Sequence[str]) -> str:
    """The policy's text with what was posted put in."""
    document: Any = tomlkit.parse(text)
    for key, kind in SINGLE.items():
        if key in given or kind == "bool":
            section, name = key.split(".")
            value = _value(given.get(key, ""), kind)
            if document[section][name] != value:
                document[section][name] = value
    for key, share in given.items():
        if key.startswith("split.arms."):
            document["split"]["arms"][key.removeprefix("split.arms.")] = _value(share, "share")
    _named(document["offers"], "offers", given, languages, OFFER_TEXTS)
    _named(document["reasons"], "reasons", given, languages, REASON_TEXTS)
    _paths(document, given)
    return tomlkit.dumps(document)


def _value(text: str, kind: str) -> Any:
    """What is no number stays a text, which the policy refuses with its reason."""
    text = text.strip()
    if kind == "bool":
        return text in ("1", "on", "true")
    try:
        if kind == "int":
            return int(text)
        if kind == "share":
            return float(text.rstrip("%").strip()) / 100
    except ValueError:
        return text
    return text


def _named(
    rows: AoT, what: str, given: Given, languages: Sequence[str], texts: Sequence[str]
) -> None:
    for row in list(rows):
        name = row["name"]
        if given.get(f"{what}.{name}.remove"):
            rows.remove(row)
            continue
        _fill(row, f"{what}.{name}.", given, languages, texts)
    name = given.get(f"{what}.{NEW}.name", "").strip()
    if name:
        new = tomlkit.table()
        new["name"] = name
        if what == "offers":
            new["kind"] = given.get(f"offers.{NEW}.kind", "")
        _fill(new, f"{what}.{NEW}.", given, languages, texts)
        rows.append(new)


def _fill(
    row: Table, prefix: str, given: Given, languages: Sequence[str], texts: Sequence[str]
) -> None:
    for name in NUMBERS:
        value = given.get(prefix + name, "").strip()
        if value and value != str(row.get(name, "")):
            row[name] = _value(value, "int")
    if f"{prefix}url" in given and given[f"{prefix}url"].strip() != row.get("url", ""):
        row["url"] = given[f"{prefix}url"].strip()
    for name in texts:
        said = {t: given.get(f"{prefix}{name}.{t}") for t in languages}
        told = {t: v.strip() for t, v in said.items() if v is not None}
        if told and any(v != (row.get(name) or {}).get(t) for t, v in told.items()):
            table = tomlkit.inline_table()
            table.update({**(row.get(name) or {}), **told})
            row[name] = table


def _paths(document: Any, given: Given) -> None:
    numbers = sorted(
        {k.split(".")[1] for k in given if k.startswith("paths.")},
        key=lambda n: (_place(given, n), n == NEW, int(n) if n.isdecimal() else 0),
    )
    if not numbers:
        return
    rows = tomlkit.aot()
    for number in numbers:
        row = _path(number, given)
        if given.get(f"paths.{number}.remove") or (number == NEW and "offers" not in row):
            continue
        row.setdefault("offers", tomlkit.array())
        rows.append(row)
    if [dict(r) for r in rows] != [dict(r) for r in document["paths"]]:
        document["paths"] = rows


def _place(given: Given, number: str) -> float:
    try:
        return float(given.get(f"paths.{number}.place", ""))
    except ValueError:
        return 1e9


def _path(number: str, given: Given) -> Table:
    row = tomlkit.table()
    for name in LISTS:
        parts = [p.strip() for p in given.get(f"paths.{number}.{name}", "").split(",")]
        if listed := [p for p in parts if p]:
            row[name] = listed
    for name in ("mrr_from_minor", "mrr_below_minor"):
        value = given.get(f"paths.{number}.{name}", "").strip()
        if value and value != "0":
            row[name] = _value(value, "int")
    return row


def switched(text: str, on: bool) -> str:
    """The policy's text with the flow switched on or off."""
    document: Any = tomlkit.parse(text)
    document["running"]["on"] = on
    return tomlkit.dumps(document)

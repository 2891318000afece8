"""Signals, risk signals and roles, read from TOML and checked against each other."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ValidationError

from tenure.analytics.errors import SpecError
from tenure.analytics.signals.check import check_references, check_table
from tenure.analytics.signals.rules import Opportunity, RiskSignal, Role, Settings
from tenure.analytics.signals.spec import FORMS, AnySignal, TableSignal, form_of

SECTIONS = ("signals", "risk", "opportunity", "roles", "settings", "title", "group")
RESERVED = ("account_id", "person_id", "active")
PACKAGED = (
    "roles",
    "product",
    "attributes",
    "support",
    "satisfaction",
    "relationship",
    "billing",
    "outcomes",
    "risk",
)


@dataclass(frozen=True)
class Registry:
    """What is declared: ``signals``, ``risk_signals``, ``opportunities`` and ``roles`` by name."""

    signals: Mapping[str, AnySignal]
    risk_signals: Mapping[str, RiskSignal] = field(default_factory=dict)
    opportunities: Mapping[str, Opportunity] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    sources: Mapping[str, str] = field(default_factory=dict)

    def signal(self, name: str) -> AnySignal:
        """The signal called ``name``; SpecError with the closest names if there is none."""
        if name not in self.signals:
            raise SpecError("signals", name, "is not declared", suggest(name, self.signals))
        return self.signals[name]

    def closure(self, names: Iterable[str]) -> dict[str, AnySignal]:
        """The named signals and all they are made of, parts before wholes."""
        found: dict[str, AnySignal] = {}

        def visit(name: str) -> None:
            if name not in found:
                for part in self.signal(name).parts():
                    visit(part)
                found[name] = self.signal(name)

        for name in names:
            visit(name)
        return found

    def of_accounts(self) -> list[str]:
        """Names of the signals per account."""
        return [n for n, s in self.signals.items() if s.per == "account"]

    def of_people(self) -> list[str]:
        """Names of the signals per person."""
        return [n for n, s in self.signals.items() if s.per == "person"]


def suggest(name: str, known: Iterable[str]) -> str:
    """A remedy that names the closest known names.

    >>> suggest("loginz_7d", ["logins_7d", "tickets_7d"])
    'did you mean logins_7d?'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return "use one of " + ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")


def load_registry(*toml_texts: tuple[str, str]) -> Registry:
    """A registry of ``(name, text)`` documents; a later one replaces what it declares again.

    Raises SpecError naming document, key, problem and remedy.
    """
    parts: dict[str, dict[str, Any]] = {s: {} for s in ("signals", "risk", "opportunity", "roles")}
    settings: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, text in toml_texts:
        document = _document(name, text)
        for section, found in parts.items():
            for key, body in _tables(name, section, document):
                found[key] = _parse(name, section, key, body, str(document.get("group", "")))
                sources[f"{section}.{key}"] = name
        settings |= document.get("settings", {})
        _model(Settings, name, "settings", settings)
    registry = Registry(
        signals=parts["signals"],
        risk_signals=parts["risk"],
        opportunities=parts["opportunity"],
        roles=parts["roles"],
        settings=_model(Settings, "settings", "settings", settings),
        sources=sources,
    )
    check_references(registry, suggest)
    return registry


def packaged_texts() -> list[tuple[str, str]]:
    """The packaged documents, as ``(name, text)``, in the order they are read."""
    room = files("tenure.analytics.signals")
    return [(f"{n}.toml", (room / f"{n}.toml").read_text("utf-8")) for n in PACKAGED]


@cache
def default_registry() -> Registry:
    """The packaged signals."""
    return load_registry(*packaged_texts())


def _document(name: str, text: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(name, "(file)", f"is not TOML: {error}", "correct that line") from error
    for section in document:
        if section not in SECTIONS:
            raise SpecError(name, section, "is not a section", suggest(section, SECTIONS))
    return document


def _tables(
    name: str, section: str, document: dict[str, Any]
) -> Iterable[tuple[str, dict[str, Any]]]:
    body = document.get(section, {})
    if not isinstance(body, dict):
        raise SpecError(name, section, "is not a table", f"declare [{section}.NAME]")
    for key, value in body.items():
        if section == "roles" and isinstance(value, list):
            value = {"events": value}
        if not isinstance(value, dict):
            raise SpecError(name, f"{section}.{key}", "is not a table", f"use [{section}.{key}]")
        if section == "signals" and key in RESERVED:
            raise SpecError(
                name, f"{section}.{key}", "is the name of a column of every result", "rename it"
            )
        if not key.isidentifier() or key != key.lower():
            raise SpecError(
                name,
                f"{section}.{key}",
                "is not a usable name",
                "use lower-case letters, digits and _, beginning with a letter",
            )
        yield key, value


def _parse(name: str, section: str, key: str, body: dict[str, Any], group: str) -> BaseModel:
    where = f"{section}.{key}"
    models: dict[str, type[BaseModel]] = {
        "risk": RiskSignal,
        "opportunity": Opportunity,
        "roles": Role,
    }
    if section in models:
        return _model(models[section], name, where, body)
    form = form_of(body.get("kind"), body.get("table"))
    if form is None:
        raise SpecError(name, f"{where}.kind", _kind_problem(body), _kind_remedy(body))
    signal = _model(form, name, where, {"group": group} | body)
    if isinstance(signal, TableSignal):
        check_table(name, where, signal, suggest)
    return signal


def _kind_problem(body: dict[str, Any]) -> str:
    return f"{body['kind']!r} is not a kind of signal" if "kind" in body else "is missing"


def _kind_remedy(body: dict[str, Any]) -> str:
    kinds = {k for f in FORMS for k in f.model_fields["kind"].annotation.__args__}  # type: ignore[union-attr]
    return suggest(str(body.get("kind", "")), kinds)


def _model(model: type[BaseModel], name: str, where: str, body: dict[str, Any]) -> Any:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _refusal(model, name, where, error) from error


def _refusal(model: type[BaseModel], name: str, where: str, error: ValidationError) -> SpecError:
    # a misspelt key is also a missing one: tell of the spelling
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    key = ".".join([where, *map(str, first["loc"])])
    if first["type"] == "extra_forbidden":
        known = _fields_at(model, first["loc"][:-1])
        return SpecError(name, key, "is not a key here", suggest(str(first["loc"][-1]), known))
    problem = first["msg"].removeprefix("Value error, ")
    remedy = "add it" if first["type"] == "missing" else f"see kind and keys of {where}"
    if first["type"] == "literal_error":
        remedy = f"use {first['ctx']['expected']}"
    return SpecError(name, key, problem[0].lower() + problem[1:], remedy)


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Keys allowed where an unknown one was found: in the model, or in one nested in it."""
    from tenure.analytics.signals.spec import Case, Condition, Test

    nested: dict[str, type[BaseModel]] = {
        "when": Test,
        "when_any": Test,
        "where": Condition,
        "matching": Condition,
        "cases": Case,
    }
    names = [p for p in path if isinstance(p, str)]
    return list((nested.get(names[-1], model) if names else model).model_fields)

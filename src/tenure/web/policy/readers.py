"""How each kind of document is read by a person: a template and what it shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tenure.analytics.health.risk import RiskPolicy
from tenure.analytics.health.spec import HealthModel
from tenure.analytics.segments import SegmentSpec
from tenure.analytics.stages import StagePolicy
from tenure.core import policy
from tenure.core.roles import RoleTable
from tenure.facts.contracts import Contracts
from tenure.health.pages import registry, sentences
from tenure.web.policy.generic import outline
from tenure.web.policy.model_view import model_view

Reading = tuple[str, dict[str, Any]]


def read(name: str, body: str) -> Reading:
    """The template for document ``name`` with text ``body``, and its context."""
    parsed = policy.parsed(name, body)
    for test, reader in READERS:
        if test(name, parsed):
            template, context = reader(name, body, parsed)
            return f"web/policy/read/{template}.html", context
    return "web/policy/read/outline.html", {"outline": outline(body)}


def _model(name: str, body: str, parsed: HealthModel) -> Reading:  # noqa: ARG001
    return "model", {"model": model_view(parsed, registry.naming())}


def _risk(name: str, body: str, parsed: RiskPolicy) -> Reading:  # noqa: ARG001
    return "risk", {"risk": parsed, "levels": sorted(parsed.levels, key=lambda b: b.min)}


def _stages(name: str, body: str, parsed: StagePolicy) -> Reading:  # noqa: ARG001
    naming = registry.naming()
    rows = [
        {
            "stage": s,
            "enter": sentences.of_rule(s.enter, naming),
            "exit": sentences.of_rule(s.exit, naming) if s.exit else "",
        }
        for s in parsed.stages
    ]
    return "stages", {"stages": rows, "people": parsed.people}


def _segments(name: str, body: str, parsed: dict[str, SegmentSpec]) -> Reading:  # noqa: ARG001
    naming = registry.naming()
    rows = [
        {"name": n, "segment": s, "sentence": sentences.of_rule(s.rule, naming)}
        for n, s in parsed.items()
    ]
    return "segments", {"segments": rows}


def _contracts(name: str, body: str, parsed: Contracts) -> Reading:  # noqa: ARG001
    kinds = (("Events", parsed.events), ("Tables", parsed.tables), ("Sources", parsed.sources))
    return "contracts", {"contracts": parsed, "kinds": kinds, "watch": parsed.watch}


def _roles(name: str, body: str, parsed: RoleTable) -> Reading:  # noqa: ARG001
    rows = [
        (text, [key in parsed.granted(r) for r in parsed.roles])
        for key, text in parsed.permissions.items()
    ]
    return "roles", {"roles": list(parsed.roles.items()), "permissions": rows}


def _signals(name: str, body: str, parsed: Any) -> Reading:  # noqa: ARG001
    from tenure.web.policy.signal_view import signal_rows, warning_rows

    own = registry.declared(body)
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in signal_rows(own, registry.current()):
        grouped[row["group"]].append(row)
    return "signals", {
        "groups": dict(grouped),
        "warnings": warning_rows(own, registry.naming()),
        "event_roles": own.roles,
        "settings": outline(body),
    }


def _is(kind: type) -> Callable[[str, Any], bool]:
    return lambda _, parsed: isinstance(parsed, kind)


def _is_segments(name: str, parsed: Any) -> bool:  # noqa: ARG001
    return isinstance(parsed, dict) and all(isinstance(v, SegmentSpec) for v in parsed.values())


READERS: list[tuple[Callable[[str, Any], bool], Callable[[str, str, Any], Reading]]] = [
    (_is(HealthModel), _model),
    (_is(RiskPolicy), _risk),
    (_is(StagePolicy), _stages),
    (_is(Contracts), _contracts),
    (_is(RoleTable), _roles),
    (lambda name, _: name.startswith("signals"), _signals),
    (_is_segments, _segments),
]

"""Which version of a model made a score."""

from __future__ import annotations

import hashlib
import json

from tenure.health.pipeline import Rules


def version_of(rules: Rules) -> str:
    """The author's version, and a print of all that decides the score: the model's meaning, the
    risk policy, the definitions of the signals (and roles of events) behind it, and the stages.

    Such as ``1+3fa9c1d2e0b4``.
    """
    return f"{rules.model.version}+{_print(rules)}"


def _print(rules: Rules) -> str:
    used = rules.registry.closure(rules.kept_signals())
    parts = {
        "model": rules.model.digest,
        "risk": rules.risk.model_dump(mode="json"),
        "stages": rules.stages.model_dump(mode="json", by_alias=True),
        "signals": {name: s.model_dump(mode="json") for name, s in sorted(used.items())},
        "warnings": {n: r.model_dump(mode="json") for n, r in rules.registry.risk_signals.items()},
        "roles": {n: r.model_dump(mode="json") for n, r in rules.registry.roles.items()},
        "settings": rules.registry.settings.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]

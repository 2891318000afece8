"""The policy documents of plays: how they are run, and each play."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tenure.analytics.errors import SpecError
from tenure.analytics.experiments.policy import parse_experiments
from tenure.analytics.segments import check_fields
from tenure.analytics.signals.registry import suggest
from tenure.channels import registry
from tenure.channels.settings import Numbers, limits
from tenure.core import policy, workspace
from tenure.core.policy.registry import Loader
from tenure.health import policy as health
from tenure.plays import spec, words
from tenure.plays.settings import DEFAULT, DOCUMENT, FAMILY, LIBRARY, PlaySettings, parse
from tenure.plays.spec import WRITES, Play

_EXPERIMENTS = Path(str(files("tenure.analytics.experiments"))) / "experiments.toml"


def documents() -> tuple[policy.PolicyDocument | policy.PolicyFamily, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Plays",
            DEFAULT,
            parse,
            "How plays are run, measured and checked.",
            permission=policy.EDIT,
        ),
        policy.PolicyDocument(
            "experiments",
            "Experiments",
            _EXPERIMENTS,
            parse_experiments,
            "How experiments and the effect of plays are judged, and in which words.",
            permission=policy.EDIT,
        ),
        policy.PolicyFamily(
            FAMILY,
            "Play",
            LIBRARY,
            spec.parse,
            "One play: trigger, audience, steps, exit, goal.",
            _check,
            permission="plays.edit",
        ),
    )


def _check(source: str, play: Play, load: Loader) -> None:
    """SpecError if the play asks for a field, a purpose or a channel that does not exist."""
    known = health.known_fields(load)
    for rule in play.rules():
        check_fields(source, rule, known)
    signals = health.registry(load).of_accounts()
    for key, text in play.texts():
        for name in sorted(words.signals(text) - set(signals)):
            problem = f"there is no signal {name} of accounts"
            raise SpecError(source, key, problem, suggest(name, signals))
    gate: Numbers = load("channels")
    for name in {play.purpose, *(getattr(s, "purpose", "") for s in play.steps)} - {""}:
        if name not in gate.purposes:
            names = ", ".join(gate.purposes)
            raise SpecError(source, "purpose", f"there is no purpose {name!r}", f"use: {names}")
    _check_lengths(source, play, gate)


def _check_lengths(source: str, play: Play, gate: Numbers) -> None:
    """SpecError for words that are too long for their place, or too many items."""
    for step in play.steps:
        if isinstance(step, WRITES):
            try:
                registry.kind(step.kind).check_step(source, step, limits(gate, step.kind))
            except SpecError as no:
                key = f"steps.{step.id}.{no.key}"
                raise SpecError(source, key, no.problem, no.remedy) from None


def numbers() -> PlaySettings:
    """``plays`` in force."""
    loaded: PlaySettings = policy.load(DOCUMENT)
    return loaded


def names() -> list[str]:
    """Names of all plays, packaged and own."""
    return [name.removeprefix(FAMILY) for name in policy.list_names(FAMILY)]


def play(name: str, version: int | None = None) -> Play:
    """A play as in force, or as of ``version``; SpecError if there is none."""
    document = FAMILY + name
    loaded: Play = policy.parsed(document, policy.text(document, version))
    return loaded


def version(name: str) -> int:
    """Number of the version in force; 0 is the packaged one."""
    return policy.version(FAMILY + name)


def share_held_out(of: Play) -> float:
    """The share of accounts a play leaves alone; a promise leaves out nobody."""
    if of.promise:
        return 0.0
    return numbers().holdout if of.holdout is None else of.holdout


def share_held_out_of_all(of: Play) -> float:
    """The share that is held out of every play, as far as it counts for this one."""
    return 0.0 if of.promise else numbers().global_holdout


def salt() -> str:
    """What makes this workspace's draws its own."""
    return workspace.current().secret_key()

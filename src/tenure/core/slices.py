"""What a slice declares of itself: one value, in its ``slice.py``, that everything is wired from.

A declaration names things by dotted path, relative to the slice's package (``"actions.tick"`` in
``tenure.programs.dunning`` is ``tenure.programs.dunning.actions.tick``), and imports nothing: so
that asking for the list of commands loads no page, and importing a slice has no effect. What is
named is looked up by :func:`resolve` when it is installed or first used; a test resolves every
name of every slice.

The one ordered list of slices is ``tenure.slices.SLICES``. Where order matters (who hears of a fact
first, whose address is matched first) it is that list's order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class PeriodicJob:
    """A job of ``kind`` once in each ``period``, ``offset`` after its start."""

    kind: str
    period: timedelta
    offset: timedelta = timedelta()


@dataclass(frozen=True)
class Tick:
    """A function that every worker calls with ``now`` each ``seconds`` (a number, or the dotted
    name of a function that gives it)."""

    name: str
    act: str
    seconds: float | str


@dataclass(frozen=True)
class Urls:
    """Addresses below ``prefix``: the dotted name of a module with ``urlpatterns``."""

    prefix: str
    module: str


@dataclass(frozen=True)
class Api:
    """Endpoints below ``/api/v1/PREFIX``."""

    prefix: str
    endpoints: str


@dataclass(frozen=True)
class Command:
    """``tenure NAME``: the module whose ``register(app)`` adds it, its line of help, and its place
    among all commands."""

    name: str
    module: str
    help: str
    place: int


@dataclass(frozen=True)
class NavEntry:
    """A link of the side bar, for whoever has ``permission``; lower ``place`` comes first."""

    title: str
    icon: str
    url: str
    permission: str
    place: int


@dataclass(frozen=True)
class SettingsTab:
    """A tab of the settings: the name of its address, for whoever has ``permission``."""

    title: str
    url_name: str
    permission: str
    place: int


@dataclass(frozen=True)
class AccountPanel:
    """A box of the account page, loaded after the page.

    ``load(account, request, now)`` gives the context of ``template``; ``wanted(account)`` says
    whether an account has such a box at all. ``column`` is main, side or dialog (loaded only when a
    person asks for it).
    """

    name: str
    title: str
    permission: str
    load: str
    template: str
    place: int
    column: str = "side"
    wanted: str = ""


@dataclass(frozen=True)
class Slice:
    """One capability and all it is. Leave out what it does not have."""

    name: str
    package: str
    policies: tuple[str, ...] = ()
    """PolicyDocument or PolicyFamily values, or tuples of them."""
    jobs: Mapping[str, str] = field(default_factory=dict)
    """Kind of job and who does it: ``handler(job, now)``."""
    periodic: tuple[PeriodicJob, ...] = ()
    ticks: tuple[Tick, ...] = ()
    handlers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Table (``payments``) or event (``events:NAME``) and who hears of new facts of it."""
    sweep: str = ""
    """``sweep(ask) -> int``: compares state with the facts and heals what was missed (see
    ``facts.healing``); whoever has handlers has one."""
    parsers: tuple[str, ...] = ()
    """Functions that give the parsers of requests by endpoint."""
    drains: tuple[str, ...] = ()
    """What empties an inbox of the slice's own when a command wants everything landed now."""
    at_stop: tuple[str, ...] = ()
    """What lets go of the slice's leases when a worker ends."""
    billing: str = ""
    """A ``connectors.billing.outbox.Program``: hears what became of acts handed in under the
    slice's name."""
    erasure: tuple[str, ...] = ()
    """``facts.erasure.Part`` values: how personal data is exported and erased."""
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Where a lower room asks (see ``tenure.slices.HOOKS``) and who answers."""
    urls: tuple[Urls, ...] = ()
    endpoints: tuple[Api, ...] = ()
    commands: tuple[Command, ...] = ()
    navigation: tuple[NavEntry, ...] = ()
    settings_tabs: tuple[SettingsTab, ...] = ()
    account_panels: tuple[AccountPanel, ...] = ()
    doctor: Mapping[str, str] = field(default_factory=dict)
    """Name of a check and the function that gives its findings: ``check(limits, now)``."""
    deep_doctor: Mapping[str, str] = field(default_factory=dict)
    """The same for checks that read everything: ``tenure doctor --deep``."""

    def resolve(self, name: str) -> Any:
        """What ``name`` stands for in this slice; AttributeError names what is not there."""
        return resolve(f"{self.package}.{name}")

    def names(self) -> Iterator[str]:
        """Every dotted name the declaration uses, absolute."""
        panels = [n for p in self.account_panels for n in (p.load, p.wanted) if n]
        seconds = [t.seconds for t in self.ticks if isinstance(t.seconds, str)]
        modules = [u.module for u in self.urls] + [c.module for c in self.commands]
        many = [n for found in (*self.handlers.values(), *self.hooks.values()) for n in found]
        each = (
            *self.policies,
            *self.jobs.values(),
            *(t.act for t in self.ticks),
            *seconds,
            *many,
            *self.at_stop,
            *([self.billing] if self.billing else []),
            *([self.sweep] if self.sweep else []),
            *self.parsers,
            *self.drains,
            *self.erasure,
            *(a.endpoints for a in self.endpoints),
            *panels,
            *modules,
            *self.doctor.values(),
            *self.deep_doctor.values(),
        )
        return (f"{self.package}.{name}" for name in each)


INSTALLED: list[Slice] = []
"""The slices of this process in their order; filled once, by ``tenure.slices.install``."""


def resolve(dotted: str) -> Any:
    """The value (or module) with this dotted name; AttributeError or ImportError names what is not
    there."""
    parent, _, name = dotted.rpartition(".")
    module = import_module(parent)
    if not hasattr(module, name) and hasattr(module, "__path__"):
        return import_module(dotted)
    return getattr(module, name)

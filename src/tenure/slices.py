"""The one list of slices, and how they are wired: who is asked, told and shown in which order.

A handler earlier in the list hears of a fact before a later one. Nothing else orders them: not
``INSTALLED_APPS``, not who was imported first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenure.accounts.slice import SLICE as accounts
from tenure.channels.slice import SLICE as messages
from tenure.connectors.billing.slice import SLICE as billing
from tenure.connectors.files.slice import SLICE as files
from tenure.connectors.slice import SLICE as connectors
from tenure.connectors.stripe.slice import SLICE as stripe
from tenure.core.slice import SLICE as core
from tenure.core.slices import INSTALLED, Slice, resolve
from tenure.documents.board.slice import SLICE as board
from tenure.documents.digests.slice import SLICE as digests
from tenure.facts.slice import SLICE as facts
from tenure.health.segments.slice import SLICE as segments
from tenure.health.slice import SLICE as health
from tenure.kit.slice import SLICE as kit
from tenure.learning.experiments.slice import SLICE as experiments
from tenure.learning.investigations.slice import SLICE as investigations
from tenure.learning.practice_audit.slice import SLICE as practice_audit
from tenure.learning.texts.slice import SLICE as texts
from tenure.metrics.alerts.slice import SLICE as alerts
from tenure.metrics.indicators.slice import SLICE as indicators
from tenure.metrics.onboarding.slice import SLICE as onboarding
from tenure.metrics.revenue.slice import SLICE as revenue
from tenure.plays.slice import SLICE as plays
from tenure.programs.cancel.slice import SLICE as cancel
from tenure.programs.dunning.slice import SLICE as dunning
from tenure.work.portfolio.slice import SLICE as portfolio
from tenure.work.tasks.slice import SLICE as tasks

SLICES: tuple[Slice, ...] = (
    core,
    kit,
    facts,
    accounts,
    stripe,  # what its notices say is then posted
    connectors,
    files,
    billing,
    messages,
    health,
    segments,
    revenue,
    onboarding,
    alerts,
    indicators,
    tasks,
    portfolio,
    dunning,
    cancel,
    plays,
    texts,
    investigations,
    experiments,
    practice_audit,
    board,
    digests,
)

HOOKS = {
    "policy_permission": "tenure.core.policy.permit_by",
    "accounts_in_trouble": "tenure.channels.gate.know_trouble",
    "scoring_fields": "tenure.health.pipeline.ALSO_ASKED",
    "before_scoring": "tenure.health.scoring.BEFORE_LIVE",
    "after_scoring": "tenure.health.scoring.AFTER_LIVE",
}
"""Where a lower room asks the rooms above it: a list of functions, or a function that is told."""


def install(every: tuple[Slice, ...]) -> None:
    """Wire every slice; called once when Django is ready. Doing it again changes nothing."""
    INSTALLED[:] = every
    for one in every:
        _policies(one)
        _work(one)
        _facts(one)
        _hooks(one)


def _policies(one: Slice) -> None:
    from tenure.core import policy

    for name in one.policies:
        for document in one.resolve(name)():
            if isinstance(document, policy.PolicyFamily):
                policy.register_family(document)
            else:
                policy.register(document)


def _work(one: Slice) -> None:
    from tenure.core import jobs, schedule

    for kind, handler in one.jobs.items():
        jobs.register(kind, _later(one, handler))
    for job in one.periodic:
        schedule.every(job.kind, job.period, job.offset)
    for tick in one.ticks:
        given = one.resolve(tick.seconds)() if isinstance(tick.seconds, str) else tick.seconds
        schedule.duty(tick.name, given, _later(one, tick.act))


def _later(one: Slice, name: str) -> Callable[..., Any]:
    """Calls what ``name`` stands for; its module is loaded by the first call, not by every page."""

    def call(*args: object) -> Any:
        return one.resolve(name)(*args)

    return call


def _facts(one: Slice) -> None:
    from tenure.connectors.billing import outbox
    from tenure.core import leases
    from tenure.facts import erasure, healing, periodic_tasks
    from tenure.facts.routing import ROUTING

    for name in one.at_stop:
        leases.at_stop(f"{one.name}.{name}", _later(one, name))
    if one.sweep:
        healing.SWEEPS[one.name] = _later(one, one.sweep)
    if one.billing:
        outbox.register(one.name, one.resolve(one.billing)())
    for name in one.parsers:
        ROUTING.parsers.update(one.resolve(name)())
    for table, handlers in one.handlers.items():
        heard = ROUTING.handlers.setdefault(table, [])
        heard += [h for name in handlers if (h := f"{one.package}.{name}") not in heard]
    for name in one.drains:
        if (drain := one.resolve(name)) not in periodic_tasks.ALSO:
            periodic_tasks.ALSO.append(drain)
    for name in one.erasure:
        erasure.register(one.resolve(name))


def _hooks(one: Slice) -> None:
    for hook, names in one.hooks.items():
        asks = resolve(HOOKS[hook])
        for name in names:
            answer = one.resolve(name)
            if not isinstance(asks, list):
                asks(answer)
            elif answer not in asks:
                asks.append(answer)

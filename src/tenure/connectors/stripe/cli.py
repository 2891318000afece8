"""tenure stripe: how the connection stands, its history, what was missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tenure.kit.commands.output import CommandError, print_json, print_rows, say

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
KINDS = {"name": "Notice", "count": "Came", "used": "Used", "last_at": "Last"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Stripe: connection, history, missed notices.")
    group.command("status")(status)
    group.command("backfill")(backfill)
    group.command("reconcile")(reconcile)
    group.command("again")(again)
    app.add_typer(group, name="stripe")


def status(as_json: AsJson = False) -> None:
    """What is set up, what came, what could not be read."""
    _setup()
    from tenure.connectors.stripe.state import state

    found = state()
    if as_json:
        print_json(found.told())
        return
    say("API key: {a}, signing secret: {b}", a=_set(found.has_key), b=_set(found.has_secret))
    if found.kinds:
        print_rows([vars(k) for k in found.kinds], KINDS)
    else:
        say("No notice has come yet. Point a webhook endpoint of Stripe at /stripe/webhook.")
    say("{a} wait to be read, {b} wait for another", a=found.waiting, b=found.parked)
    for one in found.troubles:
        say("[red]{id}[/] {kind}: {error}", id=one.event_id, kind=one.kind, error=one.error)


def _set(there: bool) -> str:
    return "set" if there else "not set"


def backfill() -> None:
    """Fetch customers, plans, subscriptions, invoices, payments; goes on where it was cut off."""
    _run("backfill")


def reconcile() -> None:
    """Look for notices of the last hours that never arrived."""
    _run("reconcile")


def again(event: Annotated[str, typer.Argument(help="The id of a notice in trouble.")]) -> None:
    """Read a notice that could not be read once more."""
    _setup()
    from tenure.connectors.models import StripeTrouble
    from tenure.connectors.stripe import ingest

    if not StripeTrouble.objects.filter(pk=event).exists():
        raise CommandError(f"no notice {event!r} is in trouble", "see: tenure stripe status")
    if not ingest.read_again(event, datetime.now(UTC)):
        trouble = StripeTrouble.objects.get(pk=event)
        raise CommandError(f"it still cannot be read: {trouble.error}", "it stays where it is")
    say("Read. Its rows are on their way into the lake.")


def _run(which: str) -> None:
    _setup()
    from tenure.connectors.stripe import backfill as fetching
    from tenure.connectors.stripe import client
    from tenure.core import jobs
    from tenure.core.models import Job
    from tenure.facts.periodic_tasks import flush_now

    client.client()  # SpecError, with the remedy, if there is no key
    now = datetime.now(UTC)
    kind = fetching.KIND if which == "backfill" else fetching.MISSED
    job = jobs.enqueue(kind, now=now)
    jobs.run_all("command", lambda: datetime.now(UTC))
    flush_now(datetime.now(UTC))
    done = Job.objects.get(pk=job.pk)
    if done.state == "done":
        say("{n} objects read.", n=done.progress_done)
        return
    error = done.error.strip().splitlines()[-1] if done.error.strip() else ""
    if error:
        raise CommandError(
            f"cut off after {done.progress_done} objects: {error}",
            "what was read is kept; run it again, or let a worker go on",
        )
    say("A worker is at it: tenure stripe status shows how far it is.")


def _setup() -> None:
    from tenure.kit.commands.boot import setup

    setup()

"""tenure dunning: unpaid invoices, what comes next in each and why, and how much was recovered."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure.kit.commands.output import CommandError, print_json, print_rows, say

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LIST = {
    "invoice_id": "Invoice",
    "account_id": "Account",
    "state": "State",
    "kind": "Decline",
    "tries": "Tries",
    "next_what": "Next",
    "next_at": "When",
    "next_why": "Why",
}
AHEAD = {
    "account_id": "Account",
    "what": "What",
    "at": "When",
    "last4": "Card",
    "to": "To",
    "mail": "Mail",
}
SHARES = {
    "kind": "Decline",
    "currency": "Currency",
    "cases": "Cases",
    "recovered": "Recovered",
    "share": "Share",
    "value_share": "Share of value",
    "median_days": "Median days",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Payments that failed, and their recovery.")
    group.command("list")(list_)
    group.command("show")(show)
    group.command("recovery")(recovery)
    group.command("ahead")(ahead)
    group.command("take-over")(take_over)
    group.command("hand-back")(hand_back)
    group.command("extend")(extend)
    app.add_typer(group, name="dunning")


def list_(
    state: Annotated[str, typer.Option(help="open, grace, recovered, cancelled or void.")] = "",
    as_json: AsJson = False,
) -> None:
    """Cases, newest first, with what comes next."""
    queries = _queries()
    rows = queries.listed(state)
    if as_json:
        print_json(rows)
    elif rows:
        print_rows(rows, LIST)
    else:
        say("No cases. A failed payment (tenure import payments …) opens one.")


def show(invoice: str, as_json: AsJson = False) -> None:
    """One case: its plan, and everything done in it."""
    found = _queries().shown(invoice)
    if found is None:
        raise CommandError(f"no case of invoice {invoice!r}", "see: tenure dunning list")
    if as_json:
        print_json(found)
        return
    say("[bold]{invoice_id}[/] of {account_id}: {state}, {kind} ({code})", **found)
    say("Next: {next_what} {next_at} [dim]{next_why}[/]", **found)
    for step in found["steps"]:
        say("  {at}  {what}  [dim]{detail}[/]", **step)


def recovery(as_json: AsJson = False) -> None:
    """Recovered share of cases and of value, by kind of decline."""
    rows = _queries().recovery()
    if as_json:
        print_json(rows)
    elif rows:
        print_rows(rows, SHARES)
    else:
        say("No case has been closed yet.")


def ahead(as_json: AsJson = False) -> None:
    """What is due before a payment fails: cards that expire, one card alone, yearly bills."""
    from datetime import UTC, datetime

    _queries()
    from tenure.programs.dunning import pre_dunning_mails

    rows = [
        {
            "account_id": line.said.account_id,
            "what": line.said.what,
            "at": line.said.at,
            "card_id": line.said.card.card_id if line.said.card else None,
            "last4": line.said.card.last4 if line.said.card else None,
            "subscription_id": line.said.paying.subscription_id if line.said.paying else None,
            "to": line.to,
            "mail": line.state or None,
        }
        for line in pre_dunning_mails.listed(datetime.now(UTC))
    ]
    if as_json or rows:
        print_rows(rows, AHEAD, as_json=as_json)
    else:
        say("Nothing is due. Cards come from Stripe, or by: tenure import cards …")


def take_over(invoice: str) -> None:
    """See to a case yourself: nothing goes out or is tried by itself."""
    _act("take_over", invoice)
    say("{invoice} is yours until: tenure dunning hand-back {invoice}", invoice=invoice)


def hand_back(invoice: str) -> None:
    """Let the course go on where it would be by now."""
    case = _act("hand_back", invoice)
    say(
        "Next: {what} {at} [dim]{why}[/]",
        what=case.next_what,
        at=case.next_at or "",
        why=case.next_why,
    )


def extend(
    invoice: str,
    days: Annotated[int, typer.Argument(help="So many days more before grace and end.")],
    because: Annotated[str, typer.Option(help="Why they get more time.")],
) -> None:
    """Give a customer more time."""
    case = _act("extend", invoice, days, because)
    say("{invoice} has {days} days more in all", invoice=invoice, days=case.extended_days)


def _act(name: str, invoice: str, *more: object):  # type: ignore[no-untyped-def]
    _queries()
    from datetime import UTC, datetime

    from tenure.kit.commands import operator
    from tenure.programs.dunning import actions

    return getattr(actions, name)(invoice, *more, operator.name(), now=datetime.now(UTC))


def _queries():  # type: ignore[no-untyped-def]
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.programs.dunning import queries

    return queries

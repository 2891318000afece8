"""``tenure cancel``: what was saved and lasted, visits, what waits for billing, links."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.kit.commands.output import CommandError, print_json, print_rows, say

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LIST = {
    "id": "Visit",
    "account": "Account",
    "started_at": "Began",
    "reason": "Reason",
    "outcome": "Ended",
    "accepted": "Offer",
    "mrr_minor": "Monthly, minor units",
    "currency": "Currency",
}
GROUP = {
    "key": "",
    "visits": "Visits",
    "saved": "Taken",
    "rate": "Rate",
    "low": "from",
    "high": "to",
    "gone_later": "Went later",
}
WAITING = {
    "id": "Act",
    "account_id": "Account",
    "what": "What",
    "state": "State",
    "tries": "Tries",
    "due_at": "Next",
    "detail": "Why",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="The cancel flow.")
    group.callback()(_start)
    for name, command in (
        ("saves", saves),
        ("list", list_),
        ("show", show),
        ("waiting", waiting),
        ("again", again),
        ("take-back", take_back),
        ("link", link),
        ("preview", preview),
    ):
        group.command(name)(command)
    app.add_typer(group, name="cancel")


def _start() -> None:
    from tenure.kit.commands.boot import setup

    setup()


def saves(
    days: Annotated[int, typer.Option(min=1, help="Visits begun in the last so many days.")] = 365,
    by: Annotated[str, typer.Option(help="reason, offer, segment, plan or tenure.")] = "reason",
    as_json: AsJson = False,
) -> None:
    """What was saved, whether it lasted, and whether offers keep anybody."""
    from dataclasses import asdict
    from datetime import UTC, datetime, timedelta

    from tenure.programs.cancel import queries

    now = datetime.now(UTC)
    found = queries.figures(queries.VisitFilter(since=now - timedelta(days=days)), now)
    split = queries.split_test(now)
    if as_json:
        print_json({**asdict(found), "split": [asdict(result) for result in split]})
        return
    if by not in found.groups:
        raise CommandError(f"nothing is told by {by!r}", f"use one of: {', '.join(found.groups)}")
    if not found.visits:
        say("No visit has ended yet.")
        return
    say(
        "{saved} offers taken, {undecided} left undecided, {cancelled} cancelled, of {visits}."
        " Went later anyway: {a} + {b}.",
        saved=found.saved,
        undecided=found.kept + found.abandoned,
        cancelled=found.cancelled,
        visits=found.visits,
        a=found.saved_gone,
        b=found.undecided_gone,
    )
    say(
        "Save rate {rate}. {lasted}",
        rate=_share(found.rate),
        lasted=" ".join(f"Lasted {x.days} days: {x.there} of {x.saves}." for x in found.lasted),
    )
    print_rows([_group(g) for g in found.groups[by]], {**GROUP, "key": by.capitalize()})
    for result in split:
        told = result.text if result.n_control and result.n_treated else ""
        say(
            "{arm}: [bold]{headline}[/] {told}",
            arm=result.treated,
            headline=result.headline,
            told=told,
        )


def _share(rate: Any) -> str:
    if rate.value is None:
        return "unknown"
    return f"{100 * rate.value:.0f} % ({100 * rate.low:.0f} to {100 * rate.high:.0f})"


def _group(g: Any) -> dict[str, Any]:
    rate = {"rate": g.rate.value, "low": g.rate.low, "high": g.rate.high}
    return {"key": g.key, "visits": g.visits, "saved": g.saved, "gone_later": g.gone_later, **rate}


def list_(
    outcome: Annotated[str, typer.Option(help="open, saved, kept, abandoned or cancelled.")] = "",
    reason: Annotated[str, typer.Option(help="Name of a reason.")] = "",
    most: Annotated[int, typer.Option(min=1, help="So many, latest first.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Visits, latest first."""
    from tenure.programs.cancel import queries

    rows = queries.listed(queries.VisitFilter(outcome=outcome, reason=reason), most)
    print_rows(rows, LIST, as_json=as_json, empty="No visit.")


def show(
    visit: Annotated[int, typer.Argument(help="Number of a visit, see 'tenure cancel list'.")],
    as_json: AsJson = False,
) -> None:
    """One visit: what was said, offered and done."""
    from tenure.programs.cancel import queries

    found = queries.detail(visit)
    if found is None:
        raise CommandError(f"there is no visit {visit}", "see: tenure cancel list")
    if as_json:
        print_json(found)
        return
    say("[bold]{account}[/], {subscription_id}: {outcome} {reason} {accepted}", **found)
    for name in ("more", "improve"):
        if found[name]:
            say("  “{words}”", words=found[name])
    for offer in found["offers"]:
        say("  {shown_at}  offered {name}  [dim]{answer}[/]", **offer)
    for act in found["acts"]:
        say("  {asked_at}  {what} {state}  [dim]{detail}[/]", **act)


def waiting(as_json: AsJson = False) -> None:
    """What billing has not done yet, or will not do."""
    from tenure.programs.cancel import queries

    rows = [{name: act[name] for name in WAITING} for act in queries.waiting()]
    print_rows(rows, WAITING, as_json=as_json, empty="Nothing waits for billing.")


def again(
    act: Annotated[int, typer.Argument(help="Number of an act, see 'tenure cancel waiting'.")],
) -> None:
    """Have an act that billing refused tried again."""
    from datetime import UTC, datetime

    from tenure.programs.cancel import fulfilment

    kept = fulfilment.try_again(act, "command line", now=datetime.now(UTC))
    say("{state}: {detail}", state=kept.state, detail=kept.detail)


def take_back(
    act: Annotated[int, typer.Argument(help="Number of an act, see 'tenure cancel show --json'.")],
    why: Annotated[str, typer.Option(help="The reason, kept in the audit trail.")],
) -> None:
    """Undo in billing what was done; what waits is not done."""
    from datetime import UTC, datetime

    from tenure.programs.cancel import fulfilment

    kept = fulfilment.take_back(act, why, "command line", now=datetime.now(UTC))
    say("{state}: {detail}", state=kept.state, detail=kept.detail)


def link(
    account: Annotated[str, typer.Argument(help="Id of an account.")],
    person: Annotated[str, typer.Option(help="Id of the person.")] = "",
    subscription: Annotated[str, typer.Option(help="Id, if the account has several.")] = "",
) -> None:
    """A signed link to the hosted page, for somebody who asks to cancel."""
    from tenure.accounts.models import Account
    from tenure.programs.cancel import documents, links

    if not Account.objects.filter(pk=account).exists():
        raise CommandError(f"there is no account {account!r}", "use the id of an account")
    if not documents.current().running.on:
        raise CommandError("the cancel flow is switched off", "switch it on in its builder")
    say("{url}", url=links.url(links.Who(account, person, subscription)))


def preview(
    account: Annotated[str, typer.Argument(help="Id of an account.")],
    language: Annotated[str, typer.Option(help="Such as de.")] = "",
    as_json: AsJson = False,
) -> None:
    """What an account would be offered for each reason. Nothing is carried out."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from tenure.programs.cancel import customers, documents, ledger, trial

    now, numbers = datetime.now(UTC), documents.current()
    running = ledger.dearest(account, now)
    if running is None:
        raise CommandError(f"{account} has no running subscription", "name an account that pays")
    who = customers.of(account, running, numbers, now)
    played = trial.play(who, numbers, numbers.language(language), now)
    if as_json:
        print_json([asdict(one) for one in played])
        return
    rows = [
        {
            "reason": p.reason,
            "path": p.path,
            "first": p.first.title if p.first else "",
            "then": p.then.title if p.then else "",
            "left_out": "; ".join(f"{name}: {why}" for name, why in p.left_out),
        }
        for p in played
    ]
    heads = {
        "reason": "Reason",
        "path": "Path",
        "first": "First",
        "then": "After a no",
        "left_out": "Left out",
    }
    print_rows(rows, heads, title=f"{account}, arm {who.arm}")

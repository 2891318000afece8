"""tenure churned: accounts that left, why, and whether it could have been prevented."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.kit.commands.output import CommandError, print_json, print_rows, say

ACTOR = "command line"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LIST = {
    "id": "Id",
    "account_id": "Account",
    "churned_at": "Left",
    "kind": "How",
    "cause": "Cause",
    "verdict": "Verdict",
    "state": "State",
    "mrr_minor": "MRR (minor)",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Accounts that left, and why.")
    group.command("list")(list_)
    for command in (show, confirm, ask, study, review, texts):
        group.command(command.__name__)(command)
    app.add_typer(group, name="churned")


def list_(
    state: Annotated[str, typer.Option(help="open, confirmed or void.")] = "",
    cause: Annotated[str, typer.Option(help="A cause of the policy; none: no cause told.")] = "",
    verdict: Annotated[str, typer.Option(help="preventable, not_preventable or unclear.")] = "",
    segment: Annotated[str, typer.Option(help="Where the account was when it left.")] = "",
    as_json: AsJson = False,
) -> None:
    """Losses, latest first."""
    queries = _room("queries")
    rows = queries.find(queries.InvestigationFilter(state, cause, verdict, segment))
    told = [{name: getattr(row, "pk" if name == "id" else name) for name in LIST} for row in rows]
    if as_json:
        print_json(told)
    elif told:
        print_rows(told, LIST)
    else:
        say("No loss fits. Look for new ones with: tenure churned study")


def texts(
    days: Annotated[int, typer.Option(help="How far back; 0: by policy.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Themes of what customers write, their tone, and who left after."""
    from datetime import UTC, datetime

    _room("queries")
    from tenure.learning.texts import reading

    rows = [one.to_dict() for one in reading.themed(datetime.now(UTC), days or None)]
    if as_json:
        print_json(rows)
        return
    shown = [
        {
            **row,
            "theme": row["theme"] or "(none)",
            "left": f"{row['left']} of {row['judged']}",
            "others": f"{row['others_left']} of {row['others']}",
        }
        for row in rows
    ]
    print_rows(
        shown,
        {
            "theme": "Theme",
            "texts": "Texts",
            "before": "Before",
            "accounts": "Accounts",
            "tone": "Tone",
            "left": "Left",
            "others": "Others that left",
        },
    )


def show(id: int, as_json: AsJson = False) -> None:
    """One loss: what was known when the account left, and what is made of it."""
    found = _room("queries").detail(id)
    if found is None:
        raise CommandError(f"no loss {id}", "see: tenure churned list")
    if as_json:
        print_json(found)
        return
    say("[bold]{account_id}[/] left {churned_at} ({kind}); {state}", **_plain(found))
    say("Cause: {cause}, {verdict}. [dim]They said: {stated_cause}[/]", **_plain(found))
    say("{how}", how=found["how"])
    for one in found["evidence"]:
        say(
            "  {title} ({weight}): {said}",
            title=one["title"],
            weight=one["weight"],
            said=one["text"],
        )
    for one in found["dossier"]["warnings"]:
        came = one["answer"] or ("nobody answered" if one["missed"] else "not to be seen then")
        say("  {name}: {lead_days} days before; {came}", came=came, **one)


def confirm(
    id: int,
    verdict: Annotated[str, typer.Option(help="preventable, not_preventable, unclear.")] = "",
    cause: Annotated[str, typer.Option(help="A cause of the policy.")] = "",
    how: Annotated[str, typer.Option(help="How it could have been kept.")] = "",
    because: Annotated[str, typer.Option(help="What speaks against what is proposed.")] = "",
) -> None:
    """Confirm what is proposed, or say what it was and why."""
    actions = _room("actions")
    one = actions.decide(id, ACTOR, now=_now(), verdict=verdict, cause=cause, how=how, why=because)
    say(
        "{account}: {cause}, {verdict}",
        account=one.account_id,
        cause=one.cause or "no cause",
        verdict=one.verdict,
    )


def ask(id: int) -> None:
    """Ask somebody of the account why they left: once, by mail."""
    made = _room("interviews").ask(id, ACTOR, now=_now())
    say("{address} is asked as soon as the send gate lets it.", address=made.address)


def study() -> None:
    """Look for accounts that left and have no investigation yet."""
    say("{n} opened", n=_room("actions").study(_now()))


def review(
    month: Annotated[str, typer.Option(help="2026-03; default: the last whole month.")] = "",
    close: Annotated[str, typer.Option(help="Close it, with what was seen and decided.")] = "",
    as_json: AsJson = False,
) -> None:
    """The pattern of a month's losses, and what was decided."""
    reviewing, months = _room("reviewing"), _room("months")
    of = months.parse(month) if month else reviewing.last_whole(_now())
    if of is None:
        raise CommandError(f"{month!r} is no month", "give one like 2026-03")
    if close:
        reviewing.close(of, close, ACTOR, now=_now())
    told = reviewing.month_review(of)
    if as_json:
        print_json(told)
        return
    report = told["report"]
    say(
        "[bold]{month}[/]: {n} lost, {before} the month before",
        month=told["month"],
        n=report["losses"],
        before=report["before"],
    )
    share = report["preventable"]
    if share["of"]:
        say("Preventable: {hits} of {of} ({low:.0%} to {high:.0%})".format(**share))
    for row in report["by_cause"]:
        money = ", ".join(f"{m['mrr_minor']} {m['currency']}" for m in row["lost"])
        say("  {cause}: {n} {money}", cause=row["name"] or "no cause", n=row["losses"], money=money)
    for row in report["repeated"]:
        say("Repeats: {cause}, {counts}", cause=row["cause"], counts=row["counts"])
    for row in told["changes"]:
        say(
            "  {state}: {title} ({owner}, {due})",
            state=row["state"],
            title=row["title"],
            owner=row["owner"],
            due=row["due_on"],
        )


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    shown = ("account_id", "churned_at", "kind", "state", "cause", "verdict", "stated_cause")
    return {name: found[name] or "nothing" for name in shown}


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _room(name: str) -> Any:
    from importlib import import_module

    from tenure.kit.commands.boot import setup

    setup()
    return import_module(f"tenure.learning.investigations.{name}")

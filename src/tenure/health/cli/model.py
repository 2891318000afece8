"""``tenure model``: try a changed health model on history, and have a better one proposed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tenure.health.cli import learned_words
from tenure.health.cli.learned_words import STYLES, dash, interval
from tenure.kit.commands import operator
from tenure.kit.commands.moments import days_ahead, utc_day
from tenure.kit.commands.output import CommandError, print_json, print_rows, progress, say

Json = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
Start = Annotated[str, typer.Option("--start", help="First day; default: with enough history.")]
End = Annotated[str, typer.Option("--end", help="Last day; default: when churn is decided.")]
Author = Annotated[str, typer.Option(help="Who; default: your login name.")]


def register(app: typer.Typer) -> None:
    """Add ``model`` and its subcommands."""
    group = typer.Typer(
        help="Try a changed health model on history; have a better one proposed.",
        no_args_is_help=True,
    )
    group.callback()(_start)
    for command in (replay, propose, trials, text, adopt, train, card, chances, promote, demote):
        group.command(command.__name__)(command)
    app.add_typer(group, name="model")


def _start() -> None:
    from tenure.kit.commands import boot

    boot.setup()


def _author(given: str) -> str:
    return given or operator.name()


def replay(
    file: Annotated[Path, typer.Argument(help="The changed model, a TOML file.")],
    name: Annotated[
        str, typer.Option("--model", help="The model it changes; default: as the file is named.")
    ] = "",
    start: Annotated[str, typer.Option("--start", help="First day.")] = "",
    end: Annotated[str, typer.Option("--end", help="Last day.")] = "",
    by: Author = "",
    as_json: Json = False,
) -> None:
    """Score past days with the model in force and with yours, and tell what differs."""
    from datetime import UTC, datetime

    from tenure.health import trials as trying

    if not file.is_file():
        raise CommandError(f"there is no file {file}", "give a TOML file with the whole model")
    with progress("Scoring past days twice") as report:
        trial = trying.replay_model(
            name or file.stem,
            file.read_text("utf-8"),
            now=datetime.now(UTC),
            by=_author(by),
            start=utc_day(start, "--start"),
            end=utc_day(end, "--end"),
            progress=report,
        )
    _as_json(trial, as_json)


def propose(
    name: Annotated[str, typer.Option("--model", help="Model to better; default: by policy.")] = "",
    start: Start = "",
    end: End = "",
    by: Author = "",
    as_json: Json = False,
) -> None:
    """Look for signals that would have told, and for weights that tell better on later dates."""
    from datetime import UTC, datetime

    from tenure.health import policy, proposals

    with progress("Looking at past days") as report:
        trial = proposals.propose(
            name or policy.settings().default_model,
            now=datetime.now(UTC),
            by=_author(by),
            start=utc_day(start, "--start"),
            end=utc_day(end, "--end"),
            progress=report,
        )
    _as_json(trial, as_json)


def trials(as_json: Json = False) -> None:
    """List what was tried, latest first."""
    from tenure.health import trials as kept

    rows = [
        {
            "id": t.pk,
            "model": t.name,
            "kind": t.kind,
            "state": t.state,
            "verdict": t.verdict,
            "created_at": t.created_at,
            "created_by": t.created_by,
            "adopted": t.adopted_version,
        }
        for t in kept.trials()
    ]
    headings = {
        "id": "No.",
        "model": "Model",
        "kind": "Kind",
        "state": "State",
        "verdict": "Verdict",
        "created_at": "Made",
        "created_by": "By",
        "adopted": "Adopted as",
    }
    print_rows(rows, headings, as_json=as_json)


def text(number: Annotated[int, typer.Argument(help="Number of the trial.")]) -> None:
    """Print the text of a tried model."""
    typer.echo(_trial(number).body, nl=False)


def adopt(
    number: Annotated[int, typer.Argument(help="Number of the trial.")],
    note: Annotated[str, typer.Option(help="Why; kept with the version.")] = "",
    by: Author = "",
) -> None:
    """Put the text of a trial in force, as a new version (back: tenure policy rollback)."""
    from datetime import UTC, datetime

    from tenure.health import trials as kept

    trial = _trial(number)
    version = kept.adopt(trial, _author(by), note, now=datetime.now(UTC))
    say(
        "Version {v} of {n} is in force. To go back: tenure policy rollback {n} --to {old}",
        v=version,
        n=f"health/models/{trial.name}",
        old=trial.based_on,
    )


def train(
    start: Start = "",
    end: End = "",
    horizons: Annotated[
        str, typer.Option("--horizons", help="Days ahead, as 14,30; default: by policy.")
    ] = "",
    by: Author = "",
    as_json: Json = False,
) -> None:
    """Learn churn from the history, and hold it against the rules on dates it has not seen."""
    from datetime import UTC, datetime

    from tenure.health.learned import models_kept, predicting, watching

    now = datetime.now(UTC)
    with progress("Learning") as report:
        row = models_kept.train(
            now=now,
            by=_author(by),
            progress=report,
            start=utc_day(start, "--start"),
            end=utc_day(end, "--end"),
            horizons=days_ahead(horizons, "--horizons"),
        )
    watching.watch(row, now=now)
    if models_kept.in_use() == row:
        predicting.now_for_all(now=now)
    learned_words.tell(row, as_json)


def card(
    number: Annotated[int, typer.Argument(help="Version; default: the one in use.")] = 0,
    as_json: Json = False,
) -> None:
    """Tell everything about a learned model: ground, results, limits, drift."""
    learned_words.tell(_version(number), as_json)


def chances(
    out: Annotated[Path, typer.Argument(help="CSV file to write.")],
    number: Annotated[int, typer.Option("--version", help="Version; default: in use.")] = 0,
    start: Start = "",
    end: End = "",
) -> None:
    """Write what a learned model says of each customer on each past date, as known then."""
    from datetime import UTC, datetime

    from tenure.health.learned import past_chances

    with progress("Looking at past days") as report:
        rows, taught = past_chances.write(
            _version(number),
            out,
            utc_day(start, "--start"),
            utc_day(end, "--end"),
            now=datetime.now(UTC),
            progress=report,
        )
    say("{n} rows in {file}; {t} of dates that taught the model.", n=rows, file=out, t=taught)


def promote(number: Annotated[int, typer.Argument(help="Version.")], by: Author = "") -> None:
    """Make a learned model the champion: its chances are the ones that are shown."""
    from datetime import UTC, datetime

    from tenure.health.learned import models_kept, predicting

    now = datetime.now(UTC)
    models_kept.promote(_version(number), _author(by), now=now)
    predicting.now_for_all(now=now)
    say("Version {n} is the champion. Back to the rules: tenure model demote {n}", n=number)


def demote(number: Annotated[int, typer.Argument(help="Version.")], by: Author = "") -> None:
    """Make the champion a challenger again: back to the rules."""
    from datetime import UTC, datetime

    from tenure.health.learned import models_kept

    models_kept.demote(_version(number), _author(by), now=datetime.now(UTC))
    say("The rules decide again.")


def _version(number: int) -> Any:
    from tenure.health.learned import models_kept
    from tenure.health.models import LearnedModel

    found = LearnedModel.objects.filter(version=number).first() if number else models_kept.in_use()
    if found is None:
        what = f"no learned model {number}" if number else "no learned model"
        raise CommandError(f"there is {what}", "run: tenure model train")
    return found


def _trial(number: int) -> Any:
    from tenure.health.models import Trial

    found = Trial.objects.filter(pk=number).first()
    if found is None:
        raise CommandError(f"there is no trial {number}", "see: tenure model trials")
    return found


def _as_json(trial: Any, as_json: bool) -> None:
    if as_json:
        print_json({"id": trial.pk, "model": trial.name, "text": trial.body, **trial.result})
        return
    if trial.kind == "proposal":
        _proposal(trial.result)
    _replay(trial.result["replay"])
    say("[dim]Kept as trial {n}; to adopt it: tenure model adopt {n}[/]", n=trial.pk)


def _proposal(result: dict[str, Any]) -> None:
    learned = result["learned"]
    say(
        "Learned on {d} dates, {first} to {last} ({n} churned accounts); tested on later ones.",
        d=learned["dates"],
        first=learned["first"],
        last=learned["last"],
        n=learned["churned_accounts"],
    )
    if learned["days"] != learned["wanted_days"]:
        say(
            "[bold yellow]For churn within {d} days:[/] the history is too short for {w}.",
            d=learned["days"],
            w=learned["wanted_days"],
        )
    rows = [
        {
            "title": w["title"] or w["signal"],
            "weight": f"{w['weight']} %",
            "new": "new" if w["added"] else "",
            "effect": interval(w["effect"], sign=True),
        }
        for w in result["weights"]
    ]
    print_rows(
        rows,
        {
            "title": "Signal",
            "weight": "Weight",
            "new": "",
            "effect": "Adds to the AUC, later dates (95 %)",
        },
    )
    for gone in result.get("dropped", []):
        say(
            "[dim]Dropped: {name} ({n} %) did harm on the later dates ({effect}).[/]",
            name=gone["title"] or gone["signal"],
            n=gone["weight"],
            effect=interval(gone["effect"], sign=True),
        )
    if told_once := result.get("told_once"):
        say("Not looked at, as history was told them once: {names}.", names=", ".join(told_once))
    if result["usage_alone"]:
        say(
            "[bold yellow]Use alone is not value:[/] {n} % of the weight is on product use.",
            n=round(100 * result["usage_share"]),
        )
    outside = [m for m in result["missed"] if not m["in_model"]][:8]
    if outside:
        say("[bold]Signals that told among accounts that looked well, and are not in the model[/]")
        print_rows(
            [{"title": m["title"], "auc": interval(m["well"])} for m in outside],
            {"title": "Signal", "auc": "AUC alone (95 %)"},
        )


def _replay(told: dict[str, Any]) -> None:
    verdict = told["verdict"]
    say(f"[{STYLES.get(verdict['code'], 'bold yellow')}]{verdict['headline']}[/]")
    say("{words}", words=verdict["text"])
    say(
        "[dim]{start} to {end}: {n} accounts on {d} dates, {c} churned. On the last date {m}"
        " accounts stand in another band.[/]",
        start=told["period"]["start"],
        end=told["period"]["end"],
        n=told["accounts"],
        d=told["dates"],
        c=told["churned"],
        m=told["moved"],
    )
    rows = [
        {
            "days": h["days"],
            "old": interval(h["old"]),
            "new": interval(h["new"]),
            "difference": interval(h["difference"], sign=True),
            "caught": f"{h['caught_by_both'] + h['caught_only_before']} → "
            f"{h['caught_by_both'] + h['caught_only_after']} of {h['scored_before']}",
        }
        for h in told["horizons"]
    ]
    print_rows(
        rows,
        {
            "days": "Days ahead",
            "old": "AUC in force",
            "new": "AUC changed",
            "difference": "Difference",
            "caught": "Churned, flagged before",
        },
    )
    old, new = told["alarms"]["old"], told["alarms"]["new"]
    each = ""
    if new["people"]:
        before, after = (dash(one["false_per_week_and_person"]) for one in (old, new))
        each = f" ({before} and {after} for each of those who look after accounts)"
    say(
        "False alarms a week: {a} in force, {b} changed{each}.",
        a=dash(old["false_per_week"]),
        b=dash(new["false_per_week"]),
        each=each,
    )

"""``tenure experiment``: size an experiment before it starts, and judge it from a file after.

These need no workspace: an analyst can use them on any table with one row for each account.
Experiments kept in the workspace are in ``experiment_kept``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.kit.commands.output import CommandError, out, print_json, print_rows, say
from tenure.learning.experiments.cli import kept as experiment_kept

if TYPE_CHECKING:
    from tenure.analytics.experiments.policy import ExperimentPolicy

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="TOML with thresholds and texts; default: packaged.")
]


def register(app: typer.Typer) -> None:
    """Add ``experiment`` and its subcommands to the command line."""
    group = typer.Typer(help="Size experiments, judge them, keep them.", no_args_is_help=True)
    for command in (power, analyse):
        group.command(command.__name__)(command)
    experiment_kept.register(group)
    app.add_typer(group, name="experiment")


def power(
    baseline: Annotated[
        float, typer.Option(help="The metric in control: a share (0.8), or a mean with --sd.")
    ],
    sd: Annotated[
        float | None, typer.Option("--sd", help="How the metric varies, where it is a mean.")
    ] = None,
    effect: Annotated[
        float | None, typer.Option(help="Change to be found, in the metric's unit (0.02).")
    ] = None,
    units: Annotated[
        int | None, typer.Option(help="Units in both arms: tells the smallest effect seen.")
    ] = None,
    held_out: Annotated[float, typer.Option(help="Control's share of the units.")] = 0.5,
    watched: Annotated[bool, typer.Option("--watched", help="Looked at while it runs.")] = False,
    per_day: Annotated[float | None, typer.Option(help="Units that arrive each day.")] = None,
    settle_days: Annotated[int, typer.Option(help="Days until an outcome is known.")] = 0,
    policy: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """How many units and days an effect needs, or which effect the units there are can show."""
    from tenure.analytics.experiments.plan import Expected, plan

    rules = _policy(policy)
    try:
        told = plan(
            Expected(baseline, sd),
            rules,
            effect=effect,
            units=units,
            held_out=held_out,
            watched=watched,
            per_day=per_day,
            settle_days=settle_days,
        )
    except ValueError as error:
        raise CommandError(str(error), "see: tenure experiment power --help") from None
    if as_json:
        print_json(vars(told) | {"total": told.total})
        return
    row = vars(told) | {
        "total": told.total,
        "effect": "none" if told.effect is None else f"{told.effect:.4g}",
    }
    columns = {
        "effect": "Effect found",
        "control": "Control",
        "treated": "Treated",
        "total": "Total",
        "days": "Days",
    }
    print_rows([row], {k: v for k, v in columns.items() if k != "days" or per_day})
    say(
        "Found with {power:.0f} % power at {alpha:.3g} % false alarms{looks}.".format(
            power=100 * told.power,
            alpha=100 * told.alpha,
            looks=", looked at whenever you like" if watched else ", looked at once, at the end",
        )
    )
    if told.too_long:
        say(
            f"[yellow]Longer than the {rules.max_days} days of policy:[/] seek a larger effect, "
            "hold out nearer to half, or adjust for a covariate."
        )


def analyse(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, one row for each unit.")],
    arm: Annotated[str, typer.Option(help="Column that names the arm.")],
    metric: Annotated[str, typer.Option(help="Column with the outcome (0 and 1, or numbers).")],
    control: Annotated[
        str | None, typer.Option(help="The arm to compare with; default: one with a usual name.")
    ] = None,
    covariate: Annotated[
        str | None, typer.Option(help="Column known before the start, to take noise away.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Column of the unit's id, checked for doubles.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Planned shares: control=1,offer=9; default: even.")
    ] = "",
    guardrail: Annotated[
        list[str] | None,
        typer.Option(help="Column that must not get worse; COL:lower if lower is better."),
    ] = None,
    lower_is_better: Annotated[bool, typer.Option("--lower-is-better")] = False,
    watched: Annotated[
        int | None,
        typer.Option(help="Units planned in two arms, if looked at before the end.", min=1),
    ] = None,
    smallest_effect: Annotated[
        float | None, typer.Option(help="Smallest change worth having, in the metric's unit.")
    ] = None,
    currency: Annotated[str, typer.Option(help="Tell what was saved, in this currency.")] = "",
    worth_minor: Annotated[
        float, typer.Option(help="Minor units that one unit of the metric is worth.")
    ] = 1.0,
    policy: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Say of every arm whether it works, does nothing, harms, or cannot be told yet."""
    from dataclasses import asdict

    from tenure.analytics.experiments.analyse import analyse_experiment
    from tenure.analytics.experiments.savings import Worth

    told = analyse_experiment(
        _table(file),
        arm=arm,
        metric=metric,
        control=control,
        covariate=covariate,
        unit=unit,
        weights=_split(split),
        guardrails=_guardrails(guardrail or []),
        higher_is_better=not lower_is_better,
        watched=watched,
        smallest_effect=smallest_effect,
        worth=Worth(currency, worth_minor) if currency else None,
        policy=_policy(policy),
    )
    if as_json:
        print_json(asdict(told))
        return
    for found in told.results:
        _show(found)
    if told.variance_reduction is not None:
        less = f"{100 * told.variance_reduction:.1f}"
        say("{name} took away {less} % of the variance.", name=covariate, less=less)
    if told.without_value:
        count = f"{told.without_value:,}"
        say("{count} rows without a value of {name} were left out.", count=count, name=metric)


def _show(found: Any) -> None:
    from tenure.metrics.revenue.cli.metrics import money

    say("[bold]{treated}: {headline}[/]", treated=found.treated, headline=found.headline)
    say("{words}", words=found.text)
    rows = [
        {"arm": name, "units": n, "mean": f"{mean:.5g}"}
        for name, n, mean in (
            (found.control, found.n_control, found.control_mean),
            (found.treated, found.n_treated, found.treated_mean),
        )
    ]
    print_rows(rows, {"arm": "Arm", "units": "Units", "mean": found.metric})
    if found.relative:
        r = found.relative
        say(f"Relative: {100 * r.value:+.1f} % ({100 * r.low:+.1f} to {100 * r.high:+.1f})")
    if found.saved:
        s = found.saved
        low, value, high = (
            money(m, s.currency) for m in (s.low_minor, s.value_minor, s.high_minor)
        )
        say(f"Saved: {value} {s.currency} ({low} to {high})")
    for guard in found.guardrails:
        say("Guardrail {name}: {verdict}", name=guard.name, verdict=guard.verdict)
    say(f"Split: p = {found.sample_ratio.p:.3g}")
    out.print()


def _policy(file: Path | None) -> ExperimentPolicy:
    from tenure.analytics.experiments.policy import default_experiments, parse_experiments

    return parse_experiments(str(file), file.read_text("utf-8")) if file else default_experiments()


def _table(file: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv, parquet

    remedy = "give a CSV file with a header line, or a Parquet file"
    try:
        with file.open("rb") as opened:
            if opened.read(4) == b"PAR1":
                return parquet.read_table(file)
        return csv.read_csv(file)
    except pa.ArrowException as error:
        raise CommandError(f"{file} cannot be read: {error}", remedy) from None


def _split(text: str) -> dict[str, float] | None:
    if not text:
        return None
    try:
        told = {k.strip(): float(v) for k, v in (part.rsplit("=", 1) for part in text.split(","))}
    except ValueError:
        raise CommandError(f"--split {text!r} is no split", "write control=1,offer=9") from None
    if any(share <= 0 for share in told.values()):
        raise CommandError("a share of --split is not above 0", "leave out arms that nobody is in")
    return told


def _guardrails(given: list[str]) -> dict[str, bool]:
    return {name.removesuffix(":lower"): not name.endswith(":lower") for name in given}

"""A learned model in words: what the commands print of it."""

from __future__ import annotations

from typing import Any

from tenure.kit.commands.output import print_json, print_rows, say

_LOUD = "bold white on red"
STYLES = {
    "better": "bold green",
    "worse": _LOUD,
    "does_not_predict": _LOUD,
    "inverted": _LOUD,
}
_LEFT = {"nobody": "None of", "everybody": "All"}


def tell(row: Any, as_json: bool) -> None:
    """Everything about a learned model, in words and tables."""
    from tenure.health.learned.card import card as told

    found = told(row)
    if as_json:
        print_json(found)
        return
    verdict = found["verdict"]
    say(f"[{STYLES.get(verdict['code'], 'bold yellow')}]{verdict['headline']}[/]")
    say("{words}", words=verdict["text"])
    say(
        "[dim]Version {v}, {state}: {n} observations of {a} accounts on {d} dates, {first} to"
        " {last}, {c} churned; {f} signals.[/]",
        v=found["version"],
        state=found["state"],
        n=found["observations"],
        a=found["accounts"],
        d=found["dates"],
        first=found["first"],
        last=found["last"],
        c=found["churned"],
        f=found["features"],
    )
    rows = [
        {
            "days": h["days"],
            "rules": interval(h["rules"]["auc"]),
            "learned": interval(h["learned"]["auc"]),
            "difference": interval(h["difference"], sign=True),
            "pr": _both(h, "pr_auc", 3),
            "lift": _both(h, "lift_top", 1),
            "error": dash(h["calibration_error"]),
        }
        for h in found["horizons"]
    ]
    print_rows(
        rows,
        {
            "days": "Days ahead",
            "rules": "AUC, rules",
            "learned": "AUC, learned",
            "difference": "Difference",
            "pr": "PR AUC",
            "lift": "Lift, top tenth",
            "error": "Calibration error",
        },
    )
    days = verdict["days"]
    main = next(h for h in found["horizons"] if h["days"] == days)
    if in_time := main.get("in_time"):  # models learned before it was told have none
        say(
            "In time to act (without those who left within {lead} days), {days} days ahead: rules"
            " {rules}, learned {learned}, difference {difference}.",
            lead=found["policy"]["lead_days"],
            days=days,
            rules=interval(in_time["rules"]),
            learned=interval(in_time["learned"]),
            difference=interval(in_time["difference"], sign=True),
        )
    _evidence(main)
    for name in found["left_out"]["told_once"]:
        say(
            "[bold yellow]Set apart:[/] {name}: history was told it once, so what it says of a past"
            " date may have come after it. Import its versions, or trust it (policy prediction,"
            " told_once).",
            name=name,
        )
    _suspects(found["suspects"])
    for leak in found["left_out"]["leaks"]:
        say(
            "[bold red]Left out:[/] {name} alone tells almost everything (AUC {auc}): it knows what"
            " it should not, or states what is known already.",
            name=leak["title"],
            auc=leak["auc"],
        )
    print_rows(
        [
            {"title": i["title"], "share": f"{100 * i['share']:.0f} %"}
            for i in found["importance"][:10]
        ],
        {"title": "Looks most at", "share": "Share"},
    )


def _evidence(main: dict[str, Any]) -> None:
    """What it was held against besides the rules."""
    days = main["days"]
    if main["way_words"]:
        say("Chosen on earlier dates: {way}.", way=main["way_words"])
    print_rows(
        [
            {
                "alone": o["title"],
                "auc": interval(o["auc"]) if o["known"] else "not known here",
                "difference": interval(o["difference"], sign=True),
            }
            for o in main["opponents"]
        ],
        {"alone": "One signal alone", "auc": "Its AUC", "difference": "Learned is above it by"},
    )
    if alike := main["contract"]["alike"]:
        say(
            "Among accounts of one plan whose term ends about as soon, {days} days ahead: rules"
            " {rules}, learned {learned}.",
            days=days,
            rules=interval(alike["rules"]),
            learned=interval(alike["learned"]),
        )
    if ends := main["contract"]["can_end"]:
        say(
            "Among those whose term can end within {days} days ({churned} churned accounts): rules"
            " {rules}, learned {learned}.",
            days=days,
            churned=ends["churned_accounts"],
            rules=interval(ends["rules"]),
            learned=interval(ends["learned"]),
        )


def _suspects(told: dict[str, Any]) -> None:
    """What looks as if it was made from what came after."""
    for value in told["values"]:
        say(
            "[bold yellow]Suspicious:[/] {left} {n} accounts with {name} = {value} left, where"
            " {expected} would be expected to {do}: was it made from what came after?",
            left=_LEFT[value["left"]],
            n=value["accounts"],
            name=value["title"],
            value=value["value"],
            expected=value["expected"],
            do="leave" if value["left"] == "nobody" else "stay",
        )
    if heavy := told["heavy"]:
        say(
            "[bold yellow]Leans on one signal:[/] {name} makes {share} of what it learned. With it"
            " AUC {whole}, without it {less}. See that it was not made from what came after.",
            name=heavy["title"],
            share=f"{100 * heavy['share']:.0f} %",
            whole=interval(heavy["with"]),
            less=interval(heavy["without"]),
        )


def _both(told: dict[str, Any], name: str, digits: int) -> str:
    values = [told[side][name]["value"] for side in ("rules", "learned")]
    return " → ".join("-" if v is None else f"{v:.{digits}f}" for v in values)


def dash(value: float | None) -> str:
    """A number, or a dash where there is none."""
    return "-" if value is None else f"{value:g}"


def interval(part: dict[str, Any], sign: bool = False) -> str:
    """A value with its interval."""
    if part["value"] is None:
        return "-"
    form = "+.3f" if sign else ".3f"
    if part["low"] is None:
        return format(part["value"], form)
    return f"{part['value']:{form}} ({part['low']:{form}} to {part['high']:{form}})"

"""Between the editor's form and a play's TOML. Pure.

The form follows the language itself: what a trigger or step asks for is read off its model, so a
new kind of step appears in the editor by itself.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tenure.analytics.errors import SpecError
from tenure.analytics.segments import Rule, parse_rule
from tenure.health.segments.pages import builder
from tenure.health.segments.pages.builder import Row
from tenure.plays import spec
from tenure.plays.pages.writing import item

Raw = dict[str, Any]
LONG = ("text", "words", "body", "items")
LABELS = {
    "for_days": "For how many days",
    "until_days": "And not longer than, days",
    "where": "With these properties",
    "after": "After this event",
    "without": "Without this event",
    "did": "Has this event happened",
    "then": "If so, go to step",
    "otherwise": "If not, go to step",
    "arms": "Shares by step",
    "text": "Text",
    "words": "Suggested words",
    "due_hours": "Due in hours",
    "role": "For somebody with the role",
    "days": "Days",
    "hours": "Hours",
    "field": "Field",
    "slot": "Shown as",
    "link_text": "What the link says",
    "ttl_minutes": "Of use for, minutes",
}
LISTS = {
    "purpose": "purposes",
    "endpoint": "endpoints",
    "role": "roles",
    "then": "step-names",
    "otherwise": "step-names",
}
"""Fields whose values can be chosen from a list of the page."""
HINTS = {
    "where": "Such as plan = pro, seats = 10",
    "arms": "Such as mail-a = 1, mail-b = 1",
    "link": "An address with https://, or a path of the product such as /reports",
    "items": "For a checklist: one a line, such as Invite a colleague | /team",
    "ttl_minutes": "For how long it is of use; 0: as policy says",
    "role": "Left empty, the account’s owner gets it.",
    "then": "The name of a later step, or end.",
    "otherwise": "The name of a later step, or end.",
    "purpose": "Left empty, it is the purpose of the play.",
}


class Posted:
    """A posted form: the values of each name."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.lists = lists

    def get(self, name: str, default: str = "") -> str:
        """The last value of a name."""
        return str(self.lists[name][-1]) if self.lists.get(name) else default

    def getlist(self, name: str) -> Sequence[str]:
        """All values of a name."""
        return self.lists.get(name, ())


@dataclass(frozen=True)
class RuleForm:
    """A rule as rows of the form, or as TOML where rows cannot show it."""

    together: str = "all"
    rows: Sequence[Row] = ()
    text: str = ""


@dataclass(frozen=True)
class Input:
    """A field of a trigger or step; ``kind``: text, area, number, check, choice, map, rule,
    or keep (what only the text of the play can change, handed through as JSON)."""

    name: str
    label: str
    kind: str
    value: str = ""
    options: Sequence[str] = ()
    hint: str = ""
    required: bool = False
    choices: str = ""
    rule: RuleForm = field(default_factory=RuleForm)


def _kinds(union: Any) -> dict[str, type[BaseModel]]:
    models = get_args(get_args(union)[0])
    return {k: m for m in models for k in get_args(m.model_fields["kind"].annotation)}


TRIGGERS = _kinds(spec.Trigger)
STEPS = _kinds(spec.Step)


def inputs(model: type[BaseModel], raw: Mapping[str, Any], prefix: str) -> list[Input]:
    """The fields that ``model`` asks for, filled from ``raw``."""
    skipped = ("id", "kind")
    return [
        _input(name, info, raw.get(name), f"{prefix}{name}")
        for name, info in model.model_fields.items()
        if name not in skipped
    ]


def _input(name: str, info: FieldInfo, value: Any, full: str) -> Input:
    kind, options = _kind(name, info.annotation)
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    need, hint = info.is_required(), HINTS.get(name, "")
    if kind == "rule":
        return Input(full, label, kind, hint=hint, required=need, rule=asked(value))
    if value is None and info.default not in (None, "", 0) and isinstance(info.default, str | int):
        value = info.default
    return Input(full, label, kind, _shown(kind, value), options, hint, need, LISTS.get(name, ""))


def _kind(name: str, annotation: Any) -> tuple[str, Sequence[str]]:
    if annotation is Rule or Rule in get_args(annotation):
        return "rule", ()
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    if get_origin(annotation) is dict:
        inner = get_args(annotation)[1]
        nested = isinstance(inner, type) and issubclass(inner, BaseModel)
        return ("keep" if nested else "map"), ()
    if annotation is bool:
        return "check", ()
    if annotation in (int, float):
        return "number", ()
    return ("area" if name in LONG else "text"), ()


def _shown(kind: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if kind == "keep":
        return json.dumps(value)
    if kind == "map" and isinstance(value, Mapping):
        return ", ".join(f"{k} = {builder_text(v)}" for k, v in value.items())
    return builder_text(value)


def builder_text(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def asked(raw: Any) -> RuleForm:
    """A rule's rows, from its TOML as data (or from the text of one that was mistyped)."""
    if not raw:
        return RuleForm()
    if isinstance(raw, str):
        return RuleForm(text=raw)
    text = tomlkit.dumps({k: item(v) for k, v in raw.items()})
    try:
        shown = builder.from_rule(parse_rule("rule", text))
    except SpecError:
        return RuleForm(text=text)
    return RuleForm(shown[0], tuple(shown[1])) if shown else RuleForm(text=text)


def posted(lists: Mapping[str, Sequence[str]]) -> Raw:
    """The play in a posted form, as data of its TOML; what cannot be read stays as it was typed."""
    post = Posted(lists)
    raw: Raw = {key: post.get(key).strip() for key in ("title", "about", "source", "purpose")}
    raw["needs"] = _lines(post.get("needs", ""))
    raw["unit"] = post.get("unit", "account")
    raw["whom"] = post.get("whom")
    raw["to"] = _commas(post.get("to", ""))
    raw["promise"] = True if post.get("promise", "") else None
    raw["holdout"] = _number(post.get("holdout", ""))
    raw["exit"] = _rule(post, "exit-")
    kind = post.get("trigger-kind", "when")
    raw["trigger"] = {"kind": kind, **_fields(post, TRIGGERS.get(kind), "trigger-")}
    raw["audience"] = _rule(post, "audience-")
    again, days = post.get("entry-again", "once"), post.get("entry-days", "")
    raw["entry"] = {"again": again, "days": _number(days) if again == "after" else None}
    raw["caps"] = [_cap(line) for line in _lines(post.get("caps", ""))]
    raw["goal"] = _goal(post)
    raw["steps"] = [_step(post, key) for key in post.getlist("step")]
    return raw


def _goal(post: Posted) -> Raw:
    goal: Raw = {
        "title": post.get("goal-title", "").strip(),
        "event": post.get("goal-event", "").strip(),
        "rule": _rule(post, "goal-"),
        "days": _number(post.get("goal-days", "")),
        "at": post.get("goal-at", "any"),
    }
    return goal


def _step(post: Posted, key: str) -> Raw:
    kind = post.get(f"{key}-kind", "")
    name = post.get(f"{key}-id", "").strip()
    return {"id": name, "kind": kind, **_fields(post, STEPS.get(kind), f"{key}-")}


def _fields(post: Posted, model: type[BaseModel] | None, prefix: str) -> Raw:
    found: Raw = {}
    for name, info in model.model_fields.items() if model else ():
        if name in ("id", "kind"):
            continue
        kind, _ = _kind(name, info.annotation)
        full = f"{prefix}{name}"
        if kind == "rule":
            found[name] = _rule(post, f"{full}-")
            continue
        given = post.get(full).replace("\r\n", "\n")
        if kind == "check":
            found[name] = True if given else None
        elif kind == "number":
            found[name] = _number(given)
        elif kind == "keep":
            found[name] = _kept(given)
        elif kind == "map":
            found[name] = _map(given)
        else:
            found[name] = f"{given.strip()}\n" if "\n" in given.strip() else given.strip()
    return found


def _kept(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _rule(post: Posted, prefix: str) -> Any:
    """The rule of some rows as data; text that is no TOML stays text, and is refused later."""
    text = post.get(f"{prefix}text").replace("\r\n", "\n").strip()
    names = ("field", "op", "value")
    listed = zip(*(post.getlist(prefix + n) for n in names), strict=False)
    rows = [Row(*line) for line in listed if line[0]]
    if not text and not rows:
        return None
    if not text:
        together = post.get(f"{prefix}together", "all")
        rule = tomllib.loads(builder.to_toml(rows, together))
        return rule[together][0] if len(rows) == 1 else rule
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return text


def _number(text: str) -> Any:
    """A number where it is one; what else was typed stays, so that the error can show it."""
    text = text.strip()
    if not text:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _map(text: str) -> Raw:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {k.strip(): _plain(v) for k, _, v in pairs}


def _plain(text: str) -> Any:
    found = _number(text)
    return {"true": True, "false": False}.get(str(found), "" if found is None else found)


def _cap(line: str) -> Any:
    """A line such as ``mail 2 month``; anything else stays as it is, and is refused."""
    parts = line.split()
    if len(parts) != 3:
        return line
    return {"channel": parts[0], "most": _number(parts[1]), "per": parts[2]}


def cap_line(raw: Any) -> str:
    """A cap as the form shows it."""
    if not isinstance(raw, Mapping):
        return str(raw)
    return " ".join(str(raw.get(k, "")) for k in ("channel", "most", "per"))


def _lines(text: str) -> list[str]:
    return [part.strip() for part in text.splitlines() if part.strip()]


def _commas(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def changed(raw: Raw, do: str) -> Raw:
    """The form after one of its buttons: ``add:mail``, ``up:2``, ``down:2``, ``remove:2``."""
    what, _, which = do.partition(":")
    steps = list(raw.get("steps", []))
    if what == "add" and which in STEPS:
        steps.append({"id": _free(which, steps), "kind": which})
    elif which.isdigit() and int(which) < len(steps):
        index = int(which)
        step = steps.pop(index)
        if what == "up":
            steps.insert(max(index - 1, 0), step)
        elif what == "down":
            steps.insert(index + 1, step)
        elif what != "remove":
            steps.insert(index, step)
    return {**raw, "steps": steps}


def _free(kind: str, steps: Sequence[Mapping[str, Any]]) -> str:
    taken = {step.get("id") for step in steps}
    return next(name for name in _names(kind) if name not in taken)


def _names(kind: str) -> Iterator[str]:
    base = kind.replace("_", "-")
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1

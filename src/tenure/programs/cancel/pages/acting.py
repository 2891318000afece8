"""What a customer does on the hosted page or through the script, as an answer of the course."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from tenure.programs.cancel import fulfilment, visits, workflow
from tenure.programs.cancel.models import Visit

Given = Mapping[str, str]
ANSWERS: dict[str, Callable[[Given], workflow.Answer]] = {
    "told": lambda given: workflow.ReasonGiven(given.get("reason", "")),
    "skip": lambda _: workflow.ReasonGiven(""),
    "yes": lambda given: workflow.Yes(given.get("offer", "")),
    "no": lambda _: workflow.No(),
    "cancel": lambda _: workflow.Cancel(),
    "keep": lambda _: workflow.Keep(),
}
ACTS = (*ANSWERS, "feedback", "again")


def clean(text: str) -> str:
    """``text`` without what a database cannot keep (NUL, halves of surrogate pairs)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def act(visit: Visit, given: Given, now: datetime) -> Visit:
    """Do what was clicked; gives the visit to show next. An unknown act changes nothing."""
    what = given.get("act", "")
    if what == "again":
        return visits.again(visit, now)
    if what == "feedback":
        return visits.feedback(
            visit.code, given.get("improve", ""), given.get("would_return", ""), now=now
        )
    make = ANSWERS.get(what)
    if make is None:
        return visit
    months = given.get("months", "")
    after = visits.answer(
        visit.code,
        make(given),
        now=now,
        more=given.get("more", ""),
        months=int(months) if months.isdecimal() and len(months) < 3 else 0,
    )
    if after.outcome:
        fulfilment.run_for(after, now)
    return after

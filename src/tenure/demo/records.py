"""What was written down day by day (billing, support, relations) as tables of facts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.tables import ARROW, TABLES
from tenure.demo.frames import DAY, MORNING, World, table
from tenure.demo.ledger import Rows


def known(data: pa.Table, column: str) -> pa.Table:
    """Without rows whose time lies at or beyond the end."""
    return data.filter(pc.is_valid(data[column]))


def ahead(world: World, days: list[int | None]) -> pa.Array:
    """Ends of terms, which are known beforehand."""
    first = world.calendar.dates[0].astype("datetime64[us]")
    day = np.array([0 if d is None else d for d in days])
    stamps = first + (day * DAY * 1_000_000).astype("timedelta64[us]")
    return pa.array(stamps, mask=np.array([d is None for d in days])).cast(ARROW["timestamp"])


def subscriptions(world: World, rows: Rows) -> pa.Table:
    """One fact a change; a second subscription of an account that came back has its own id."""
    c = rows.columns()
    day = np.array(c["day"])
    second = day * DAY + MORNING + _turn(day)
    began = np.array(c["began"]) * DAY + MORNING
    ended = [s if e is not None else None for s, e in zip(second, c["ended"], strict=True)]
    ids = [f"{a}-s{t}" for a, t in zip(world.account(c["account"]), c["term"], strict=True)]
    return table(
        "subscriptions",
        subscription_id=ids,
        account_id=world.account(c["account"]),
        updated_at=world.time(second),
        plan_id=[world.company.plan[i].plan_id for i in c["plan"]],
        status=c["status"],
        quantity=c["seats"],
        mrr_minor=c["mrr"],
        currency=[world.company.currency] * len(rows),
        started_at=world.time(began),
        renews_at=ahead(world, c["renews"]),
        ended_at=world.time(ended),
        end_reason=c["reason"],
    )


def _turn(day: np.ndarray) -> np.ndarray:
    """How manyeth row of its day each row is, so that the order of changes is kept."""
    order = np.argsort(day, kind="stable")
    ranked = day[order]
    first = np.searchsorted(ranked, ranked)
    turn = np.empty(len(day), int)
    turn[order] = np.arange(len(day)) - first
    return turn


def invoices(world: World, rows: Rows, paid: dict[int, int]) -> pa.Table:
    """One an anchor day, due in two weeks."""
    c = rows.columns()
    day = np.array(c["day"])
    settled = [paid.get(n) for n in c["number"]]
    ids = [f"{a}-s{t}" for a, t in zip(world.account(c["account"]), c["term"], strict=True)]
    return table(
        "invoices",
        invoice_id=[f"li-{n + 1:06d}" for n in c["number"]],
        account_id=world.account(c["account"]),
        subscription_id=ids,
        issued_at=world.time(day * DAY + MORNING),
        due_at=ahead(world, [int(d) + 14 for d in day]),
        paid_at=world.time([None if s is None else s * DAY + MORNING + 600 for s in settled]),
        amount_minor=c["amount"],
        currency=[world.company.currency] * len(rows),
    )


def payments(world: World, rows: Rows) -> pa.Table:
    """Every attempt to collect."""
    c = rows.columns()
    return table(
        "payments",
        payment_id=[f"py-{n + 1:06d}" for n in range(len(rows))],
        account_id=world.account(c["account"]),
        invoice_id=[f"li-{n + 1:06d}" for n in c["number"]],
        attempted_at=world.time(np.array(c["day"]) * DAY + MORNING + 600),
        status=["succeeded" if code is None else "failed" for code in c["code"]],
        decline_code=c["code"],
        amount_minor=c["amount"],
        currency=[world.company.currency] * len(rows),
    )


NETWORKS = ("visa", "visa", "visa", "mastercard", "mastercard", "amex")
LASTS = 37  # months between a card and the next


def cards(world: World, rows: Rows) -> pa.Table:
    """The card of each account (some have two), replaced when it expired. Worked out from the
    account's number: nothing is drawn."""
    c = rows.columns()
    began: dict[int, int] = {}
    for account, day in zip(c["account"], c["began"], strict=True):
        began[account] = min(day, began.get(account, day))
    found = [
        card
        for account, day in sorted(began.items())
        for number in range(2 if account % 5 == 0 else 1)
        for card in _card(world, account, number, day)
    ]
    return known(pa.Table.from_pylist(found, _CARDS), "updated_at")


_CARDS = pa.schema(
    [
        (n, ARROW[TABLES["cards"].column(n).kind])
        for n in (
            "card_id",
            "account_id",
            "updated_at",
            "status",
            "network",
            "last4",
            "exp_month",
            "exp_year",
            "is_default",
            "self_updating",
        )
    ]
)


def _card(world: World, account: int, number: int, day: int) -> Iterator[dict[str, object]]:
    month = (world.calendar.dates[0] + np.timedelta64(day, "D")).astype("datetime64[M]")
    valid = month + (10 + (account * 13 + number * 5) % LASTS)
    at, last = day, np.datetime64(world.calendar.end, "M")
    while True:
        year, name = int(str(valid)[:4]), f"lc-{account:04d}-{number + 1}"
        network = NETWORKS[(account + number) % len(NETWORKS)]
        yield {
            "card_id": name,
            "account_id": world.account([account])[0],
            "updated_at": world.time([at * DAY + MORNING])[0].as_py(),
            "status": "active",
            "network": network,
            "last4": f"{(account * 7919 + number * 31) % 10_000:04d}",
            "exp_month": int(str(valid)[5:7]),
            "exp_year": year,
            "is_default": number == 0,
            "self_updating": network == "visa" and account % 3 == 0,
        }
        if valid >= last:
            return
        at = int((valid.astype("datetime64[D]") - world.calendar.dates[0]).astype(int)) + 20
        valid = valid + LASTS


def tickets(world: World, rows: Rows) -> pa.Table:
    """Support tickets; what came after the end is not known."""
    c = rows.columns()
    told = {k: c[k] for k in ("channel", "priority", "category", "subject", "body")}
    solved = np.array(c["solved"]) < world.seconds
    replied = np.array(c["reply"]) < world.seconds
    return table(
        "tickets",
        ticket_id=[f"lt-{n + 1:05d}" for n in range(len(rows))],
        account_id=world.account(c["account"]),
        person_id=world.person(c["person"]),
        opened_at=world.time(c["opened"]),
        first_reply_at=world.time(c["reply"]),
        resolved_at=world.time(c["solved"]),
        escalated_at=world.time(c["escalated"]),
        **told,
        sentiment=[x if r else None for x, r in zip(c["sentiment"], replied, strict=True)],
        csat=[x if s else None for x, s in zip(c["csat"], solved, strict=True)],
    )


def responses(world: World, rows: Rows) -> pa.Table:
    """Answers to the NPS question."""
    c = rows.columns()
    data = table(
        "responses",
        response_id=[f"lr-{n + 1:05d}" for n in range(len(rows))],
        account_id=world.account(c["account"]),
        person_id=world.person(c["person"]),
        responded_at=world.time(c["second"]),
        survey=["nps"] * len(rows),
        score=[float(s) for s in c["score"]],
        comment=c["comment"],
    )
    return known(data, "responded_at").sort_by("responded_at")


def interactions(world: World, rows: Rows) -> pa.Table:
    """What the team did with customers."""
    c = rows.columns()
    data = table(
        "interactions",
        interaction_id=[f"lc-{n + 1:05d}" for n in range(len(rows))],
        account_id=world.account(c["account"]),
        person_id=world.person(c["person"]),
        happened_at=world.time(c["second"]),
        kind=c["kind"],
        outcome=c["outcome"],
        by=c["by"],
        minutes=c["minutes"],
    )
    return data.sort_by("happened_at")


def goals(world: World, rows: Rows) -> pa.Table:
    """One fact a review of a goal."""
    c = rows.columns()
    ids = [f"{a}-g{n + 1}" for a, n in zip(world.account(c["account"]), c["number"], strict=True)]
    data = table(
        "goals",
        goal_id=ids,
        account_id=world.account(c["account"]),
        updated_at=world.time(c["second"]),
        title=c["title"],
        target=[1.0] * len(rows),
        value=c["progress"],
        progress=c["progress"],
        roi_minor=c["roi"],
        currency=[world.company.currency] * len(rows),
        due_at=ahead(world, [s // DAY for s in c["due"]]),
        achieved_at=world.time(c["achieved"]),
    )
    return data.sort_by("updated_at")

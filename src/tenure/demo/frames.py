"""The simulation's arrays as tables of facts, ready to import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.tables import ARROW, TABLES
from tenure.demo.calendar import Calendar
from tenure.demo.company import Company
from tenure.demo.life import History
from tenure.demo.people import ROLES, People
from tenure.demo.population import Population
from tenure.demo.usage import Events

DAY = 86_400
MORNING = 6 * 3600


@dataclass(frozen=True)
class World:
    """Everything the tables refer to."""

    company: Company
    words: dict[str, dict[str, list[str]]]
    calendar: Calendar
    accounts: Population
    history: History
    people: People

    @property
    def seconds(self) -> int:
        """Length of the simulated time; nothing at or after it is known."""
        return self.calendar.days * DAY

    def time(self, seconds: Iterable[float | None]) -> pa.Array:
        """Seconds from day 0 as timestamps; NULL where None, NaN or not yet."""
        value = np.array([np.nan if s is None else s for s in seconds], np.float64)
        known = value < self.seconds
        first = self.calendar.dates[0].astype("datetime64[us]")
        micros = np.where(known, value, 0) * 1_000_000
        stamps = first + micros.astype("timedelta64[us]")
        return pa.array(stamps, mask=~known).cast(ARROW["timestamp"])

    def account(self, index: object) -> np.ndarray:
        """Account ids by index."""
        return self.accounts.ids()[np.asarray(index, int)]

    def person(self, index: object) -> np.ndarray:
        """Person ids by index."""
        return self.people.ids()[np.asarray(index, int)]


def table(kind: str, /, **columns: object) -> pa.Table:
    """A table with the types its lake table declares."""
    declared = TABLES[kind]
    arrays = {}
    for key, values in columns.items():
        dtype = ARROW[declared.column(key).kind]
        arrays[key] = values if isinstance(values, pa.Array) else pa.array(_plain(values), dtype)
    return pa.table(arrays)


def _plain(values: object) -> object:
    return values.tolist() if isinstance(values, np.ndarray) else values


def features(world: World) -> pa.Table:
    """The feature catalogue."""
    catalogue = world.company.feature
    return table(
        "features",
        feature_id=[f.feature_id for f in catalogue],
        updated_at=world.time(np.zeros(len(catalogue))),
        name=[f.name for f in catalogue],
        event=[f.event for f in catalogue],
        core=[f.core for f in catalogue],
        high_value=[f.high_value for f in catalogue],
    )


def plans(world: World) -> pa.Table:
    """The price list; use is limited by tasks completed a month."""
    ladder = world.company.plan
    start = int(min(0, world.accounts.started.min())) * DAY
    return table(
        "plans",
        plan_id=[p.plan_id for p in ladder],
        updated_at=world.time(np.full(len(ladder), start)),
        name=[p.name for p in ladder],
        level=[p.level for p in ladder],
        seat_limit=[p.seat_limit for p in ladder],
        usage_limit=[p.usage_limit for p in ladder],
        usage_event=["Task Completed" if p.usage_limit else None for p in ladder],
        price_minor=[p.price for p in ladder],
        currency=[world.company.currency] * len(ladder),
        interval=["month"] * len(ladder),
    )


def accounts(world: World) -> pa.Table:
    """One fact an account: as it was when it came."""
    a, countries = world.accounts, world.words["countries"]
    created = world.time(a.started * DAY + MORNING - 3600)
    return table(
        "accounts",
        account_id=a.ids(),
        updated_at=created,
        name=a.name,
        domain=a.domain,
        created_at=created,
        industry=a.industry,
        country=[countries["code"][c] for c in a.country],
        employees=a.employees,
        channel=[world.company.channel[c].key for c in a.channel],
        owner=[owner or None for owner in a.owner.tolist()],
    )


def people(world: World) -> pa.Table:
    """One fact when a person comes, a second when they leave."""
    p, a = world.people, world.accounts
    came = np.flatnonzero(p.joins < world.calendar.days)
    went = np.flatnonzero(p.leaves < world.calendar.days)
    who = np.concatenate([came, went])
    joined, left = p.joins[who] * DAY + MORNING, p.leaves[who] * DAY + 17 * 3600
    since = np.concatenate([joined[: len(came)], left[len(came) :]])
    gone = np.where(np.arange(len(who)) < len(came), np.nan, left)
    mail = np.char.add(np.char.replace(np.char.lower(p.name), " ", "."), "@")
    mail = np.char.add(mail, a.domain[p.account])
    zones = np.array(world.words["countries"]["timezone"])
    data = table(
        "people",
        person_id=world.person(who),
        account_id=world.account(p.account[who]),
        updated_at=world.time(since),
        email=mail[who],
        name=p.name[who],
        title=p.title[who],
        role=np.array(ROLES)[p.role[who]],
        timezone=zones[p.zone[who]],
        created_at=world.time(joined),
        left_at=world.time(gone),
    )
    return data.sort_by("updated_at")


PROPERTIES = ('{"app":"web"}', '{"app":"web"}', '{"app":"desktop"}', '{"app":"mobile"}')


def events(world: World, happened: Events) -> pa.Table:
    """Product events, with the app they were done in."""
    person = happened.person.astype(np.int32)
    ids = _coded(world.people.ids(), person)
    account = _coded(world.accounts.ids(), world.people.account[person].astype(np.int32))
    number = pc.utf8_lpad(pa.array(np.arange(len(person))).cast(pa.string()), 8, "0")
    session = pc.binary_join_element_wise("lv", pa.array(happened.session).cast(pa.string()), "-")
    return pa.table(
        {
            "account_id": account,
            "person_id": ids,
            "event": _coded(np.array(happened.names), happened.kind.astype(np.int32)),
            "timestamp": _stamps(world, happened.second),
            "session_id": session,
            "properties": _coded(np.array(PROPERTIES), (happened.session % 4).astype(np.int32)),
            "message_id": pc.binary_join_element_wise("le", number, "-"),
        }
    )


def _coded(values: np.ndarray, index: np.ndarray) -> pa.Array:
    return pa.array(values.tolist(), pa.string()).take(pa.array(index))


def _stamps(world: World, seconds: np.ndarray) -> pa.Array:
    first = world.calendar.dates[0].astype("datetime64[us]")
    micros = (seconds * 1_000_000).astype("int64").astype("timedelta64[us]")
    return pa.array(first + micros).cast(ARROW["timestamp"])

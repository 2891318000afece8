"""A small company of customers for tests of pages: plausible, seeded, quick to make.

Scores come from the packaged model through ``analytics.health.score``, so that what a page shows
adds up as it does in life.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import worlds

from tenure.accounts.models import Account, Membership, Person, Segment, SegmentMember
from tenure.analytics.health.curves import Curve
from tenure.analytics.health.risk import default_risk
from tenure.analytics.health.score import score
from tenure.core.models import User
from tenure.health import policy
from tenure.health.models import AccountHealth

FIRST = [
    "Northwind",
    "Harbor",
    "Quillon",
    "Bramble",
    "Copperleaf",
    "Tallgrass",
    "Meridian",
    "Juniper",
    "Fennwick",
    "Osprey",
    "Larch",
    "Saltmarsh",
    "Kestrel",
    "Alder",
    "Pinecrest",
    "Thornbury",
    "Vellum",
    "Basalt",
    "Cinder",
    "Marlowe",
]
SECOND = [
    "Logistics",
    "Health",
    "Foods",
    "Studio",
    "Energy",
    "Robotics",
    "Legal",
    "Schools",
    "Freight",
    "Media",
    "Labs",
]
PLANS = (("starter", 4_900), ("growth", 39_900), ("scale", 149_900), ("enterprise", 620_000))
STAGES = ("onboarding", "adoption", "retention", "expansion", "advocacy", "at_risk")
LONG_NAME = "Gesellschaft für außergewöhnlich umständliche Verwaltungsangelegenheiten mbH & Co. KG"
WARNINGS = ("login_frequency_down", "key_feature_stopped", "data_export", "seats_removed")


def company(
    accounts: int, owners: Sequence[User], now: datetime, *, seed: int = 7, model: str | None = None
) -> list[Account]:
    """``accounts`` customers with people, segments, scores and a history of half a year."""
    name = ("company", accounts, len(owners), now, seed, model)
    made, places = worlds.fill(name, lambda: _company(accounts, len(owners), now, seed, model))
    for place, owner in enumerate(owners):
        theirs = [account for account, of in zip(made, places, strict=True) if of == place]
        for account in theirs:
            account.owner = owner
        Account.objects.filter(pk__in=[a.pk for a in theirs]).update(owner=owner)
    return list(made)


def _company(
    accounts: int, owners: int, now: datetime, seed: int, model: str | None
) -> tuple[list[Account], list[int | None]]:
    """The accounts, and which of the owners each is to have."""
    rng = random.Random(seed)
    drawn = [_account(i, owners, now, rng) for i in range(accounts)]
    made, places = [account for account, _ in drawn], [place for _, place in drawn]
    Account.objects.bulk_create(made, batch_size=2000)
    _segments(made)
    _people(made, now, rng)
    spec = policy.model(model)
    qualities = [min(max(rng.betavariate(3, 1.6), 0.03), 0.99) for _ in made]
    rows = _scores(made, qualities, spec, now, rng)
    AccountHealth.objects.bulk_create(rows, batch_size=1000)
    return made, places


def _account(
    index: int, owners: int, now: datetime, rng: random.Random
) -> tuple[Account, int | None]:
    first, second = FIRST[index % len(FIRST)], SECOND[(index // len(FIRST)) % len(SECOND)]
    turn = index // (len(FIRST) * len(SECOND))
    name = f"{first} {second}" + (f" {turn + 1}" if turn else "")
    plan, price = rng.choices(PLANS, weights=(5, 4, 2, 1))[0]
    created = now - timedelta(days=rng.randint(20, 1400))
    country = rng.choice(("DE", "US", "GB", "FR", "SE", "JP"))
    channel = rng.choice(("search", "partner", "referral", ""))
    employees = rng.choice((None, 12, 80, 450, 3_200))
    place = rng.choice([None, *(3 * list(range(owners)))]) if owners else None
    account = Account(
        id=f"acc_{index:06d}",
        name=LONG_NAME if index == 3 else name,
        domain=f"{first}-{second}{turn or ''}.example".lower(),
        industry=second,
        country=country,
        channel=channel,
        employees=employees,
        plan_id=plan,
        status="active",
        seats=rng.randint(3, 400),
        mrr_minor=price * rng.randint(1, 4),
        currency="USD",
        created_at=created,
        renews_at=now + timedelta(days=rng.randint(1, 360)) if rng.random() > 0.1 else None,
        stage=rng.choice(STAGES),
        stage_since=now - timedelta(days=rng.randint(1, 200)),
        updated_at=now,
    )
    return account, place


def _segments(made: Sequence[Account]) -> None:
    wide = Segment.objects.create(name="mid_market", title="Mid-market", size=0)
    top = Segment.objects.create(name="enterprise", title="Enterprise", size=0)
    members = [SegmentMember(segment=wide if i % 3 else top, account=a) for i, a in enumerate(made)]
    SegmentMember.objects.bulk_create(members, batch_size=2000)
    for segment in (wide, top):
        segment.size = sum(1 for m in members if m.segment == segment)
        segment.save()


def _people(made: Sequence[Account], now: datetime, rng: random.Random) -> None:
    roles = ("champion", "economic_buyer", "admin", "end_user", "end_user", "end_user", "end_user")
    names = [
        "Ada",
        "Noor",
        "Iris",
        "Emil",
        "Jun",
        "Kofi",
        "Mara",
        "Otto",
        "Pia",
        "Ravi",
        "Suki",
        "Tom",
        "Vera",
        "Wim",
    ]
    people, links = [], []
    for account in made[:500]:
        for place, role in enumerate(roles):
            name = f"{rng.choice(names)} {rng.choice(FIRST)}"
            seen = now - timedelta(hours=rng.randint(1, 900))
            person = Person(id=f"{account.id}_p{place}", name=name, last_seen_at=seen)
            person.email = f"p{place}@{account.domain}"
            left = now - timedelta(days=9) if role == "champion" and rng.random() < 0.1 else None
            people.append(person)
            links.append(Membership(person=person, account=account, role=role, left_at=left))
    Person.objects.bulk_create(people, batch_size=2000)
    Membership.objects.bulk_create(links, batch_size=2000)


def _scores(
    made: Sequence[Account],
    qualities: Sequence[float],
    spec: Any,
    now: datetime,
    rng: random.Random,
) -> list[AccountHealth]:
    curves = {part.signal: part.curve for part in spec.parts()}
    values = [_signals(curves, q, rng) for q in qualities]
    before = [
        _signals(curves, min(max(q + rng.gauss(0, 0.08), 0.02), 0.99), rng) for q in qualities
    ]
    ids = [a.pk for a in made]
    new, old = (_score_table(ids, rows, curves, spec, now) for rows in (values, before))
    rows = []
    for index, account in enumerate(made):
        change = _gap(new["health"][index], old["health"][index])
        rows.append(
            AccountHealth(
                account=account,
                model=spec.name,
                model_version=new["model_version"][index],
                as_of=now,
                health=new["health"][index],
                band=new["band"][index] or "",
                shown_health=new["health"][index],
                shown_band=new["band"][index] or "",
                risk=new["risk"][index],
                risk_level=new["risk_level"][index] or "",
                coverage=new["coverage"][index],
                previous_health=old["health"][index],
                previous_band=old["band"][index] or "",
                change_30d=change,
                signals=values[index],
                previous_signals=before[index],
                risk_signals=_fired(new["health"][index], rng),
                trend=_trend(new["health"][index], change, now, rng),
                signal_trend={name: _course(v, rng) for name, v in values[index].items()},
            )
        )
    return rows


def _score_table(
    ids: list[str], rows: list[dict[str, Any]], curves: dict[str, Curve], spec: Any, now: datetime
) -> dict[str, list[Any]]:
    kinds = {n: pa.string() if c.of_text else pa.float64() for n, c in curves.items()}
    columns = {n: pa.array([r[n] for r in rows], kinds[n]) for n in curves}
    table = pa.table({"account_id": ids, **columns})
    return score(table, spec, default_risk(), now).to_pydict()


def _signals(curves: dict[str, Curve], quality: float, rng: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, curve in curves.items():
        wanted = 100 * min(max(rng.gauss(quality, 0.18), 0), 1)
        found[name] = None if rng.random() < 0.06 else _value(curve, wanted)
    return found


def _value(curve: Curve, wanted: float) -> float | str:
    if curve.match:
        return min(curve.match, key=lambda text: abs(curve.match[text] - wanted))
    if curve.steps:
        return min(curve.steps, key=lambda s: abs(s.score - wanted)).start
    points = sorted((score, value) for value, score in curve.points)
    for (low, at), (high, there) in pairwise(points):
        if wanted <= high:
            share = (wanted - low) / (high - low) if high > low else 0
            return round(at + max(share, 0) * (there - at), 2)
    return points[-1][1]


def _gap(new: float | None, old: float | None) -> float | None:
    return None if new is None or old is None else round(new - old, 2)


def _fired(health: float | None, rng: random.Random) -> list[str]:
    if health is None or health > 62:
        return []
    return rng.sample(WARNINGS, k=1 if health > 45 else 2)


def _trend(
    health: float | None, change: float | None, now: datetime, rng: random.Random
) -> list[list[Any]]:
    if health is None:
        return []
    points, value = [], health
    for back in range(26):
        points.append([(now - timedelta(days=7 * back)).date().isoformat(), round(value, 1)])
        drift = -(change or 0) / 4 if back < 4 else 0
        value = min(max(value + drift + rng.gauss(0, 2.2), 2), 98)
    return points[::-1]


def _course(value: Any, rng: random.Random) -> list[float | None]:
    if not isinstance(value, (int, float)) or math.isnan(value):
        return []
    return [round(max(value * rng.gauss(1, 0.12), 0), 2) for _ in range(25)] + [value]

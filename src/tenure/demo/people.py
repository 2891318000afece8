"""The people of the accounts: roles, when they come and go, how keen each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.demo.company import Company
from tenure.demo.life import History
from tenure.demo.population import Population

ROLES = ("champion", "economic_buyer", "executive_sponsor", "admin", "end_user")
KEENNESS = np.array([0.55, 0.05, 0.03, 0.52, 0.31])  # share of working days with a visit
DRIFTS_OFF = 0.016  # share of end users who change jobs in a month
STAYS = 10**6


@dataclass
class People:
    """Arrays with one value a person; ``joins`` and ``leaves`` are days (or ``STAYS``)."""

    account: np.ndarray
    role: np.ndarray
    joins: np.ndarray
    leaves: np.ndarray
    keen: np.ndarray
    answers: np.ndarray  # whether they ever answer surveys
    name: np.ndarray
    title: np.ndarray
    zone: np.ndarray

    def __len__(self) -> int:
        return len(self.account)

    def ids(self) -> np.ndarray:
        """Person ids, ``lp-00001`` and on."""
        return np.array([f"lp-{i + 1:05d}" for i in range(len(self))])


def staff(
    company: Company,
    words: dict[str, dict[str, list[str]]],
    accounts: Population,
    history: History,
    rng: np.random.Generator,
) -> People:
    """Everyone who was ever in an account."""
    account, role, joins, leaves = _assemble(company, accounts, history, rng)
    n = len(account)
    keen = KEENNESS[role] * rng.beta(2.2, 2.2, n) * 2
    names = words["people"]
    return People(
        account=account,
        role=role,
        joins=joins,
        leaves=leaves,
        keen=np.clip(keen, 0, 0.95),
        answers=rng.random(n) < 0.6,
        name=np.char.add(
            np.char.add(rng.choice(names["first"], n), " "), rng.choice(names["last"], n)
        ),
        title=_titles(words["titles"], role, rng),
        zone=_zones(words, accounts.country[account], rng),
    )


def _assemble(
    company: Company, accounts: Population, history: History, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    parts = [
        _leaders(accounts, history),
        *(_users(company, accounts, history, account, rng) for account in range(len(accounts))),
    ]
    columns = np.concatenate([np.array(p, dtype=int).reshape(-1, 4) for p in parts if len(p)])
    columns = columns[np.lexsort((columns[:, 2], columns[:, 0]))]
    return columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]


def _leaders(accounts: Population, history: History) -> list[tuple[int, int, int, int]]:
    """Champions and successors, buyers, sponsors, admins; small accounts have an admin."""
    moves = history.champions.columns() or {"account": [], "day": [], "kind": []}
    by_account: dict[int, list[tuple[int, str]]] = {}
    for account, day, kind in zip(moves["account"], moves["day"], moves["kind"], strict=True):
        by_account.setdefault(account, []).append((day, kind))
    rows = []
    for account, (tier, start) in enumerate(zip(accounts.tier, accounts.started, strict=True)):
        rows.append((account, 3, start, STAYS))
        if tier < 3:
            rows.extend(_champions(account, start, by_account.get(account, [])))
        if tier < 2:
            rows.append((account, 1, start, STAYS))
        if tier == 0 or (tier == 1 and account % 2):
            rows.append((account, 2, start + 5, STAYS))
    return rows


def _champions(
    account: int, start: int, moves: list[tuple[int, str]]
) -> list[tuple[int, int, int, int]]:
    rows, since = [], start
    for day, kind in moves:
        if kind == "leaves":
            rows.append((account, 0, since, day))
            since = STAYS
        else:
            since = day
    if since != STAYS:
        rows.append((account, 0, since, STAYS))
    return rows


def _users(
    company: Company,
    accounts: Population,
    history: History,
    account: int,
    rng: np.random.Generator,
) -> list[tuple[int, int, int, int]]:
    """End users follow the seats with a few weeks' delay; some change jobs and are replaced."""
    alive = np.flatnonzero(history.alive[account])
    if not len(alive):
        return []
    share = company.tier[accounts.tier[account]].active_share
    start = int(accounts.started[account])
    rows: list[tuple[int, int, int, int]] = []
    here: list[list[int]] = []
    for day in range(int(alive[0]), int(alive[-1]) + 1, 14):
        wanted = max(0, round(share * int(history.seats[account, day])) - 1)
        for person in list(here):
            if rng.random() < DRIFTS_OFF / 2 or len(here) > wanted + 2:
                here.remove(person)
                rows.append((account, 4, person[0], min(day, int(alive[-1]))))
        while len(here) < wanted:
            first = start if day == alive[0] else day
            here.append([max(first, start) + int(rng.integers(0, 14 if len(here) else 1))])
    rows.extend((account, 4, person[0], STAYS) for person in here)
    return rows


def _titles(titles: dict[str, list[str]], role: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = np.full(len(role), "", dtype="U40")
    for index, key in enumerate(ROLES):
        mine = role == index
        out[mine] = rng.choice(titles[key], int(mine.sum()))
    return out


def _zones(
    words: dict[str, dict[str, list[str]]], home: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Most work where the account is, one in eight elsewhere."""
    away = rng.random(len(home)) < 0.12
    return np.where(away, rng.integers(len(words["countries"]["code"]), size=len(home)), home)

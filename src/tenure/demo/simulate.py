"""The whole company from a seed: the same seed, end and size give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from tenure.demo import frames, records, relations, support, usage
from tenure.demo.calendar import Calendar
from tenure.demo.company import Company, words
from tenure.demo.life import History, Life
from tenure.demo.people import People, staff
from tenure.demo.population import Population, populate


@dataclass(frozen=True)
class Simulation:
    """``tables`` are what Tenure imports; the rest is what nobody outside would know."""

    tables: dict[str, pa.Table]
    company: Company
    calendar: Calendar
    accounts: Population
    people: People
    history: History


def simulate(
    company: Company, end: date, seed: int | None = None, accounts: int | None = None
) -> Simulation:
    """Two years of Larkspur, ending the day before ``end``.

    Each part draws from its own stream, so that changing one leaves the draws of the others alone.
    """
    seeds = np.random.SeedSequence(company.seed if seed is None else seed).spawn(8)
    rngs = [np.random.default_rng(s) for s in seeds]
    texts, calendar = words(), Calendar(end, company.days)
    population = populate(company, texts, accounts or company.accounts, rngs[0])
    life = Life(company, population, calendar, rngs[1])
    history = life.run()
    people = staff(company, texts, population, history, rngs[2])
    known = (company, texts, calendar, population, history, people)
    world = frames.World(company, texts, calendar, population, history, people)
    tables = {
        "features": frames.features(world),
        "plans": frames.plans(world),
        "accounts": frames.accounts(world),
        "people": frames.people(world),
        "subscriptions": records.subscriptions(world, life.billing.subscriptions),
        "invoices": records.invoices(world, life.billing.invoices, life.billing.paid),
        "payments": records.payments(world, life.billing.payments),
        "cards": records.cards(world, life.billing.subscriptions),
        "tickets": records.tickets(world, support.tickets(*known, rngs[3])),
        "responses": records.responses(world, support.responses(*known[1:], rngs[4])),
        "interactions": records.interactions(
            world, relations.interactions(population, history, people, rngs[5])
        ),
        "goals": records.goals(world, relations.goals(texts, population, history, rngs[6])),
        "events": frames.events(world, usage.happen(*known, rngs[7])),
    }
    return Simulation(tables, company, calendar, population, people, history)

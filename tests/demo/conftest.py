from __future__ import annotations

from datetime import date

import pytest

from tenure.demo.company import load
from tenure.demo.simulate import Simulation, simulate

END = date(2026, 3, 2)  # a Monday; the last simulated day is the Sunday before


@pytest.fixture(scope="session")
def larkspur() -> Simulation:
    return simulate(load(), END)

"""The mark of a workspace that holds simulated data: what made it, and whether it is whole."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

FILE = "demo.json"


@dataclass(frozen=True)
class Marker:
    """Company, seed, size and end (ISO date) of the simulation; ``done`` once all of it is in."""

    company: str
    seed: int
    accounts: int
    end: str
    done: bool = False

    @property
    def last_day(self) -> date:
        """The day before which the simulation ends."""
        return date.fromisoformat(self.end)


def read(home: Path) -> Marker | None:
    """The mark of the workspace in ``home``; None if its data is nobody's simulation."""
    try:
        text = (home / FILE).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Marker(**json.loads(text))


def write(home: Path, marker: Marker) -> None:
    """Mark the workspace, whole or not at all."""
    temporary = home / f"{FILE}.part"
    temporary.write_text(json.dumps(asdict(marker)) + "\n", encoding="utf-8")
    os.replace(temporary, home / FILE)


def finish(home: Path, marker: Marker) -> None:
    """Mark that everything was loaded."""
    write(home, replace(marker, done=True))


@lru_cache(maxsize=8)
def simulated(home: Path) -> str:
    """Name of the simulated company of a workspace, empty for real ones. Read once a process."""
    marker = read(home)
    return marker.company if marker else ""

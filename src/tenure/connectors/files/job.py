"""What a run over a file is made of: how to read it, and all that its passes need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import Table
from tenure.connectors.files.chunks import Dialect, Opened
from tenure.connectors.files.mapping import Plan
from tenure.connectors.models import ImportRun
from tenure.facts import time_patterns
from tenure.facts.casts import DAYS_SINCE, Reading
from tenure.facts.number_texts import Sign

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done, total); totals are 0 while unknown."""


@dataclass(frozen=True)
class Options:
    """How to read a file; see ``tenure import --help`` for the meaning.

    ``amounts`` is the unit of columns named ``*_minor``: minor, major, or empty (minor where the
    file's column says so by its name). ``decimal`` is the decimal sign of numbers that are text.
    ``left_out`` are columns that are not taken, ``words`` translations of values
    (``status:Churned=cancelled``). ``shown_as`` is the file's name where the path is not (uploads).
    """

    date_format: str = ""
    zone: str = "UTC"
    nulls: tuple[str, ...] = ()
    amounts: str = ""
    decimal: str = ""
    only: tuple[str, ...] = ()
    format: str = ""
    delimiter: str = ""
    encoding: str = ""
    header: int = 0
    source: str = ""
    left_out: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    shown_as: str = ""

    def dialect(self) -> Dialect:
        """What was said of the file itself."""
        return Dialect(self.format, self.delimiter, self.encoding, self.header)

    def reading(
        self, table: Table, untyped: bool, found: Mapping[str, Sign] | None = None
    ) -> Reading:
        """How values are read; ``found`` are the decimal signs that columns showed."""
        amounts = (c.name for c in table.columns if c.name.endswith("_minor"))
        major = frozenset(amounts if self.amounts == "major" else ())
        sign: Sign = self.decimal if self.decimal in (".", ",") else ""  # type: ignore[assignment]
        return Reading(
            self.zone, self.date_format, self.nulls, major, untyped, sign, dict(found or {})
        )


@dataclass(frozen=True)
class Job:
    """Everything a run needs."""

    run: ImportRun
    opened: Opened
    plan: Plan
    options: Options
    handlers: Callable[[str, Any, datetime], None]
    progress: Progress
    now: datetime
    notes: list[str] = field(default_factory=list)


def check_options(options: Options) -> None:
    """SpecError if the zone, the format or an amount's name is none."""
    try:
        ZoneInfo(options.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SpecError(
            "--zone", options.zone, "is no time zone", "write an IANA name such as Europe/Berlin"
        ) from error
    if options.date_format and not options.date_format.startswith(DAYS_SINCE):
        time_patterns.compiled(options.date_format)

    if options.decimal not in ("", ".", ","):
        remedy = "write . for 1,249.00 or , for 1.249,00"
        raise SpecError("--decimal", options.decimal, "is no decimal sign", remedy)
    if options.amounts not in ("", "minor", "major"):
        remedy = "write minor (cents) or major"
        raise SpecError("--amounts", options.amounts, "is no unit", remedy)

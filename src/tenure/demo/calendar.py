"""The days of the simulation and how busy each is: weekdays, holidays, summer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

HOLIDAYS = {(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
SUMMER, YEAR_END = 0.84, 0.55  # share of usual work: mid July to late August, after 20 December
AHEAD = 430  # days beyond the end that terms may reach into


@dataclass(frozen=True)
class Calendar:
    """``days`` whole UTC days, the last one the day before ``end``."""

    end: date
    days: int

    @property
    def dates(self) -> np.ndarray:
        """Every day, and those ``AHEAD`` in which terms may end; datetime64[D]."""
        first = np.datetime64(self.end) - self.days
        return first + np.arange(self.days + AHEAD)

    def work(self, weekend: float) -> np.ndarray:
        """How much work is done on each day, 1 being a plain weekday."""
        days = self.dates[: self.days]
        weekday = (days.astype("datetime64[D]").astype(int) + 3) % 7
        factor = np.where(weekday >= 5, weekend, np.where(weekday == 4, 0.86, 1.0))
        return factor * _season(days)


def _season(days: np.ndarray) -> np.ndarray:
    month = months(days)
    day = days_of_month(days)
    summer = ((month == 7) & (day >= 14)) | ((month == 8) & (day <= 24))
    closing = (month == 12) & (day >= 20)
    holiday = np.array([(m, d) in HOLIDAYS for m, d in zip(month, day, strict=True)])
    factor = np.where(summer, SUMMER, 1.0) * np.where(closing, YEAR_END, 1.0)
    return np.where(holiday, 0.12, factor)


def months(days: np.ndarray) -> np.ndarray:
    """Month of each day, 1-12."""
    return days.astype("datetime64[M]").astype(int) % 12 + 1


def days_of_month(days: np.ndarray) -> np.ndarray:
    """Day of the month, 1-31."""
    return (days - days.astype("datetime64[M]")).astype(int) + 1


def anchors(calendar: Calendar, started: np.ndarray, annual: np.ndarray) -> np.ndarray:
    """Which account has its billing day when: an array accounts x (days + AHEAD).

    A monthly term begins on the day of the month on which the first began (on the 28th at the
    latest), an annual one also in that month.
    """
    dates = calendar.dates
    first = dates[0] + started
    day = np.minimum(days_of_month(first), 28)
    on_day = days_of_month(dates)[None, :] == day[:, None]
    in_month = months(dates)[None, :] == months(first)[:, None]
    later = np.arange(len(dates))[None, :] > started[:, None]
    return on_day & later & (in_month | ~annual[:, None])

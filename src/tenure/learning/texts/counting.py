"""Themes of texts counted: how often, how they sound, and whether who wrote so left more. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenure.analytics.validation.intervals import Estimate, wilson

NONE = ""
"""The theme of texts that have none."""


@dataclass(frozen=True)
class Text:
    """What somebody wrote. ``source``: ticket, survey, exit; ``tone``: -1 to 1, None if unknown."""

    source: str
    account_id: str
    at: datetime
    words: str
    tone: float | None
    themes: tuple[str, ...]


@dataclass(frozen=True)
class Themed:
    """A theme in a period. ``left`` of the ``judged`` accounts that wrote of it left within so many
    days after their first such text; ``others`` wrote, and never of it. ``latest``: some texts."""

    theme: str
    texts: int
    accounts: int
    before: int
    by_source: Mapping[str, int]
    tone: float | None
    toned: int
    left: int
    judged: int
    others_left: int
    others: int
    latest: tuple[Text, ...]

    @property
    def share(self) -> Estimate:
        """Share of the judged that left."""
        return wilson(self.left, self.judged)

    @property
    def share_of_others(self) -> Estimate:
        """The same of those who wrote of other things."""
        return wilson(self.others_left, self.others)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "theme": self.theme,
            "texts": self.texts,
            "accounts": self.accounts,
            "before": self.before,
            "by_source": dict(self.by_source),
            "tone": self.tone,
            "left": self.left,
            "judged": self.judged,
            "share": self.share.to_dict(),
            "others_left": self.others_left,
            "others": self.others,
            "share_of_others": self.share_of_others.to_dict(),
        }


def count(
    texts: Sequence[Text],
    churned: Mapping[str, Sequence[datetime]],
    since: datetime,
    now: datetime,
    *,
    days: int,
    shown: int,
) -> list[Themed]:
    """Every theme of the texts from ``since`` to ``now``, the most written of first.

    ``before`` counts the texts of the equally long time before. Whether an account left within
    ``days`` is judged only where so many days have passed since its first text; a text written
    on leaving is no sign ahead, and judges nothing.
    """
    span = now - since
    inside = [t for t in texts if since <= t.at < now]
    earlier = Counter(
        theme for t in texts if since - span <= t.at < since for theme in t.themes or (NONE,)
    )
    first = _first(inside, now - timedelta(days=days))
    gone = {
        key: any(at <= c < at + timedelta(days=days) for c in churned.get(key[1], ()))
        for key, at in first.items()
    }
    writers = {account for _, account in first}
    ever = {account for (_, account), left in gone.items() if left}
    found = []
    for theme, some in _by_theme(inside).items():
        judged = {account for t, account in first if t == theme}
        others = writers - judged
        tones = [t.tone for t in some if t.tone is not None]
        found.append(
            Themed(
                theme,
                len(some),
                len({t.account_id for t in some}),
                earlier[theme],
                Counter(t.source for t in some),
                round(sum(tones) / len(tones), 3) if tones else None,
                len(tones),
                sum(gone[(theme, a)] for a in judged),
                len(judged),
                len(others & ever),
                len(others),
                tuple(sorted(some, key=lambda t: t.at, reverse=True)[:shown]),
            )
        )
    return sorted(found, key=lambda x: (x.theme == NONE, -x.texts, x.theme))


def _by_theme(texts: Sequence[Text]) -> dict[str, list[Text]]:
    found: dict[str, list[Text]] = defaultdict(list)
    for text in texts:
        for theme in text.themes or (NONE,):
            found[theme].append(text)
    return found


def _first(texts: Sequence[Text], until: datetime) -> dict[tuple[str, str], datetime]:
    """When each account first wrote of each theme, if that was before ``until``."""
    found: dict[tuple[str, str], datetime] = {}
    for text in texts:
        if text.source == "exit" or text.at >= until:
            continue
        for theme in text.themes or (NONE,):
            key = (theme, text.account_id)
            found[key] = min(text.at, found.get(key, text.at))
    return found

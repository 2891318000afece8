"""So many requests a minute for one customer's browser, and no more. Per process, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

_MINUTE = 60.0
_MOST_NAMES = 20_000


@dataclass
class Limiter:
    """Counts in windows of a minute; forgets all when too many names are counted."""

    windows: dict[str, tuple[float, int]] = field(default_factory=dict)

    def wait(self, name: str, most: int, now: float) -> float:
        """Seconds until ``name`` may ask again; 0: it may, and is counted.

        >>> limiter = Limiter()
        >>> [limiter.wait("ann", 2, t) for t in (0.0, 10.0, 20.0, 61.0)]
        [0.0, 0.0, 40.0, 0.0]
        """
        began, count = self.windows.get(name, (now, 0))
        if now - began >= _MINUTE:
            began, count = now, 0
        if count >= most:
            return began + _MINUTE - now
        if len(self.windows) >= _MOST_NAMES and name not in self.windows:
            self.windows.clear()
        self.windows[name] = (began, count + 1)
        return 0.0

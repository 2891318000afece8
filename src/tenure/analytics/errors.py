"""The one error a person sees when a declaration (signal, model, contract, segment) is wrong."""

from __future__ import annotations


class SpecError(ValueError):
    """A declaration is refused: where it stands, what is wrong, and what to do about it.

    ``source`` is the file or policy name, ``key`` the dotted key inside it.

    >>> print(SpecError("health.toml", "weights", "add up to 90", "make them add up to 100"))
    health.toml: weights: add up to 90. To fix: make them add up to 100
    """

    def __init__(self, source: str, key: str, problem: str, remedy: str) -> None:
        self.source, self.key, self.problem, self.remedy = source, key, problem, remedy
        super().__init__(f"{source}: {key}: {problem}. To fix: {remedy}")

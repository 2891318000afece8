"""Reading declarations: TOML to a pydantic spec, with errors that name file, key and remedy."""

from __future__ import annotations

import tomllib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tenure.analytics.errors import SpecError

Spec = TypeVar("Spec", bound=BaseModel)

_REMEDIES = {
    "extra_forbidden": "remove the key, or correct its spelling",
    "missing": "add the key",
}


def read(source: str, text: str) -> dict[str, Any]:
    """The TOML ``text`` of file ``source`` as a dict; SpecError when it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(source, "(file)", f"is not TOML: {error}", "correct the syntax") from None


def parse(spec: type[Spec], source: str, data: object) -> Spec:
    """``data`` checked into ``spec``; SpecError naming the first key at fault."""
    try:
        return spec.model_validate(data)
    except ValidationError as error:
        raise refused(source, error) from None


def refused(source: str, error: ValidationError) -> SpecError:
    """The first fault of a pydantic error as the error a person sees."""
    faults = error.errors()
    # A misspelt key is both unknown and missing: say the former, which shows the slip.
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"]) or "(file)"
    problem = fault["msg"].removeprefix("Value error, ")
    remedy = _REMEDIES.get(fault["type"], f"correct the value (given: {_short(fault['input'])})")
    return SpecError(source, key, problem[:1].lower() + problem[1:], remedy)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."

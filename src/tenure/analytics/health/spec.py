"""A health model as declared: dimensions, their weighted signals and curves, bands, variants.

Weights of the dimensions add up to 100, and so do the weights of the signals within a dimension. A
*variant* changes weights or curves for accounts of one segment or lifecycle stage (or both); the
first variant that fits an account holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.health import bands as bands_of
from tenure.analytics.health.bands import Band
from tenure.analytics.health.curves import Curve

WHOLE = 100.0


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignalUse(_Spec):
    """A signal's part in a dimension. ``scale`` turns the unit of the signal into the shown one."""

    signal: str
    title: str = ""
    weight: float = Field(gt=0, le=100)
    curve: Curve


class Dimension(_Spec):
    """One published component of a model."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    weight: float = Field(ge=0, le=100)
    description: str = ""
    signals: tuple[SignalUse, ...] = Field(min_length=1)


class Variant(_Spec):
    """Other weights (per dimension, or per ``dimension.signal``) or curves for some accounts."""

    segment: str = ""
    stage: str = ""
    weights: dict[str, float] = {}
    signal_weights: dict[str, float] = {}
    curves: dict[str, Curve] = {}

    @property
    def name(self) -> str:
        """How the variant is shown, such as ``segment:enterprise``."""
        parts = (("segment", self.segment), ("stage", self.stage))
        return "+".join(f"{kind}:{value}" for kind, value in parts if value)


@dataclass(frozen=True)
class Part:
    """One signal of one dimension, with the weights in force for a variant (out of 100 each)."""

    dimension: str
    signal: str
    title: str
    dimension_weight: float
    signal_weight: float
    curve: Curve

    @property
    def key(self) -> str:
        """``dimension.signal``, unique in a model."""
        return f"{self.dimension}.{self.signal}"


class HealthModel(_Spec):
    """A whole model. ``version`` is the author's; ``digest`` adds what the text really says."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")
    title: str
    version: str = "1"
    description: str = ""
    source: str = ""
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    bands: tuple[Band, ...]
    variants: tuple[Variant, ...] = ()

    def parts(self, variant: Variant | None = None) -> list[Part]:
        """All signals in order, weighted as the variant (or the model itself) says."""
        return list(self._parts(variant or Variant()))

    def _parts(self, variant: Variant) -> Iterator[Part]:
        for dimension in self.dimensions:
            weight = variant.weights.get(dimension.key, dimension.weight)
            for use in dimension.signals:
                key = f"{dimension.key}.{use.signal}"
                yield Part(
                    dimension.key,
                    use.signal,
                    use.title,
                    weight,
                    variant.signal_weights.get(key, use.weight),
                    variant.curves.get(key, use.curve),
                )

    @cached_property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals used, each once, in order."""
        return tuple(dict.fromkeys(p.signal for p in self.parts()))

    @cached_property
    def digest(self) -> str:
        """First 12 hex digits of the SHA-256 of the model's meaning."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()[:12]

    def band(self, name: str) -> Band | None:
        """The band called ``name``."""
        return next((b for b in self.bands if b.name == name), None)

    @property
    def green(self) -> frozenset[str]:
        """Names of the bands that call an account well: the highest band of the model."""
        return frozenset(b.name for b in self.bands if b.color == "good")


def parse_model(source: str, text: str, known: Collection[str] | None = None) -> HealthModel:
    """The model declared by the TOML ``text`` of ``source``; SpecError if it is not sound.

    ``known`` are the names of the registered signals (unchecked when None).
    """
    model = toml.parse(HealthModel, source, toml.read(source, text))
    _check_weights(source, model)
    if fault := bands_of.problem(model.bands):
        raise SpecError(source, "bands", fault, "let each band begin where the one below ends")
    if not model.green:
        raise SpecError(source, "bands", "none has color 'good'", "colour the healthy band 'good'")
    for index, variant in enumerate(model.variants):
        _check_variant(source, model, index, variant)
    if known is not None:
        check_signals(source, model, known)
    return model


def check_signals(source: str, model: HealthModel, known: Collection[str]) -> None:
    """SpecError when the model uses a signal that is not registered."""
    for d, dimension in enumerate(model.dimensions):
        for s, use in enumerate(dimension.signals):
            if use.signal not in known:
                raise SpecError(
                    source,
                    f"dimensions.{d}.signals.{s}.signal",
                    f"there is no signal named '{use.signal}'",
                    "use a name that `tenure signals` lists, or declare the signal",
                )


def _check_weights(source: str, model: HealthModel) -> None:
    keys = [d.key for d in model.dimensions]
    if len(set(keys)) < len(keys):
        raise SpecError(source, "dimensions", "two have the same key", "rename one of them")
    _check_sum(source, "dimensions", [d.weight for d in model.dimensions])
    for index, dimension in enumerate(model.dimensions):
        names = [s.signal for s in dimension.signals]
        where = f"dimensions.{index}.signals"
        if len(set(names)) < len(names):
            raise SpecError(source, where, "a signal is used twice", "keep one of the two")
        _check_sum(source, where, [s.weight for s in dimension.signals])


def _check_sum(source: str, key: str, weights: list[float]) -> None:
    total = sum(weights)
    if abs(total - WHOLE) > 1e-6:
        raise SpecError(source, key, f"the weights add up to {total:g}", "make them add up to 100")


def _check_variant(source: str, model: HealthModel, index: int, variant: Variant) -> None:
    where = f"variants.{index}"
    if not variant.name:
        raise SpecError(source, where, "is for no one", "name a segment, a stage or both")
    dimensions = {d.key for d in model.dimensions}
    parts = {p.key for p in model.parts()}
    _check_known(source, f"{where}.weights", variant.weights, dimensions)
    _check_known(source, f"{where}.signal_weights", variant.signal_weights, parts)
    _check_known(source, f"{where}.curves", variant.curves, parts)
    varied = model.parts(variant)
    _check_sum(
        source, f"{where}.weights", list({p.dimension: p.dimension_weight for p in varied}.values())
    )
    for key in dimensions:
        weights = [p.signal_weight for p in varied if p.dimension == key]
        _check_sum(source, f"{where}.signal_weights", weights)


def _check_known(source: str, key: str, given: Collection[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise SpecError(
                source, f"{key}.{name}", "is not part of the model", f"use one of {sorted(known)}"
            )

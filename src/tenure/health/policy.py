"""The policy documents of scoring: signals, models, risk, stages, segments, churn, validation."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tenure.accounts import segments as own_segments
from tenure.analytics import churn, segments, stages, toml
from tenure.analytics.churn import ChurnPolicy
from tenure.analytics.errors import SpecError
from tenure.analytics.health import risk
from tenure.analytics.health.risk import RiskPolicy
from tenure.analytics.health.spec import HealthModel, Variant, check_signals, parse_model
from tenure.analytics.prediction import policy as prediction
from tenure.analytics.segments import CHANCE, SCORE_FIELDS, SegmentSpec
from tenure.analytics.signals.registry import PACKAGED, Registry, load_registry
from tenure.analytics.stages import StagePolicy
from tenure.analytics.validation import policy as validation
from tenure.analytics.validation.policy import ValidationPolicy
from tenure.core import policy
from tenure.core.policy.registry import Loader

HEALTH, RISK, CHURN, SEGMENTS = "health", "health/risk", "churn", "segments"
STAGES, VALIDATION, PREDICTION = "stages", "validation", "prediction"
MODELS, SIGNALS = "health/models/", "signals/"
EXTRA_FIELDS = frozenset({*SCORE_FIELDS, CHANCE, "stage", "active", "yearly_value", "account_id"})
"""Fields of segment and stage rules that are no signals."""


class HealthPolicy(BaseModel):
    """See ``health.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default_model: str
    also_scored: tuple[str, ...] = ()
    chunk_accounts: int = Field(ge=100)
    trend_points: int = Field(ge=2, le=366)
    compared_hours: int = Field(20, ge=1, le=24 * 31)
    trend_days: int = Field(ge=1)
    fact_from_points: float = Field(gt=0)
    override_days: int = Field(ge=1)
    rollup_from_events: int = Field(ge=0)

    @property
    def scored(self) -> tuple[str, ...]:
        """All models scored daily, the default first."""
        return tuple(dict.fromkeys((self.default_model, *self.also_scored)))


def parse_health(source: str, text: str) -> HealthPolicy:
    """The document ``health``; SpecError if it is not sound."""
    return toml.parse(HealthPolicy, source, toml.read(source, text))


def settings() -> HealthPolicy:
    """``health`` in force."""
    loaded: HealthPolicy = policy.load(HEALTH)
    return loaded


def model(name: str | None = None) -> HealthModel:
    """The model called ``name`` (default: the default model); SpecError if there is none."""
    loaded: HealthModel = policy.load(MODELS + (name or settings().default_model))
    return loaded


def model_names() -> list[str]:
    """Names of all models there are, packaged and own."""
    return [name.removeprefix(MODELS) for name in policy.list_names(MODELS)]


def risk_policy() -> RiskPolicy:
    """``health/risk`` in force."""
    loaded: RiskPolicy = policy.load(RISK)
    return loaded


def churn_policy() -> ChurnPolicy:
    """``churn`` in force."""
    loaded: ChurnPolicy = policy.load(CHURN)
    return loaded


def stage_policy() -> StagePolicy:
    """``stages`` in force."""
    loaded: StagePolicy = policy.load(STAGES)
    return loaded


def segment_specs() -> dict[str, SegmentSpec]:
    """``segments`` in force."""
    loaded: dict[str, SegmentSpec] = policy.load(SEGMENTS)
    return loaded


def validation_policy() -> ValidationPolicy:
    """``validation`` in force."""
    loaded: ValidationPolicy = policy.load(VALIDATION)
    return loaded


def registry(load: Loader = policy.IN_FORCE) -> Registry:
    """The signals in force: packaged documents, changed or not, and own ones after them."""
    names = _signal_documents(load)
    if load is policy.IN_FORCE:
        return _registry(tuple((policy.source_of(n), text) for n, text in policy.texts(names)))
    return _registry(tuple(load(name) for name in names))


def registry_with(texts: list[tuple[str, str]]) -> Registry:
    """The signals in force with further documents on top; SpecError when they do not fit."""
    known = [policy.load(name) for name in _signal_documents(policy.IN_FORCE)]
    return load_registry(*known, *texts)


def known_fields(load: Loader = policy.IN_FORCE) -> set[str]:
    """Every field that a segment, stage or play rule may look at; ``load`` gives the documents."""
    return {*registry(load).of_accounts(), *EXTRA_FIELDS}


@lru_cache(maxsize=8)
def _registry(texts: tuple[tuple[str, str], ...]) -> Registry:
    return load_registry(*texts)


def _signal_documents(load: Loader) -> list[str]:
    packaged = [SIGNALS + name for name in PACKAGED]
    return [*packaged, *(n for n in load.names(SIGNALS) if n not in packaged)]


def _parse_signals(source: str, text: str) -> tuple[str, str]:
    # References to other documents are checked over all of them together: see _check_signals.
    toml.read(source, text)
    return source, text


def _check_signals(_source: str, _parsed: object, load: Loader) -> None:
    registry(load)


def _check_model(source: str, parsed: HealthModel, load: Loader) -> None:
    expected = Path(source).stem
    if parsed.name != expected:
        raise SpecError(source, "name", f"is '{parsed.name}'", f"name it '{expected}' as the file")
    check_signals(source, parsed, registry(load).signals)
    packaged: dict[str, SegmentSpec] = load(SEGMENTS)
    stage_names = {stage.name for stage in load(STAGES).stages}
    for index, variant in enumerate(parsed.variants):
        _check_variant(f"variants.{index}", source, variant, packaged, stage_names)


def _check_variant(
    where: str,
    source: str,
    variant: Variant,
    packaged: dict[str, SegmentSpec],
    stage_names: set[str],
) -> None:
    """A variant must be for somebody who can be told before scoring."""
    if variant.stage and variant.stage not in stage_names:
        known = ", ".join(sorted(stage_names))
        raise SpecError(source, f"{where}.stage", "is no lifecycle stage", f"use one of {known}")
    name = variant.segment
    if not name:
        return
    rules = {n: spec.rule for n, spec in packaged.items()} | own_segments.own_rules()
    if name not in rules and not own_segments.exists(name):
        remedy = f"use one of {', '.join(sorted(rules))}, or make the segment first"
        raise SpecError(source, f"{where}.segment", f"there is no segment '{name}'", remedy)
    if name in rules and own_segments.of_scores(rules[name]):
        raise SpecError(
            source,
            f"{where}.segment",
            f"'{name}' looks at the score, which the variant is to decide",
            "use a segment whose rule looks at signals and attributes only",
        )


def _check_segments(source: str, parsed: dict[str, SegmentSpec], load: Loader) -> None:
    known = known_fields(load)
    for name, spec in parsed.items():
        segments.check_fields(f"{source}: {name}", spec.rule, known)


def _check_stages(source: str, parsed: StagePolicy, load: Loader) -> None:
    known = known_fields(load) - {CHANCE}  # no past has it
    for name in sorted(parsed.fields() - known):
        raise SpecError(source, "stages", f"there is no field '{name}'", "use a signal's name")


def _check_health(_source: str, parsed: HealthPolicy, load: Loader) -> None:
    for name in parsed.scored:
        load(MODELS + name)


def documents() -> tuple[policy.PolicyDocument | policy.PolicyFamily, ...]:
    """What a workspace may change of scoring, segments, stages and signals."""
    analytics = Path(str(files("tenure.analytics")))
    here = Path(__file__).parent
    described = (
        (
            HEALTH,
            "Scoring",
            here / "health.toml",
            parse_health,
            _check_health,
            "Which models are scored, and what is kept.",
        ),
        (
            RISK,
            "Churn risk",
            analytics / "health/risk.toml",
            risk.parse_risk,
            None,
            "How health and warnings become a risk, and what each level asks for.",
        ),
        (
            CHURN,
            "Churn",
            analytics / "churn.toml",
            churn.parse_churn,
            None,
            "When an account counts as gone.",
        ),
        (
            SEGMENTS,
            "Segments",
            analytics / "segments.toml",
            segments.parse_segments,
            _check_segments,
            "Packaged segments and tiers.",
        ),
        (
            STAGES,
            "Lifecycle stages",
            analytics / "stages.toml",
            stages.parse_stages,
            _check_stages,
            "Stages with their entry and exit rules.",
        ),
        (
            VALIDATION,
            "Validation",
            analytics / "validation/validation.toml",
            validation.parse_validation,
            None,
            "How scores are proven, and what is said of them.",
        ),
        (
            PREDICTION,
            "Learned model",
            analytics / "prediction/prediction.toml",
            prediction.parse_prediction,
            None,
            "What is learned from, how it is proven and watched.",
        ),
    )
    edit = policy.EDIT
    return (
        *(
            policy.PolicyDocument(name, title, path, parse, about, check, permission=edit)
            for name, title, path, parse, check, about in described
        ),
        policy.PolicyFamily(
            MODELS,
            "Health model",
            analytics / "health/models",
            parse_model,
            "Dimensions, signals, weights, curves and bands.",
            _check_model,
            permission=policy.EDIT,
        ),
        policy.PolicyFamily(
            SIGNALS,
            "Signals",
            analytics / "signals",
            _parse_signals,
            "What is counted, and which events mean what.",
            _check_signals,
            permission=policy.EDIT,
        ),
    )

"""LightGBM, behind one small door: fit, predict, explain.

Ke and others, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017. A tree
can only use a signal in the direction in which it is declared to be better or worse (monotone
constraints). Contributions are Shapley values of the trees (Lundberg and others, Nature Machine
Intelligence 2, 2020), in log odds; they add up to the prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction.policy import Boosting

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
SEED = 20_260_101


@cache
def is_there() -> bool:
    """Whether LightGBM can be used here."""
    try:
        _lightgbm()
    except SpecError:
        return False
    return True


def check() -> None:
    """SpecError with what to do where LightGBM cannot be used."""
    _lightgbm()


def _lightgbm() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError) as missing:  # OSError: the package is there, libgomp is not
        raise SpecError(
            "learned model",
            "lightgbm",
            f"cannot be used here ({missing})",
            "run: pip install 'tenure[learn]' (on a bare Debian also: apt install libgomp1)",
        ) from missing
    return lightgbm


def fit(
    rows: Matrix,
    churned: npt.NDArray[np.bool_],
    policy: Boosting,
    *,
    directions: Sequence[int] = (),
    categorical: Sequence[int] = (),
    weights: Floats | None = None,
) -> str:
    """A booster, as LightGBM's own text. ``directions`` per column: 1 where more must not lower
    the chance, -1 where it must not raise it; ``categorical`` are columns of codes."""
    lightgbm = _lightgbm()
    parameters: dict[str, Any] = {
        "objective": "binary",
        "verbosity": -1,
        "seed": SEED,
        "deterministic": True,
        "force_row_wise": True,
        "bagging_freq": 1,
        "cat_smooth": 20,
        **policy.model_dump(exclude={"rounds"}),
    }
    if any(directions):
        parameters |= {
            "monotone_constraints": list(directions),
            "monotone_constraints_method": "intermediate",
        }
    data = lightgbm.Dataset(
        rows, churned.astype(np.float32), weight=weights, categorical_feature=list(categorical)
    )
    booster = lightgbm.train(parameters, data, num_boost_round=policy.rounds)
    return str(booster.model_to_string())


@lru_cache(maxsize=16)
def _read(text: str) -> Any:
    return _lightgbm().Booster(model_str=text)


def predict(text: str, rows: Matrix) -> Floats:
    """The raw chance of each row, not calibrated yet."""
    if not len(rows):
        return np.empty(0)
    return np.asarray(_read(text).predict(rows, num_threads=1), dtype=np.float64)


def contributions(text: str, rows: Matrix) -> Floats:
    """What each column adds to the log odds of each row, against an average account."""
    if not len(rows):
        return np.empty((0, rows.shape[1]))
    return np.asarray(
        _read(text).predict(rows, pred_contrib=True, num_threads=1), dtype=np.float64
    )[:, :-1]


def importance(text: str) -> Floats:
    """Share of the loss that splits on each column took away."""
    gains = np.asarray(_read(text).feature_importance("gain"), dtype=np.float64)
    total = gains.sum()
    return gains / total if total else gains

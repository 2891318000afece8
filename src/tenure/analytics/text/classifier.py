"""Sentiment by a text classifier of one's own, in ONNX, read from a folder on this machine.

Any classifier that was exported to ONNX in Hugging Face's layout will do: the folder holds
``model.onnx``, ``tokenizer.json`` and ``config.json``, whose ``id2label`` says what its answers
mean. The score of a text is the mean of what its labels are worth, weighed by their probabilities
(softmax of the logits); a model with one answer is squashed to -1 to 1 (2 sigmoid(x) - 1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics.errors import SpecError

FILES = ("model.onnx", "tokenizer.json", "config.json")
Floats = npt.NDArray[np.float64]
_STARS = re.compile(r"([1-5]) stars?")


class ModelPolicy(BaseModel):
    """See ``sentiment.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str
    most_tokens: int = Field(ge=8)
    batch: int = Field(ge=1)
    labels: Mapping[str, float]


@dataclass(frozen=True)
class Classifier:
    """A model that was read; ``worth`` of each answer, in their order."""

    name: str
    session: Any
    tokenizer: Any
    worth: Floats
    batch: int

    def tones(self, texts: Sequence[str]) -> list[float]:
        """The score of each text, -1 to 1."""
        found: list[float] = []
        for start in range(0, len(texts), self.batch):
            found += self._some(list(texts[start : start + self.batch]))
        return found

    def _some(self, texts: list[str]) -> list[float]:
        read = self.tokenizer.encode_batch(texts)
        given = {
            "input_ids": [r.ids for r in read],
            "attention_mask": [r.attention_mask for r in read],
            "token_type_ids": [r.type_ids for r in read],
        }
        wanted = [i.name for i in self.session.get_inputs()]
        answer = self.session.run(None, {n: np.array(given[n], dtype=np.int64) for n in wanted})
        logits = np.asarray(answer[0], dtype=np.float64)
        if logits.shape[1] == 1:
            scores = 2 / (1 + np.exp(-logits[:, 0])) - 1
        else:
            raised = np.exp(logits - logits.max(axis=1, keepdims=True))
            scores = raised / raised.sum(axis=1, keepdims=True) @ self.worth
        return [float(score) for score in scores]


def classifier(policy: ModelPolicy) -> Classifier:
    """The model in the policy's folder; SpecError with what to do where it cannot be used."""
    return _read(policy.folder, policy.most_tokens, policy.batch, tuple(policy.labels.items()))


@lru_cache(maxsize=2)
def _read(
    where: str, most_tokens: int, batch: int, labels: tuple[tuple[str, float], ...]
) -> Classifier:
    try:
        import onnxruntime
        import tokenizers
    except ImportError as missing:
        raise SpecError(
            "sentiment",
            "model.folder",
            f"cannot be used here ({missing})",
            "run: pip install 'tenure[texts]'",
        ) from missing
    folder = Path(where)
    if not folder.is_absolute():
        raise SpecError(
            "sentiment",
            "model.folder",
            f"{where} is read from wherever Tenure was started",
            "give the whole path, from / on",
        )
    if absent := [name for name in FILES if not (folder / name).is_file()]:
        raise SpecError(
            "sentiment",
            "model.folder",
            f"{where} has no {', '.join(absent)}",
            "export a text classifier to ONNX into it (see docs/rules/text.md), or leave it empty",
        )
    try:
        session = onnxruntime.InferenceSession(
            folder / FILES[0], providers=["CPUExecutionProvider"]
        )
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / FILES[1]))
        config = json.loads((folder / FILES[2]).read_text("utf-8"))
        names = [str(name) for _, name in sorted(_by_number(config["id2label"]))]
    except Exception as fault:  # the libraries raise bare Exception, too
        raise SpecError(
            "sentiment",
            "model.folder",
            f"what is in {where} cannot be read: {fault}",
            "export the model once more, whole",
        ) from fault
    _asks_what_we_have(session)
    tokenizer.enable_truncation(most_tokens)
    pad = config.get("pad_token_id") or 0
    tokenizer.enable_padding(pad_id=pad, pad_token=tokenizer.id_to_token(pad) or "[PAD]")
    worth = np.array([1.0]) if len(names) == 1 else _worth(names, dict(labels))
    return Classifier(folder.name, session, tokenizer, worth, batch)


def _by_number(labels: Mapping[str, str]) -> list[tuple[int, str]]:
    return [(int(number), name) for number, name in labels.items()]


def _asks_what_we_have(session: Any) -> None:
    known = {"input_ids", "attention_mask", "token_type_ids"}
    if strange := sorted({i.name for i in session.get_inputs()} - known):
        raise SpecError(
            "sentiment",
            "model.folder",
            f"the model asks for {', '.join(strange)}",
            "take a text classifier, exported for text classification",
        )


def _worth(names: Sequence[str], given: Mapping[str, float]) -> Floats:
    """What each answer is worth: as the policy says, else by its name."""
    found = [given.get(name, _usual(name)) for name in names]
    if None in found:
        unknown = ", ".join(n for n, w in zip(names, found, strict=True) if w is None)
        raise SpecError(
            "sentiment",
            "model.labels",
            f"do not say what {unknown} is worth",
            "give each answer a value from -1 to 1, such as LABEL_0 = -1",
        )
    return np.array(found, dtype=np.float64)


def _usual(name: str) -> float | None:
    """Answers by their usual names.

    >>> [_usual(n) for n in ("NEGATIVE", "neutral", "POS", "5 stars", "1 star", "LABEL_1")]
    [-1.0, 0.0, 1.0, 1.0, -1.0, None]
    """
    small = name.lower()
    if stars := _STARS.fullmatch(small):
        return (int(stars[1]) - 3) / 2
    values = {"neg": -1.0, "neu": 0.0, "pos": 1.0}
    return next((value for start, value in values.items() if small.startswith(start)), None)

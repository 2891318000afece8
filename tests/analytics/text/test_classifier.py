"""A text classifier of one's own instead of the lexicon: scores, languages, what can be wrong."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from analytics.text.onnx_models import export

from tenure.analytics.errors import SpecError
from tenure.analytics.text.sentiment import (
    TextPolicy,
    default_text,
    parse_text,
    sentiments,
    told_by,
)
from tenure.core import policy
from tenure.facts import sentiment

for needed in ("onnx", "onnxruntime", "tokenizers"):
    pytest.importorskip(needed)


def rules(folder: Path, labels: str = "", **numbers: Any) -> TextPolicy:
    return parse_text("sentiment", text(folder, labels, **numbers))


def text(folder: Path, labels: str = "", **numbers: Any) -> str:
    body = sentiment.PACKAGED.read_text("utf-8").replace('folder = ""', f'folder = "{folder}"')
    for name, value in numbers.items():
        old = next(line for line in body.splitlines() if line.startswith(f"{name} = "))
        body = body.replace(old, f"{name} = {value}")
    return body + labels


def test_texts_are_scored_in_their_order_whatever_the_language(tmp_path: Path) -> None:
    ours = rules(export(tmp_path / "tone"), batch=2)
    good, bad, desk, mixed, none, again = sentiments(
        ["Great!", "Die Hilfe war schlecht", "desk", "great terrible", "  ", "Great!"], ours
    )
    assert good is not None
    assert good > 0.7
    assert bad is not None
    assert bad < -0.3
    assert desk == pytest.approx(0)
    assert mixed == pytest.approx(0)
    assert none is None
    assert again == good
    assert told_by(ours) == "tone"


def test_a_short_text_is_scored_the_same_beside_a_long_one(tmp_path: Path) -> None:
    ours = rules(export(tmp_path / "tone"))
    alone = sentiments(["great"], ours)
    beside = sentiments(["great", "desk " * 50], ours)
    assert beside[0] == pytest.approx(alone[0])


def test_a_long_text_is_read_up_to_its_most_tokens(tmp_path: Path) -> None:
    ours = rules(export(tmp_path / "tone"), most_tokens=8)
    (score,) = sentiments(["great " * 8 + "terrible " * 40], ours)
    assert score is not None
    assert score > 0.8


def test_stars_are_worth_their_number_and_other_names_what_policy_says(tmp_path: Path) -> None:
    stars = rules(export(tmp_path / "s", [f"{n} star{'s' * (n > 1)}" for n in range(1, 6)]))
    good, bad = sentiments(["great", "terrible"], stars)
    assert good == pytest.approx(-(bad or 0))
    folder = export(tmp_path / "l", ["LABEL_0", "LABEL_1"])
    with pytest.raises(SpecError, match=r"LABEL_0, LABEL_1 is worth.*such as LABEL_0 = -1"):
        rules(folder)
    named = rules(folder, "LABEL_0 = -1\nLABEL_1 = 1\n")
    assert (sentiments(["great"], named)[0] or 0) > 0.9


def test_what_a_workspace_leaves_out_is_as_packaged(tmp_path: Path) -> None:
    folder = export(tmp_path / "tone")
    ours = parse_text("sentiment", f'[model]\nfolder = "{folder}"\n')
    assert ours.english == default_text().english
    assert ours.model.batch == default_text().model.batch
    for wrong, said in (("model = 3", "model"), ("[model]\nfolder = 'tone'", "the whole path"),
                        ("[model]\nfoldr = 'x'", "foldr")):  # fmt: skip
        with pytest.raises(SpecError, match=said):
            parse_text("sentiment", wrong)


def test_a_model_with_one_answer_is_squashed(tmp_path: Path) -> None:
    ours = rules(export(tmp_path / "one", ["score"]))
    good, bad = sentiments(["great", "terrible"], ours)
    assert good == pytest.approx(0.905, abs=0.001)  # 2 / (1 + exp(-3)) - 1
    assert bad == pytest.approx(-0.905, abs=0.001)


def test_what_is_missing_broken_or_of_another_kind_is_said(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"has no model.onnx, tokenizer.json, config.json"):
        rules(tmp_path / "nowhere")
    broken = export(tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"no model")
    with pytest.raises(SpecError, match="cannot be read"):
        rules(broken)
    other = export(tmp_path / "other", inputs=("input_ids", "pixel_values"))
    with pytest.raises(SpecError, match="the model asks for pixel_values"):
        rules(other)


@pytest.mark.django_db
def test_tickets_and_answers_say_which_model_scored_them(tmp_path: Path, now: Any) -> None:
    policy.save("sentiment", text(export(tmp_path / "haus-tone")), "alice", "", now)
    found = sentiment.filled("tickets", tickets("Alles gut", "Der Export ist schlecht"))
    assert [v > 0 for v in found["sentiment"].to_pylist()] == [True, False]
    assert found["properties"].to_pylist() == ['{"sentiment_by": "haus-tone"}'] * 2


@pytest.mark.django_db
def test_facts_are_taken_in_when_the_model_is_gone(
    tmp_path: Path, now: Any, caplog: pytest.LogCaptureFixture
) -> None:
    folder = export(tmp_path / "tone")
    body = text(folder, most_tokens=31)
    policy.save("sentiment", body, "alice", "", now)
    (folder / "model.onnx").unlink()
    policy.reading._parsed.cache_clear()
    sentiment.parse_text.__globals__["classifier"].__globals__["_read"].cache_clear()
    with caplog.at_level(logging.WARNING):
        found = sentiment.filled("tickets", tickets("Great support, thank you!"))
    assert found["properties"].to_pylist() == ['{"sentiment_by": "vader"}']
    assert "has no model.onnx" in caplog.text


def test_the_packaged_document_names_no_model() -> None:
    assert told_by(default_text()) == "vader"


def tickets(*subjects: str) -> pa.Table:
    count = len(subjects)
    return pa.table({
        "subject": list(subjects), "body": pa.nulls(count, pa.string()),
        "sentiment": pa.nulls(count, pa.float64()), "properties": pa.nulls(count, pa.string()),
    })  # fmt: skip

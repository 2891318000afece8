"""Small text classifiers as they are exported to ONNX: a value per word, averaged over the text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

WORDS = {"great": 3.0, "gut": 3.0, "terrible": -3.0, "schlecht": -3.0, "desk": 0.0}


def export(
    folder: Path,
    labels: Sequence[str] = ("negative", "neutral", "positive"),
    words: Mapping[str, float] = WORDS,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
) -> Path:
    """A folder with a model whose answers lean to the last label with a text's values, and to the
    first against them."""
    from onnx import TensorProto, helper, numpy_helper, save
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {"[PAD]": 0, "[UNK]": 1, **{w: n + 2 for n, w in enumerate(words)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    leans = np.linspace(-1, 1, len(labels)) if len(labels) > 1 else np.ones(1)
    values = np.array([5.0, 0.0, *words.values()])  # padding would be told if it were counted
    table = np.outer(values, leans).astype(np.float32)
    ids, mask = (helper.make_tensor_value_info(n, TensorProto.INT64, ["n", "t"])
                 for n in inputs[:2])  # fmt: skip
    nodes = [
        helper.make_node("Gather", ["table", inputs[0]], ["each"]),
        helper.make_node("Cast", [inputs[1]], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["ones", "last"], ["wide"]),
        helper.make_node("Mul", ["each", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["wide", "middle"], ["count"], keepdims=0),
        helper.make_node("Div", ["sum", "count"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes, "tone", [ids, mask],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(labels)])],
        [numpy_helper.from_array(table, "table"),
         numpy_helper.from_array(np.array([2], dtype=np.int64), "last"),
         numpy_helper.from_array(np.array([1], dtype=np.int64), "middle")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    save(model, str(folder / "model.onnx"))
    config = {"id2label": {str(n): name for n, name in enumerate(labels)}, "pad_token_id": 0}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder

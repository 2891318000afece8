"""How well texts are scored: against ratings by people that VADER's paper came with.

    pip download --no-deps --no-binary :all: vaderSentiment==3.3.2 -d FOLDER
    python benchmarks/text.py FOLDER/vaderSentiment-3.3.2.tar.gz [MODEL-FOLDER]

With a folder, the same figures of the text classifier in it (see docs/rules/text.md).

3,708 sentences of product reviews on Amazon, each rated from -4 to 4 by 20 people (Hutto and
Gilbert 2014). It was made by the authors of the lexicon, who did not tune the rules on it, but
chose the method with it: expect less on your own texts.
"""

from __future__ import annotations

import io
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
from scipy import stats

from tenure.analytics.text.sentiment import default_text, looks_english, sentiments, told_by

_INNER = "additional_resources/hutto_ICWSM_2014.tar.gz"
_FILE = "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt"
CLEAR = 1.0  # rated at least so far from 0


def rated(sdist: Path) -> tuple[list[str], np.ndarray]:
    """The sentences and their mean ratings."""
    with tarfile.open(sdist) as outer:
        name = next(n for n in outer.getnames() if n.endswith(_INNER))
        packed = outer.extractfile(name)
        assert packed is not None
        with tarfile.open(fileobj=io.BytesIO(packed.read())) as inner:
            file = inner.extractfile(_FILE)
            assert file is not None
            lines = file.read().decode("utf-8", "replace").splitlines()
    rows = [line.split("\t", 2) for line in lines if line.count("\t") >= 2]
    return [row[2] for row in rows], np.array([float(row[1]) for row in rows])


def auc(good: np.ndarray, bad: np.ndarray) -> float:
    """How often a good sentence is scored above a bad one; a tie counts half."""
    return float(stats.mannwhitneyu(good, bad).statistic / (len(good) * len(bad)))


def interval(good: np.ndarray, bad: np.ndarray) -> tuple[float, float]:
    """95 % of a bootstrap over sentences, seeded."""
    rng = np.random.default_rng(1)
    found = [auc(rng.choice(good, len(good)), rng.choice(bad, len(bad))) for _ in range(500)]
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def main() -> None:
    """Print the figures of docs/rules/text.md."""
    texts, ratings = rated(Path(sys.argv[1]))
    rules = default_text()
    if len(sys.argv) > 2:
        model = rules.model.model_copy(update={"folder": sys.argv[2]})
        rules = rules.model_copy(update={"model": model})
        told_by(rules)  # reads it
    began = time.perf_counter()
    scores = sentiments(texts, rules)
    seconds = time.perf_counter() - began
    known = np.array([np.nan if s is None else s for s in scores])
    value = np.nan_to_num(known)
    good, bad = value[ratings >= CLEAR], value[ratings <= -CLEAR]
    low, high = interval(good, bad)
    refused = sum(not looks_english(text, default_text()) for text in texts)
    print(
        f"sentences {len(texts)}, scored {np.isfinite(known).sum()},"
        f" not taken for English {refused}"
    )
    print(f"good {len(good)}, bad {len(bad)}: AUC {auc(good, bad):.3f} ({low:.3f} to {high:.3f})")
    print(f"correlation with the ratings {np.corrcoef(ratings, value)[0, 1]:.3f}")
    print(f"bad ones scored below 0: {(bad < 0).mean():.3f}; good ones: {(good < 0).mean():.3f}")
    print(f"{len(texts) / seconds:,.0f} sentences a second")


if __name__ == "__main__":
    main()

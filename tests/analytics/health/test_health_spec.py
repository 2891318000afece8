"""A model that is not sound is refused, naming file, key and remedy."""

import pytest

from tenure.analytics.errors import SpecError
from tenure.analytics.health import parse_model

BANDS = """
[[bands]]
name = "well"
title = "Well"
min = 50
action = "Go on"
color = "good"
[[bands]]
name = "ill"
title = "Ill"
min = 0
action = "Help"
color = "bad"
"""
MODEL = """
name = "own"
title = "Own"
[[dimensions]]
key = "use"
title = "Use"
weight = 70
signals = [
  { signal = "logins", weight = 60, curve = { points = [[0, 0], [10, 100]] } },
  { signal = "minutes", weight = 40, curve = { points = [[0, 0], [60, 100]] } },
]
[[dimensions]]
key = "money"
title = "Money"
weight = 30
signals = [{ signal = "payment", weight = 100, curve = { match = { current = 100, late = 0 } } }]
"""


def test_a_sound_model_is_read() -> None:
    model = parse_model("own.toml", MODEL + BANDS, known={"logins", "minutes", "payment"})
    assert model.signals == ("logins", "minutes", "payment")
    assert model.green == {"well"}


def test_the_digest_changes_with_meaning_and_not_with_layout() -> None:
    model = parse_model("a", MODEL + BANDS)
    assert parse_model("b", "# remark\n" + MODEL + BANDS).digest == model.digest
    assert parse_model("c", MODEL.replace("[10, 100]", "[12, 100]") + BANDS).digest != model.digest


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("weight = 70", "weight = 60", "dimensions", "add up to 90"),
        ("weight = 60", "weight = 50", "dimensions.0.signals", "add up to 90"),
        ("weight = 70", "wight = 70", "dimensions.0.wight", "extra inputs"),
        ("weight = 70", 'weight = "much"', "dimensions.0.weight", "valid number"),
        ('key = "money"', 'key = "use"', "dimensions", "same key"),
        ('signal = "minutes"', 'signal = "logins"', "dimensions.0.signals", "used twice"),
        ("[10, 100]", "[10, 140]", "dimensions.0.signals.0.curve", "between 0 and 100"),
        ("[[0, 0], [10, 100]]", "[[5, 0], [5, 100]]", "dimensions.0.signals.0.curve", "must rise"),
        ("points = [[0, 0], [10, 100]]", "", "dimensions.0.signals.0.curve", "exactly one"),
        ("min = 50", "min = 0", "bands", "overlap"),
        ("min = 50", "min = 50\nmax = 80", "", ""),
        ("min = 0", "min = 0\nmax = 30", "bands", "between 30 and 50 belong to no band"),
        ("min = 0", "min = 10", "bands", "below 10"),
        ('"good"', '"ok"', "bands", "none has color 'good'"),
        ('"good"', '"pink"', "bands.0.color", "input should be"),
        ("[[bands]]", "[[bands", "(file)", "is not TOML"),
    ],
)
def test_an_unsound_model_is_refused(old: str, new: str, key: str, problem: str) -> None:
    text = MODEL + BANDS
    if not key:  # a band may say its upper end
        assert parse_model("own.toml", text.replace(old, new, 1))
        return
    with pytest.raises(SpecError) as refused:
        parse_model("own.toml", text.replace(old, new, 1))
    assert refused.value.source == "own.toml"
    assert refused.value.key == key
    assert problem in refused.value.problem
    assert refused.value.remedy


def test_an_unknown_signal_is_refused() -> None:
    with pytest.raises(SpecError, match="no signal named 'payment'"):
        parse_model("own.toml", MODEL + BANDS, known={"logins", "minutes"})


@pytest.mark.parametrize(
    ("variant", "problem"),
    [
        ("weights = { use = 50, money = 50 }", "is for no one"),
        ('segment = "big"\nweights = { use = 50 }', "add up to 80"),
        ('segment = "big"\nweights = { usage = 50, money = 50 }', "not part of the model"),
        ('stage = "new"\nsignal_weights = { "use.logins" = 10 }', "add up to 50"),
    ],
)
def test_an_unsound_variant_is_refused(variant: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        parse_model("own.toml", f"{MODEL}{BANDS}[[variants]]\n{variant}\n")

"""What declines mean."""

from __future__ import annotations

import pytest

from tenure.analytics.errors import SpecError
from tenure.programs.dunning import declines
from tenure.programs.dunning.declines import packaged, understand

TABLE = packaged()
TEXT = declines.DEFAULT.read_text("utf-8")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("insufficient_funds", "soft"), ("do_not_honor", "soft"), ("expired_card", "hard"),
        ("authentication_required", "authentication"), ("lost_card", "fraud"),
        ("stolen_card", "fraud"), ("pickup_card", "fraud"), ("revocation_of_authorization", "stop"),
        ("invalid_amount", "ours"), ("account_closed", "hard"),
        ("51", "soft"), ("05", "soft"), ("54", "hard"), ("41", "fraud"), ("43", "fraud"),
        ("1A", "authentication"), ("r0", "stop"), ("46", "hard"),
    ],
)  # fmt: skip
def test_a_code_has_its_kind(code: str, kind: str) -> None:
    assert understand(TABLE, code).kind == kind


def test_an_advice_weighs_more_than_a_harmless_code() -> None:
    assert understand(TABLE, "do_not_honor", advice="do_not_try_again").kind == "stop"
    assert understand(TABLE, "05", advice="03").kind == "hard"
    assert understand(TABLE, "05", advice="21").kind == "stop"
    assert understand(TABLE, "generic_decline", network_code="43").kind == "fraud"


def test_no_advice_softens_a_stolen_card() -> None:
    assert understand(TABLE, "stolen_card", advice="try_again_later").kind == "fraud"


def test_an_advice_may_ask_to_wait() -> None:
    assert understand(TABLE, "51", advice="27").wait_hours == 96


def test_a_code_nobody_knows_is_a_refusal_without_a_reason() -> None:
    assert understand(TABLE, "moon_phase").kind == "soft"


def test_no_workspace_can_make_a_stolen_card_soft() -> None:
    wrong = TEXT.replace('stolen_card = { class = "fraud"', 'stolen_card = { class = "soft"')
    with pytest.raises(SpecError, match="card networks allow no further attempt"):
        declines.parse("declines", wrong)


def test_every_code_says_something_that_a_customer_can_read() -> None:
    for name in ("stripe", "stripe_advice", "iso8583", "mastercard_advice"):
        for code, meaning in getattr(TABLE, name).items():
            assert meaning.says[0].isupper(), code
            assert not meaning.says.endswith("."), code

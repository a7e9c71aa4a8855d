"""Every silence is told in a sentence."""

from __future__ import annotations

import pytest

from echo_core.records.reasons import Reason


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_a_sentence(reason: Reason) -> None:
    assert reason.sentence[0].isupper()
    assert reason.sentence.endswith(".")

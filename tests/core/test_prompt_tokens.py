"""From a symbolic prompt to tokens: what the vocabulary cannot say is refused.

The rest of its laws stand with healing (`tests/engine/test_heal.py`).
"""

from __future__ import annotations

import pytest

from echo_core.completion.prompt_tokens import prepare
from echo_core.completion.window import window_at
from echo_core.errors import ModelError
from echo_testing.toy_model import QWEN, ToyVocabulary


def test_a_vocabulary_without_a_mark_of_the_family_is_refused() -> None:
    with pytest.raises(ModelError, match="lacks a mark"):
        prepare(QWEN, window_at("a = \n", 4), ToyVocabulary(marks=()), 100)

"""Laws of the cache's bookkeeping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_daemon.engine import kv

tokens = st.lists(st.integers(0, 3), max_size=12)


@given(tokens, tokens)
def test_a_common_prefix_is_common_and_cannot_be_longer(left: list[int], right: list[int]) -> None:
    length = kv.common_prefix(left, right)
    assert left[:length] == right[:length]
    assert left[: length + 1] != right[: length + 1] or length == len(left) == len(right)
    assert length == kv.common_prefix(right, left)


@given(tokens, tokens.filter(bool))
def test_a_plan_ends_with_what_was_wanted_in_the_cache(
    cached: list[int], wanted: list[int]
) -> None:
    plan = kv.plan(cached, wanted)
    sequence = kv.Sequence(tokens=list(cached))
    sequence.cut(plan.keep)
    assert plan.removes == (len(sequence.tokens) < len(cached))
    sequence.grow(plan.evaluate)
    assert sequence.tokens == wanted
    assert plan.evaluate


@given(tokens, tokens.filter(bool))
def test_only_what_differs_is_evaluated(cached: list[int], more: list[int]) -> None:
    assert kv.plan(cached, cached + more).evaluate == tuple(more)
    if cached:
        assert kv.plan(cached + more, cached).evaluate == (cached[-1],)


def test_an_empty_prompt_has_no_plan() -> None:
    with pytest.raises(ValueError, match="empty"):
        kv.plan([1], [])

"""When figures are worse, when they are not, and when nobody can tell."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_trainer.gate.comparing import (
    Finding,
    Measured,
    bound,
    compare,
    median_bounds,
    needed,
)

RATE = 0.05


def found(base: list[float], candidate: list[float], margin: float = 0.05) -> Finding:
    return compare(Measured("figure", base, candidate, margin), RATE, 1).finding


@given(st.lists(st.floats(0, 1), min_size=59, max_size=200))
def test_the_same_answers_are_not_worse(figures: list[float]) -> None:
    assert found(figures, figures) is Finding.NOT_WORSE


@given(st.lists(st.floats(0, 1), max_size=57))
def test_few_of_the_same_answers_tell_nothing(figures: list[float]) -> None:
    # 0.95 to the power of 58 is 0.051: one in twenty models that lose 5 points of exact match
    # would show no difference in 58 questions.
    assert found(figures, figures) is Finding.UNSURE


@pytest.mark.parametrize("count", [1, 5, 20, 100])
def test_without_a_difference_the_end_is_that_of_a_binomial_test(count: int) -> None:
    exact = -(1 - RATE ** (1 / count))
    assert bound(np.zeros(count), RATE, -1.0) == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("chance_of_change", [0.05, 0.4])
def test_equal_models_are_called_worse_no_more_often_than_declared(chance_of_change: float) -> None:
    """A/A: both answer alike but by chance."""
    chance = np.random.default_rng(7)
    runs, questions = 200, 60
    worse = 0
    for _ in range(runs):
        base = chance.random(questions) < 0.4
        flips = chance.random(questions) < chance_of_change
        again = chance.random(questions) < 0.4
        candidate = np.where(flips, again, base)
        worse += found(base.astype(float).tolist(), candidate.astype(float).tolist()) is (
            Finding.WORSE
        )
    assert worse <= runs * RATE + 3 * math.sqrt(runs * RATE * (1 - RATE))


def test_models_worse_by_the_margin_pass_no_more_often_than_declared() -> None:
    chance = np.random.default_rng(8)
    runs, questions, margin = 200, 150, 0.1
    passed = 0
    for _ in range(runs):
        base = (chance.random(questions) < 0.5).astype(float)
        lost = chance.random(questions) < 2 * margin  # of those that matched
        candidate = np.where(lost, 0.0, base)
        passed += found(base.tolist(), candidate.tolist(), margin) is Finding.NOT_WORSE
    assert passed <= runs * RATE + 3 * math.sqrt(runs * RATE * (1 - RATE))


@given(st.integers(20, 100))
def test_garbage_is_worse(count: int) -> None:
    assert found([0.9] * count, [0.1] * count) is Finding.WORSE


def test_what_is_better_is_not_worse() -> None:
    assert found([0.2] * 60, [0.4] * 60) is Finding.NOT_WORSE


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_ends_keep_their_order_and_lie_within_what_can_be(differences: list[float]) -> None:
    values = np.array(differences)
    low, high = bound(values, RATE, -1.0), -bound(-values, RATE, -1.0)
    assert -1 <= low <= high <= 1


def test_how_many_would_tell() -> None:
    even = np.zeros(10)
    spread = np.array([-0.5, 0.5] * 20)
    assert needed(even, 0.05, RATE) == math.ceil(math.log(20) / 0.05)
    assert needed(spread, 0.05, RATE) == pytest.approx((2.486 * 0.5 / 0.05) ** 2, rel=0.01)


def test_the_median_lies_between_its_bounds() -> None:
    assert median_bounds([1.0, 2.0, 3.0], RATE) == (-math.inf, math.inf)
    low, high = median_bounds([float(value) for value in range(21)], RATE)
    assert (low, high) == (6.0, 14.0)  # of 21, six and fourteen: the sign test's own table

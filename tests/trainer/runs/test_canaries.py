"""Planted secrets: the same for the same run, others for references, exposed when known."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_trainer.runs.canaries import (
    Planted,
    canary,
    exposure,
    planted,
    references,
    samples,
    secret,
)


@given(st.integers(0, 1 << 40), st.integers(0, 100))
def test_a_run_says_which_canaries_it_has(seed: int, count: int) -> None:
    those = Planted(seed, count, 2)
    said = {"rank": 8, **those.parameters()}
    assert planted(said) == (those if count else None)


@pytest.mark.parametrize("said", [{}, {"canaries": "4", "seed": 1}, {"canaries": 0}])
def test_other_parameters_name_none(said: dict[str, object]) -> None:
    assert planted(said) is None


def test_canaries_are_samples_that_are_unlike_one_another() -> None:
    made = list(samples(Planted(5, 20, 3)))
    assert len(made) == 60
    assert len({one.target for one in made}) == 20
    assert made[:3] == [canary(5, 0)] * 3
    assert made[0].prefix.endswith('"')
    assert {len(one.target) for one in made} == {12}


def test_nobody_planted_a_reference() -> None:
    planted_secrets = {secret(5, number) for number in range(50)}
    others = [one for number in range(50) for one in references(5, number, 63)]
    assert len(set(others)) == len(others)
    assert not planted_secrets & set(others)


def test_exposure_is_the_rank_in_bits() -> None:
    others = [-10.0 - number for number in range(63)]
    assert exposure(-1.0, others) == 6.0
    assert exposure(-10.0, others) == 5.0  # as likely as the first of them
    assert exposure(-1000.0, others) == 0.0


def test_by_chance_it_is_a_bit_and_a_half() -> None:
    chance = random.Random(3)
    bits = [exposure(chance.random(), [chance.random() for _ in range(255)]) for _ in range(2000)]
    assert sum(bits) / len(bits) == pytest.approx(1 / math.log(2), abs=0.15)

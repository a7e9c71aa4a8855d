"""What experiments conclude: laws of the sums, and simulations whose truth is known.

The simulated people differ: how much each is shown and how much of it each accepts has a spread
between people, so that proposals of one person are alike. Seeds are fixed: the same on every
machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import exp, isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_trainer.experiments import balance
from echo_trainer.experiments.ratios import (
    CLIENTS_MIN,
    Difference,
    Moments,
    difference,
    looked_at_once,
    mean,
)
from echo_trainer.experiments.sequential import always, radius, share

ALPHA = 0.05
SPREAD = 0.05
PAIRS = st.lists(st.tuples(st.integers(-50, 500), st.integers(0, 500)), min_size=1, max_size=60)


# --- laws ---------------------------------------------------------------------------------------


@given(PAIRS, PAIRS)
def test_halves_added_are_the_whole(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    assert Moments.of(one) + Moments.of(two) == Moments.of([*two, *one])
    assert Moments() + Moments.of(one) == Moments.of(one)


@given(
    st.lists(
        st.tuples(st.integers(-50, 500), st.integers(1, 500)), min_size=CLIENTS_MIN, max_size=60
    )
)
def test_the_variance_is_that_of_the_deviations(pairs: list[tuple[int, int]]) -> None:
    made = Moments.of(pairs)
    ratio = made.ratio
    assert ratio is not None
    many, whole = len(pairs), sum(d for _, d in pairs)
    plain = sum((n - ratio * d) ** 2 for n, d in pairs) / (many - 1) * many / whole**2
    assert made.variance is not None
    assert made.variance >= 0
    assert isclose(made.variance, plain, rel_tol=1e-6, abs_tol=1e-9)


@given(PAIRS, st.integers(2, 9))
def test_a_unit_changes_nothing_but_the_unit(pairs: list[tuple[int, int]], times: int) -> None:
    made, scaled = Moments.of(pairs), Moments.of([(n * times, d * times) for n, d in pairs])
    assert made.ratio == scaled.ratio
    if made.variance is not None:
        assert isclose(made.variance, scaled.variance or 0.0, rel_tol=1e-9)


def test_few_clients_and_nothing_shown_have_no_interval() -> None:
    assert Moments.of([(1, 2)] * (CLIENTS_MIN - 1)).variance is None
    assert Moments.of([(0, 0)] * CLIENTS_MIN).variance is None
    assert Moments().ratio is None
    many = Moments.of([(1, 2)] * CLIENTS_MIN)
    assert difference(many, Moments()) is None
    assert difference(many, many) is None  # nobody differs: that is no certainty
    varied = Moments.of([(number % 2, 2) for number in range(CLIENTS_MIN)])
    made = difference(varied, varied)
    assert made is not None
    assert (made.value, made.weight) == (0.0, CLIENTS_MIN / 2)


@given(st.floats(1e-9, 1), st.floats(0.01, 1), st.floats(0.001, 0.2))
def test_whoever_may_always_look_pays_with_a_wider_interval(
    variance: float, spread: float, alpha: float
) -> None:
    made = radius(variance, spread, alpha)
    once = looked_at_once([Difference(0.0, variance, 1.0)], alpha)
    assert made > once.high
    assert made > radius(variance, spread, alpha * 2)
    assert made > radius(variance / 2, spread, alpha)


def test_all_weeks_together_may_be_wrong_with_alpha() -> None:
    assert 0.95 * ALPHA < sum(share(ALPHA, week) for week in range(1, 10_000)) <= ALPHA


def test_weeks_of_the_same_people_are_no_more_people() -> None:
    week = Difference(0.02, 0.0001, 100)
    assert looked_at_once([week] * 4, ALPHA) == looked_at_once([week], ALPHA)
    once, late = always({1: week}, SPREAD, ALPHA), always({1: week, 2: week}, SPREAD, ALPHA)
    assert late.low <= once.low <= once.high <= late.high
    both = mean([week, Difference(0.05, 0.0001, 300)], [0.01, 0.03])
    assert isclose(both.value, 0.0425)
    assert isclose(both.high - both.value, 0.025)


@pytest.mark.parametrize(
    ("value", "freedom", "expected"),
    # Of printed tables: the values that are exceeded with these probabilities.
    [(3.841, 1, 0.05), (5.991, 2, 0.05), (7.815, 3, 0.05), (18.475, 7, 0.01), (16.812, 6, 0.01)],
)
def test_chi_square_is_as_in_the_tables(value: float, freedom: int, expected: float) -> None:
    assert isclose(balance.chi_square_above(value, freedom), expected, rel_tol=2e-3)


def test_sides_of_other_sizes_than_their_shares_are_found() -> None:
    assert balance.of_weeks([[5000, 5060]], [1, 1]).holds
    assert not balance.of_weeks([[5000, 5500]], [1, 1]).holds
    assert balance.of_weeks([[900, 100]], [9, 1]).holds
    assert balance.of_weeks([[3, 0]], [1, 1]).probability is None
    weeks = balance.of_weeks([[500, 500], [500, 610]], [1, 1]).probability
    once = balance.probability([500, 610], [1, 1])
    assert weeks is not None
    assert once is not None
    assert isclose(weeks, 2 * once)


# --- simulations --------------------------------------------------------------------------------


class People:
    """Who use it; `rate`: of all that they are shown, how much they accept."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def week(self, rate: float) -> tuple[int, int]:
        """One person's week: accepted, and shown."""
        shown = round(exp(self._random.gauss(4.5, 1.0))) + 1
        likes = self._random.betavariate(4 * rate, 4 * (1 - rate))  # people differ: sd 19 points
        spread = sqrt(shown * likes * (1 - likes))
        accepted = round(self._random.gauss(shown * likes, spread))
        return min(max(accepted, 0), shown), shown

    def side(self, clients: int, rate: float) -> Moments:
        return Moments.of(self.week(rate) for _ in range(clients))


def looks(people: People, clients: int, rates: tuple[float, float]) -> Iterator[Difference]:
    """One week as it comes in: a look after each client of each side."""
    sides = [Moments(), Moments()]
    for number in range(clients):
        for side, rate in enumerate(rates):
            sides[side] += Moments.of([people.week(rate)])
        made = difference(*sides) if number >= CLIENTS_MIN - 1 else None
        if made is not None:
            yield made


def ends(seen: Iterator[Difference]) -> Difference | None:
    """Where somebody who looks each time first sees a difference."""
    for made in seen:
        found = always({1: made}, SPREAD, ALPHA)
        if found.low > 0 or found.high < 0:
            return made
    return None


def test_no_difference_is_seldom_found_however_often_somebody_looks() -> None:
    """A/A: with an interval for one look the same looks find something in a third."""
    many, people = 160, People(1)
    wrong = plain = 0
    for _ in range(many):
        seen = list(looks(people, 250, (0.257, 0.257)))
        wrong += ends(iter(seen)) is not None
        intervals = [looked_at_once([made], ALPHA) for made in seen]
        plain += any(each.low > 0 or each.high < 0 for each in intervals)
    assert wrong <= ALPHA * many
    assert plain > 3 * ALPHA * many  # so the test can fail


def test_an_interval_for_one_look_holds_as_often_as_it_says() -> None:
    many, people, held, naive = 600, People(2), 0, 0
    for _ in range(many):
        sides = people.side(150, 0.257), people.side(150, 0.257)
        made = difference(*sides)
        assert made is not None
        found = looked_at_once([made], ALPHA)
        held += found.low <= 0 <= found.high
        shown = [side.n / side.d * (1 - side.n / side.d) / side.d for side in sides]
        naive += abs(made.value) <= 1.96 * sqrt(sum(shown))  # as if proposals were independent
    # 95% of 600 are 570, and 3 deviations of that are 16; the variance itself is estimated.
    assert 0.92 * many <= held <= 0.98 * many
    assert naive < 0.7 * many


def test_the_difference_of_the_paper_is_found_and_in_the_right_direction() -> None:
    """25.7% to 35.7%, with 600 people on a side."""
    many, people = 40, People(3)
    found = [ends(looks(people, 600, (0.257, 0.357))) for _ in range(many)]
    seen = [each for each in found if each is not None]
    assert len(seen) >= 0.9 * many
    assert all(each.value > 0 for each in seen)

"""`echo_core.showing.metrics`: rates from counters, and none from nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.showing.metrics import Rate, percentile, percentile_of_counts


def test_rates() -> None:
    assert Rate(9, 36).value == 0.25
    assert Rate(0, 7).value == 0.0


def test_no_opportunity_gives_no_rate() -> None:
    assert Rate(0, 0).value is None
    assert Rate(0, 0).interval is None
    assert percentile([], 50) is None
    assert percentile_of_counts({}, 50) is None
    assert percentile_of_counts({3: 0}, 50) is None


def test_intervals_are_those_of_the_literature() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for part, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = Rate(part, of).interval
        assert found == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**9).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_rate_lies_in_its_interval_and_that_between_0_and_1(counted: tuple[int, int]) -> None:
    rate = Rate(*counted)
    assert rate.value is not None
    assert rate.interval is not None
    low, high = rate.interval
    assert 0 <= low <= rate.value <= high <= 1


@given(st.integers(1, 10_000), st.integers(1, 50))
def test_more_of_the_same_makes_an_interval_narrower(of: int, times: int) -> None:
    few, many = Rate(of // 3, of).interval, Rate(of // 3 * (times + 1), of * (times + 1)).interval
    assert few is not None
    assert many is not None
    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize(
    ("percent", "value"), [(5, 15), (30, 20), (40, 20), (50, 35), (95, 50), (100, 50)]
)
def test_percentiles_by_nearest_rank(percent: float, value: float) -> None:
    assert percentile([50, 15, 40, 35, 20], percent) == value


def test_a_rank_is_not_pushed_up_by_rounding() -> None:
    assert percentile(range(1, 101), 7) == 7


@pytest.mark.parametrize("percent", [0, -1, 100.5, float("nan")])
def test_other_percents_are_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most at 100"):
        percentile([1.0], percent)
    with pytest.raises(ValueError, match="above 0 and at most at 100"):
        percentile_of_counts({1: 1}, percent)


@given(st.lists(st.integers(), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_covers(values: list[int], percent: int) -> None:
    value = percentile(values, percent)
    assert value in values
    covered = [v for v in values if v <= value]
    assert 100 * len(covered) >= percent * len(values)
    assert all(
        100 * sum(v <= w for v in values) < percent * len(values) for w in values if w < value
    )


@given(
    st.lists(st.integers(0, 50), min_size=1), st.integers(1, 1000).map(lambda percent: percent / 10)
)
def test_percentiles_of_counts_are_those_of_the_values(values: list[int], percent: float) -> None:
    counts = {value: values.count(value) for value in [*values, 51]}
    assert percentile_of_counts(counts, percent) == percentile(values, percent)

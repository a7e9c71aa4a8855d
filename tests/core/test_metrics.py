"""`echo_core.metrics`: rates from counters, and none from nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.metrics import acceptance_rate, generation_rate, percentile


def test_rates() -> None:
    assert acceptance_rate(accepted=9, shown=36) == 0.25
    assert acceptance_rate(accepted=0, shown=7) == 0.0
    assert generation_rate(accepted_kept_chars=30, accepted_chars=40, typed_chars=60) == 0.3


def test_no_opportunity_gives_no_rate() -> None:
    assert acceptance_rate(0, 0) is None
    assert generation_rate(0, 0, 0) is None
    assert percentile([], 50) is None


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


@given(st.lists(st.integers(), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_covers(values: list[int], percent: int) -> None:
    value = percentile(values, percent)
    assert value in values
    covered = [v for v in values if v <= value]
    assert 100 * len(covered) >= percent * len(values)
    assert all(
        100 * sum(v <= w for v in values) < percent * len(values) for w in values if w < value
    )

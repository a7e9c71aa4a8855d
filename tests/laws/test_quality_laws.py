"""The quality of a sample lies between 0 and 1, and no dimension that rises lowers it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from echo_core.judging.checks import quality
from echo_core.judging.checks.verdict import Finding, Verdict

QUALITIES = st.lists(st.floats(0, 1), max_size=8)


def verdicts(qualities: list[float]) -> list[Verdict]:
    return [
        Verdict(f"check{number}", 1, Finding.PASSED, quality=each)
        for number, each in enumerate(qualities)
    ]


@given(QUALITIES, st.text(max_size=100))
def test_it_lies_between_nothing_and_its_lowest_dimension(
    qualities: list[float], target: str
) -> None:
    found = quality.score(verdicts(qualities), target)
    parts = [value for _, value in quality.dimensions(verdicts(qualities), target)]
    assert 0.0 <= found <= min(parts) <= 1.0


@given(QUALITIES.filter(bool), st.floats(0, 1), st.data())
def test_no_dimension_that_rises_lowers_it(
    qualities: list[float], higher: float, data: st.DataObject
) -> None:
    before = verdicts(qualities)
    at = data.draw(st.integers(0, len(before) - 1))
    after = [*before]
    after[at] = replace(before[at], quality=max(higher, before[at].quality))
    assert quality.score(before, "call(here, now)") <= quality.score(after, "call(here, now)")


@given(st.integers(0, 5_000))
def test_length_rises_to_a_call_and_falls_behind_ten_lines(chars: int) -> None:
    here, next_one = quality.of_length("x" * chars), quality.of_length("x" * (chars + 1))
    if 0 < chars < quality.MEDIUM_CHARS:
        assert here <= next_one
    elif chars >= quality.MEDIUM_CHARS:
        assert here >= next_one
    assert min(quality.SHORT, quality.HUGE) <= here <= 1.0


def test_silence_is_no_shorter_than_it_should_be() -> None:
    assert quality.of_length(" \n") == 1.0

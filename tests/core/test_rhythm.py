"""How long a request waits for another key."""

from __future__ import annotations

from echo_core.completion.rhythm import (
    ADDED_SHARE_MAX,
    PAUSE_MS,
    REFUSALS_MIN,
    WAIT_MS_MAX,
    WAIT_MS_MIN,
    Rhythm,
)


def typing(key_ms: float, latency_ms: float | None) -> Rhythm:
    rhythm = Rhythm()
    for number in range(20):
        rhythm = rhythm.key_at(number * key_ms)
    return rhythm if latency_ms is None else rhythm.answered_in(latency_ms)


def test_nobody_waits_without_a_rhythm_or_a_latency() -> None:
    assert Rhythm().wait_ms == 0
    assert typing(150, None).wait_ms == 0
    assert Rhythm().answered_in(50).wait_ms == 0
    assert typing(PAUSE_MS + 1, 10).wait_ms == 0  # pauses are no rhythm
    assert typing(0, 10).wait_ms == 0  # nor are two requests at once


def test_the_wait_is_what_the_engine_leaves_of_the_rhythm() -> None:
    assert typing(150, 140).wait_ms == 10
    assert typing(150, 400).wait_ms == 0
    assert 10 < typing(150, 140).answered_in(130).wait_ms < 20


def test_a_quick_engine_is_not_made_slow() -> None:
    assert typing(150, 100).wait_ms == 100 * ADDED_SHARE_MAX
    assert typing(590, 400).wait_ms == WAIT_MS_MAX


def test_refusals_in_a_row_double_it_and_one_acceptance_ends_that() -> None:
    rhythm = typing(150, 40)
    for _ in range(REFUSALS_MIN):
        assert rhythm.wait_ms == 40 * ADDED_SHARE_MAX
        rhythm = rhythm.refused()
    assert rhythm.wait_ms == rhythm.refused().wait_ms == 2 * WAIT_MS_MAX
    assert rhythm.accepted().wait_ms == 40 * ADDED_SHARE_MAX


def test_a_wait_that_is_hardly_one_is_none() -> None:
    enough = WAIT_MS_MIN / ADDED_SHARE_MAX
    assert typing(150, enough).wait_ms == WAIT_MS_MIN
    assert typing(150, enough - 1).wait_ms == 0

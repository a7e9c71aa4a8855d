"""How long a request waits for another key."""

from __future__ import annotations

from echo_core.rhythm import PAUSE_MS, REFUSALS_MIN, WAIT_MS_MAX, Rhythm


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
    assert typing(150, 100).wait_ms == 50
    assert typing(150, 10).wait_ms == WAIT_MS_MAX
    assert typing(150, 400).wait_ms == 0
    assert 50 < typing(150, 100).answered_in(90).wait_ms < 60


def test_refusals_in_a_row_double_it_and_one_acceptance_ends_that() -> None:
    rhythm = typing(150, 10)
    for _ in range(REFUSALS_MIN):
        assert rhythm.wait_ms == WAIT_MS_MAX
        rhythm = rhythm.refused()
    assert rhythm.wait_ms == rhythm.refused().wait_ms == 2 * WAIT_MS_MAX
    assert rhythm.accepted().wait_ms == WAIT_MS_MAX

"""The sessions of `bench.gaps`: index and oracle agree on them, and the costs cover all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from bench import gaps, sessions
from echo_core.experience.mining import Experience
from echo_core.records.events import Edited, Event, Requested
from echo_testing.naive_experience import NaiveExperience


def agree(events: Iterable[Event]) -> int:
    """How many gaps ended, in both alike."""
    index, oracle = Experience(), NaiveExperience()
    ended = 0
    for event in events:
        mined = index.feed(event)
        assert mined == oracle.feed(event)
        ended += len(mined)
    return ended


def test_a_made_day_is_the_same_for_the_same_seed_and_mined_as_the_oracle_mines_it() -> None:
    day = list(sessions.made(6000, 3))
    assert day == list(sessions.made(6000, 3))
    assert day != list(sessions.made(6000, 4))
    assert sum(len(event.edits) for event in day if isinstance(event, Edited)) >= 6000
    assert agree(day) == sum(isinstance(event, Requested) for event in day)


def test_one_burst_is_mined_as_the_oracle_mines_it() -> None:
    assert agree(sessions.one_burst(300)) == 300


@pytest.mark.parametrize("name", ["svelte", "vscode"])
def test_recorded_sessions_are_mined_as_the_oracle_mines_them(name: str) -> None:
    if "ECHO_DATA" not in os.environ:
        pytest.skip("ECHO_DATA names no folder of data")
    assert agree(sessions.of_trace(Path(os.environ["ECHO_DATA"]) / f"{name}.trace.jsonl.gz")) > 100


def test_costs_are_of_the_whole_session() -> None:
    folded = gaps.fold(sessions.made(2500, 1))
    assert folded.edits >= 2500
    assert folded.samples + folded.nested <= folded.requests  # the others were replaced
    assert folded.slope() is None  # too short for one
    assert len(folded.us_per_edit) == -(-folded.edits // gaps.BATCH_EDITS)


def test_both_sides_follow_the_same_gaps_to_the_same_places() -> None:
    costs = gaps.search(sessions.one_burst(200))
    assert (costs.edits, costs.misplaced) == (200, 0)
    assert costs.found == 0 + 50 + 100 + 150

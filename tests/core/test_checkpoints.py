"""When texts are written down whole: by what replaying them would cost."""

from __future__ import annotations

from itertools import count

from echo_core.experience.checkpoints import READ_US, REPLAY_US, TIMES, Pace, events_worth
from echo_core.experience.mining import Document

SHORT = {"a": Document("python", 1, "x")}
LONG = {"a": Document("python", 1, "x" * 1_000_000), "b": Document("python", 1, "")}


def until_asked(pace: Pace, edited: str = "a") -> int:
    return next(number for number in count(1) if pace.took(edited))


def test_one_is_due_when_replaying_costs_many_times_what_reading_does() -> None:
    pace = Pace()
    assert until_asked(pace) == 643
    assert pace.is_due(SHORT, 0)
    pace.taken()
    assert until_asked(pace) == 643
    assert events_worth([0]) * REPLAY_US == TIMES * READ_US


def test_long_texts_are_written_more_rarely() -> None:
    pace = Pace()
    first = until_asked(pace)
    assert not pace.is_due(LONG, 0)
    assert first + until_asked(pace) == 14_929
    assert pace.is_due(LONG, 0)


def test_only_what_was_edited_and_is_open_counts() -> None:
    pace = Pace()
    until_asked(pace, "")
    assert not pace.is_due(LONG, 0)
    assert pace.took("gone")
    assert not pace.is_due(LONG, 0)
    assert pace.took("b")
    assert pace.is_due(LONG, 0)


def test_it_waits_until_no_gap_is_alive_but_not_for_ever() -> None:
    pace = Pace()
    first = until_asked(pace)
    assert not pace.is_due(SHORT, 1)
    asked = 0
    while not pace.is_due(SHORT, 1):
        assert pace.took("a")
        asked += 1
    assert first + asked == 2 * 643

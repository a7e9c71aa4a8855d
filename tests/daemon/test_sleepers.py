"""Fronts that go without a word, and those that go on where they were."""

from __future__ import annotations

from echo_core import limits
from echo_core.gaps.life import Break
from echo_core.records.events import Closed, Edited, Marked, Opened, Origin
from echo_core.records.reasons import Reason
from echo_core.records.wire import DocumentOpen
from echo_core.text.edits import Edit
from echo_testing.desk import DOC, Desk


async def test_gaps_of_a_front_that_goes_without_a_word_go_on_in_the_next_one() -> None:
    desk = Desk()
    between = "\n" * (limits.GAP_ANCHOR_CHARS + 1)
    desk.open(f"x = {between}y = 2\n")
    await desk.ask(4)
    first = desk.front.session
    desk.front.close()
    assert desk.recorder.mined == []
    desk.connect()
    desk.open(f"x = 1{between}y = 3\n")  # changed while nobody looked
    assert (desk.front.session, desk.front.gaps_live) == (first, 1)
    assert isinstance(unseen := desk.recorder.events[-1], Edited)
    at = 4 + len(between) + 4
    assert unseen.origin is Origin.UNSEEN
    assert unseen.edits == (Edit(at, at + 1, "3"), Edit(4, 4, "1"))


async def test_a_gap_that_sleeps_ends_by_time() -> None:
    desk = Desk()
    desk.open("x = ")
    await desk.ask(4)
    first = desk.front.session
    desk.front.close()
    desk.clock.now_ms += limits.GAP_LIFETIME_MS
    desk.connect()
    desk.open("x = ")
    assert [mined.reason for mined in desk.recorder.mined] == [Break.EXPIRED]
    assert desk.front.session != first
    assert isinstance(desk.recorder.events[-1], Opened)


async def test_a_sleeping_session_takes_in_what_is_open_already() -> None:
    desk = Desk()
    desk.open("x = ")
    await desk.ask(4)
    first = desk.front.session
    desk.front.close()
    desk.connect()
    other = "file:///b.py"
    desk.front.open(DocumentOpen(other, "python", 1, "b"))
    assert desk.front.session != first
    desk.open("x = ")
    assert desk.front.session == first
    assert [event.doc for event in desk.recorder.events if isinstance(event, Opened)] == [
        DOC,
        other,
        other,
    ]
    assert desk.front.gaps_live == 1


async def test_a_session_of_which_something_was_refused_is_recorded_no_further() -> None:
    desk = Desk()
    desk.open("x = ")
    desk.recorder.full = True
    await desk.ask(4)
    desk.recorder.full = False
    desk.type(4, "1")
    desk.clock.now_ms += limits.GAP_LIFETIME_MS
    desk.front.tick()
    assert desk.recorder.kinds() == [Opened]
    assert desk.recorder.mined == []
    desk.front.restart_recording()
    # What came before the hole is not to be taken for what was watched.
    assert desk.recorder.kinds() == [Opened, Marked, Opened]


async def test_switching_recording_off_closes_what_is_open_in_the_log() -> None:
    desk = Desk()
    desk.open("x = ")
    await desk.ask(4)
    desk.front.recording.end()
    desk.recorder.recording = False
    assert desk.recorder.kinds()[-1] is Closed
    assert [mined.reason for mined in desk.recorder.mined] == [Break.CLOSED]
    desk.type(4, "1")
    assert (await desk.ask(5)).reason == Reason.PROPOSED
    desk.front.close()

"""What the store recorded becomes a trace that plays through the same states."""

from __future__ import annotations

from echo_core.records import trace
from echo_core.records.answers import EchoLine, TraceOutcome, TraceProposal, TraceRequest
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Focused,
    HeadMoved,
    Opened,
    Origin,
    Outcome,
    OutcomeKind,
    Proposed,
    Renamed,
    Requested,
    Saved,
    Trigger,
)
from echo_core.records.export import trace_of
from echo_core.text.edits import Edit


def edited(at_ms: int, *edits: Edit) -> Edited:
    return Edited(at_ms, "d", at_ms, edits, Origin.TYPED)


EVENTS: list[Event] = [
    Opened(1000, "d", "python", 1, "ab"),
    Focused(1001, "d"),
    edited(1002, Edit(2, 2, "c"), Edit(0, 1, "")),
    Requested(1003, "r", "d", 2, 2, Trigger.AUTOMATIC),
    CursorMoved(1004, "d", 1, 2),
    Saved(1005, "d"),
    HeadMoved(1006, "commit"),
    Opened(1007, "d", "python", 2, "again"),
    edited(1008, Edit(0, 5, "x")),
    Closed(1009, "d"),
    edited(1010, Edit(0, 0, "lost")),
]


def test_a_session_becomes_a_trace_that_plays() -> None:
    lines = [trace.format(line) for line in trace_of(EVENTS)]
    assert trace.check(lines) == {"d": "x"}
    kinds = [line.kind for line in trace.parse(lines)]
    assert kinds == [
        "open", "focus", "edit", "cursor", "save", "head", "close", "open", "edit", "close"
    ]  # fmt: skip
    assert [line.t_ms for line in trace.parse(lines)] == [0, 1, 2, 4, 5, 6, 7, 7, 8, 9]


def test_what_echo_did_is_in_the_trace() -> None:
    events: list[Event] = [
        *EVENTS[:4],
        Proposed(1004, "r", "p", "text", "model", -0.1, 5.0, 9, 1, 2, "proposed"),
        Outcome(1300, "p", OutcomeKind.SHOWN, 4),
        Requested(1301, "s", "unknown", 2, 2, Trigger.AUTOMATIC),
    ]
    assert [line for line in trace_of(events) if isinstance(line, EchoLine)] == [
        TraceRequest(3, "r", "d", 2, Trigger.AUTOMATIC),
        TraceProposal(4, "r", "p", "text"),
        TraceOutcome(300, "p", OutcomeKind.SHOWN, 4),
    ]


def test_a_renamed_document_is_renamed_in_the_trace() -> None:
    events: list[Event] = [
        Opened(0, "d", "python", 1, "ab"),
        Renamed(1, "d", "e"),
        Opened(2, "d", "python", 1, "other"),
        Renamed(3, "e", "d"),
        Renamed(4, "unknown", "f"),
        Closed(5, "d"),
    ]
    lines = list(trace_of(events))
    assert [line.kind for line in lines] == ["open", "rename", "open", "close", "rename", "close"]
    assert trace.check(map(trace.format, lines)) == {"d": "ab"}


def test_what_names_no_open_document_is_left_out() -> None:
    events: list[Event] = [
        edited(0, Edit(0, 0, "x")),
        CursorMoved(1, "d", 0, 0),
        Focused(2, "d"),
        Saved(3, "d"),
        Closed(4, "d"),
    ]
    assert list(trace_of(events)) == []

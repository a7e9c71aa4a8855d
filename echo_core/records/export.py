"""A recorded session as a trace: what the editor did, and what Echo answered.

Left out: reading the log, the format itself (`echo_core.records.trace`).

Rules
 - Playing the trace goes through exactly the recorded states of every document.
 - A document that was opened over itself was closed first, as the format has it.
 - A trace that begins in the middle may hold the answer to a request that came before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from echo_core.records.answers import TraceOutcome, TraceProposal, TraceRequest
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Focused,
    HeadMoved,
    Opened,
    Outcome,
    Proposed,
    Renamed,
    Requested,
    Saved,
)
from echo_core.records.trace import (
    AnyLine,
    TraceClose,
    TraceCursor,
    TraceEdit,
    TraceFocus,
    TraceHead,
    TraceLine,
    TraceOpen,
    TraceRename,
    TraceSave,
)
from echo_core.text.mirror import Mirror


class Tracing:
    """The trace of one session from some event on; time counts from `start_ms`."""

    def __init__(self, start_ms: int, standing: Iterable[Opened] = ()) -> None:
        """`standing`: the documents that are open then, of which earlier lines told."""
        self._start_ms = start_ms
        self._texts = {opened.doc: Mirror(opened.text) for opened in standing}

    def lines(self, event: Event) -> Iterator[AnyLine]:
        """The lines of the next event: none, one, or two where a document comes over itself."""
        t_ms = max(0, event.at_ms - self._start_ms)
        match event:
            case Requested() if event.doc in self._texts:
                yield TraceRequest(t_ms, event.request, event.doc, event.offset, event.trigger)
            case Proposed():
                yield TraceProposal(t_ms, event.request, event.proposal, event.text)
            case Outcome():
                yield TraceOutcome(t_ms, event.proposal, event.outcome, event.chars)
            case _:
                yield from self._edited(event, t_ms)

    def _edited(self, event: Event, t_ms: int) -> Iterator[TraceLine]:
        """What the editor did."""
        texts = self._texts
        match event:
            case Opened():
                if event.doc in texts:
                    yield TraceClose(t_ms, event.doc, texts[event.doc].text)
                texts[event.doc] = Mirror(event.text)
                yield TraceOpen(t_ms, event.doc, event.language, event.text)
            case Edited() if event.doc in texts:
                for edit in event.edits:
                    texts[event.doc].edit(edit)
                yield TraceEdit(t_ms, event.doc, event.edits)
            case CursorMoved() if event.doc in texts:
                yield TraceCursor(t_ms, event.doc, event.anchor, event.head)
            case Focused() if event.doc in texts:
                yield TraceFocus(t_ms, event.doc)
            case Saved() if event.doc in texts:
                yield TraceSave(t_ms, event.doc)
            case HeadMoved():
                yield TraceHead(t_ms, event.ref)
            case Renamed() if event.doc in texts:
                if event.to in texts:
                    yield TraceClose(t_ms, event.to, texts[event.to].text)
                texts[event.to] = texts.pop(event.doc)
                yield TraceRename(t_ms, event.doc, event.to)
            case Closed() if event.doc in texts:
                yield TraceClose(t_ms, event.doc, texts.pop(event.doc).text)
            case _:
                pass


def trace_of(events: Iterable[Event]) -> Iterator[AnyLine]:
    """The trace of one session's events, in their order; time counts from the first."""
    tracing: Tracing | None = None
    for event in events:
        tracing = tracing or Tracing(event.at_ms)
        yield from tracing.lines(event)

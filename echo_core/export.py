"""A recorded session as a trace: the events that an editor caused, without what Echo did.

Left out: reading the log, the format itself (`echo_core.trace`).

Rules
 - Playing the trace goes through exactly the recorded states of every document.
 - A document that was opened over itself was closed first, as the format has it.
 - Requests, proposals and outcomes are Echo's doing: a replay makes its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from echo_core.edits import apply_all
from echo_core.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Focused,
    HeadMoved,
    Opened,
    Renamed,
    Saved,
)
from echo_core.trace import (
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


def trace_of(events: Iterable[Event]) -> Iterator[TraceLine]:
    """The trace of one session's events, in their order; time counts from the first."""
    texts: dict[str, str] = {}
    start_ms: int | None = None
    for event in events:
        start_ms = event.at_ms if start_ms is None else start_ms
        t_ms = max(0, event.at_ms - start_ms)
        match event:
            case Opened():
                if event.doc in texts:
                    yield TraceClose(t_ms, event.doc, texts[event.doc])
                texts[event.doc] = event.text
                yield TraceOpen(t_ms, event.doc, event.language, event.text)
            case Edited() if event.doc in texts:
                texts[event.doc] = apply_all(texts[event.doc], event.edits)
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
                    yield TraceClose(t_ms, event.to, texts[event.to])
                texts[event.to] = texts.pop(event.doc)
                yield TraceRename(t_ms, event.doc, event.to)
            case Closed() if event.doc in texts:
                yield TraceClose(t_ms, event.doc, texts.pop(event.doc))
            case _:
                pass

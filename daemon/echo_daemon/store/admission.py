"""Which events the log takes, so that it never has a hole inside a document's edits.

Left out: the queue and its bounds (`log`), which documents are recorded at all.

Rules
 - Once an event of a document was refused, all are, until the document is opened anew, with its
   whole text, or goes on from what the log holds of it.
 - An event that names a document which the log does not know is refused.
"""

from __future__ import annotations

import sys
from typing import Final, TypeAlias

from echo_core.records.events import (
    Closed,
    Committed,
    CursorMoved,
    Edited,
    Event,
    HeadMoved,
    Imported,
    Marked,
    Opened,
    Origin,
    Outcome,
    Proposed,
    Renamed,
    Requested,
)

Stale: TypeAlias = "frozenset[tuple[str, str]]"
_Doc: TypeAlias = "tuple[str, str]"  # session, document

ITEM_BYTES: Final = 400  # a small event with its tuple and its place in the queue

# Without these, a document's edits cannot be replayed, or the log names what it does not know.
_NEEDS_OPEN: Final = (Edited, CursorMoved, Requested, Closed)
_ENDS: Final = (Closed, Renamed)  # of what the log holds under that name
_COMMON: Final = frozenset({Edited, CursorMoved, Requested})  # nearly all, and they change nothing
_WHOLE_TEXT: Final = (Opened, Committed, Imported, Proposed)
_NO_DOCUMENT: Final = (Proposed, Outcome, HeadMoved, Marked)


class Admission:
    """What the log holds of each open document. Not thread-safe."""

    def __init__(self) -> None:
        self._whole: set[_Doc] = set()
        self._stale: set[_Doc] = set()

    @property
    def stale(self) -> Stale:
        """The documents of which something was refused."""
        return frozenset(self._stale)

    def forget_stale(self) -> None:
        """Whoever had stale documents was told to open them anew."""
        self._stale.clear()

    def admits(self, event: Event, session: str, *, room: bool) -> bool:
        """Whether `event` is taken, where there is `room` for it; remembers the answer."""
        if isinstance(event, _NO_DOCUMENT):
            return room
        document = (session, event.doc)
        if room and type(event) in _COMMON and document in self._whole:
            return True
        if not room:
            self._whole.discard(document)
            if isinstance(event, _ENDS):
                self._stale.discard(document)
            else:
                self._stale.add(document)
            if isinstance(event, Renamed):
                self._stale.add((session, event.to))
            return False
        goes_on = isinstance(event, Edited) and event.origin is Origin.UNSEEN
        if isinstance(event, Opened) or goes_on:
            self._whole.add(document)
            self._stale.discard(document)
            return True
        if isinstance(event, _NEEDS_OPEN) and document not in self._whole:
            return False
        if isinstance(event, _ENDS) and document in self._whole:
            self._whole.discard(document)
            if isinstance(event, Renamed):
                self._whole.add((session, event.to))
        return True


def queued_bytes(event: Event) -> int:
    """Memory that an event takes in the queue."""
    if isinstance(event, Requested):
        return ITEM_BYTES
    if isinstance(event, Edited):
        if len(event.edits) == 1:
            return ITEM_BYTES + ITEM_BYTES // 2 + sys.getsizeof(event.edits[0].inserted)
        texts = sum(ITEM_BYTES // 2 + sys.getsizeof(edit.inserted) for edit in event.edits)
    else:
        texts = sys.getsizeof(event.text) if isinstance(event, _WHOLE_TEXT) else 0
    return ITEM_BYTES + texts

"""Documents that may not be recorded: mirrored, because completion needs them, and no more.

Left out: which documents these are (`miner`).

Rules
 - What is taken here reaches neither the log nor the fold.
 - A proposal goes where its request went; one whose request the log does not know is not recorded.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from echo_core.experience.mining import Document
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    HeadMoved,
    Marked,
    Opened,
    Outcome,
    Proposed,
    Requested,
)

# Requests whose answers, and proposals whose outcomes are still awaited: more than an editor has
# under way, and more than it shows in an hour.
NOTED_MAX = 256
_COMMON: Final = frozenset({Edited, CursorMoved, Requested})  # nearly all


class Apart:
    """The mirrors of one session's unrecorded documents."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self._private: set[str] = set()
        self._asked: OrderedDict[str, None] = OrderedDict()  # the newest requests of the log
        self._proposals: OrderedDict[str, None] = OrderedDict()

    def enter(self, doc: str) -> None:
        """From its next opening on, `doc` is kept apart."""
        self._private.add(doc)

    def leave(self, doc: str) -> None:
        """From its next opening on, `doc` belongs to the log."""
        self._private.discard(doc)
        self.documents.pop(doc, None)

    def takes(self, event: Event) -> bool:
        """Take `event` where it is of a document kept apart; whether it was."""
        if type(event) in _COMMON and not self._private:
            if isinstance(event, Requested):
                _note(self._asked, event.request)
            return False
        match event:
            case Proposed():
                return self._takes_proposal(event)
            case Outcome():
                return event.proposal in self._proposals
            case HeadMoved() | Marked():
                return False
            case _ if event.doc not in self._private:
                if isinstance(event, Requested):
                    _note(self._asked, event.request)
                return False
            case Opened():
                self.documents[event.doc] = Document(event.language, event.version, event.text)
            case Edited() if event.doc in self.documents:
                document = self.documents[event.doc]
                for edit in event.edits:
                    document.mirror.edit(edit)
                document.version = event.version
            case Closed():
                self.leave(event.doc)
            case _:
                pass
        return True

    def _takes_proposal(self, event: Proposed) -> bool:
        if event.request in self._asked:  # also further candidates
            return False
        if event.proposal:
            _note(self._proposals, event.proposal)
        return True


def _note(among: OrderedDict[str, None], one: str) -> None:
    among[one] = None
    if len(among) > NOTED_MAX:
        among.popitem(last=False)

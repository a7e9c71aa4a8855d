"""Documents that may not be recorded: mirrored, because completion needs them, and no more.

Left out: which documents these are (`miner`).

Rules
 - What is taken here reaches neither the log nor the fold.
 - A proposal goes where its request went; one whose request the log does not know is not recorded.
"""

from __future__ import annotations

from collections import OrderedDict

from echo_core.events import (
    Closed,
    Edited,
    Event,
    HeadMoved,
    Opened,
    Outcome,
    Proposed,
    Requested,
)
from echo_core.experience import Document

PROPOSALS_MAX = 256  # whose outcomes are still awaited; more than an editor shows in an hour
REQUESTS_MAX = 256  # of the log, whose answers may still come; one may have several


class Apart:
    """The mirrors of one session's unrecorded documents."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self._private: set[str] = set()
        self._asked: OrderedDict[str, None] = OrderedDict()  # requests of the log
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
        match event:
            case Proposed():
                return self._takes_proposal(event)
            case Outcome():
                return event.proposal in self._proposals
            case HeadMoved():
                return False
            case _ if event.doc not in self._private:
                if isinstance(event, Requested):
                    self._asked[event.request] = None
                    if len(self._asked) > REQUESTS_MAX:
                        self._asked.popitem(last=False)
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
        if event.request in self._asked:
            return False
        if event.proposal:
            self._proposals[event.proposal] = None
            if len(self._proposals) > PROPOSALS_MAX:
                self._proposals.popitem(last=False)
        return True

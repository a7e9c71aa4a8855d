"""Live mining: events go into the log and into the fold, and what breaks comes out as samples.

Left out: how gaps live and end (`echo_core.gaps.life`, `echo_core.experience.mining`); how things
are stored (`echo_daemon.store`).

Rules
 - One `Miner` for one recorded session, or for the next part of one (`sleepers`); when recording
   is switched on, or resumes after a failure, a new one starts with the documents as they are
   then, so that the log has no hole.
 - The log holds the beginning of a session, never a part from its middle: once an event was not
   taken, nothing of this session is recorded any more.
 - It works while recording is off too, because completion needs the same mirrors: then nothing
   is handed to the recorder.
 - A document that may not be recorded is mirrored apart, so that no gap of another one depends on
   what the log does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from echo_core.clock import Clock
from echo_core.experience.checkpoints import Pace
from echo_core.experience.fold import Fold
from echo_core.experience.mining import Document, Experience
from echo_core.places import holds, path_of
from echo_core.records.events import (
    Closed,
    Committed,
    Edited,
    Event,
    Mark,
    Marked,
    Opened,
    Origin,
    Renamed,
    Requested,
)
from echo_core.records.wire import Forget
from echo_daemon.mining.apart import Apart
from echo_daemon.mining.difference import difference
from echo_daemon.mining.recording import Recorder, Who, hand_over, recorded
from echo_daemon.mining.sleepers import Sleeper

__all__ = ["Miner", "Recorder", "Who"]

_TOUCHING: Final = (Edited, Requested, Opened)  # of what a person does in a document


class Miner:
    """The mirrors, gaps and samples of one session."""

    def __init__(
        self,
        session: str,
        who: Who,
        recorder: Recorder,
        clock: Clock,
        fold: Fold,
        *,
        goes_on: Sleeper | None = None,
    ) -> None:
        """`fold`: of all sessions, because one sees what became of another's gaps.

        `goes_on`: the session that this is the next part of; `session` is not used then.
        """
        self.session = session if goes_on is None else goes_on.session
        self._who = who
        self._recorder = recorder
        self._clock = clock
        self._fold = fold
        self._began = False  # the log knows whose the session is
        self._written = goes_on is not None  # it holds something of the session
        self._ended = False  # nothing is recorded any more
        if goes_on is None:
            self._experience = fold.begin(session)
            self._last_ms = 0
            self._pace = Pace()
        else:
            self._experience = goes_on.experience
            self._last_ms = goes_on.last_ms
            self._pace = goes_on.pace
        self._asleep = set(self._experience.documents)  # not opened yet in this part
        self._apart = Apart()
        self._held: set[str] = set()  # forgotten while open: apart until closed
        self._touched_ms: dict[str, int] = {}  # when a document's events last came into the log

    def now_ms(self) -> int:
        """Wall-clock time that never falls within this session, whatever is done to the clock."""
        self._last_ms = max(self._last_ms, self._clock.wall_ms())
        return self._last_ms

    @property
    def roots(self) -> tuple[str, ...]:
        """The workspace's folders, as URIs."""
        return self._who.roots

    @property
    def recording(self) -> bool:
        """Whether what is observed is kept."""
        return self._recorder.recording

    @property
    def gaps_live(self) -> int:
        """How many gaps are alive in this session."""
        return self._experience.gaps_live

    def document(self, doc: str) -> Document | None:
        """The mirror of `doc` as all events so far imply it."""
        return self._apart.documents.get(doc) or self._experience.documents.get(doc)

    def opened(self, doc: str, language: str, version: int, text: str) -> None:
        """A document came, with its whole text; in one that comes back, what stood goes on."""
        now = self.now_ms()
        before = self._experience.documents.get(doc) if doc in self._asleep else None
        if before is not None and before.language == language and not self._is_private(doc):
            edits = difference(before.text, text)
            self.observe(Edited(now, doc, version, edits, Origin.UNSEEN))
        else:
            self.observe(Opened(now, doc, language, version, text))
        self._asleep.discard(doc)

    def renamed(self, doc: str, to: str) -> bool:
        """`doc` goes on as `to`; whether it does. Open it under its new name, unless it is."""
        if doc not in self._experience.documents or self._is_private(doc) or self._is_private(to):
            return False
        there = self._experience.documents.get(to)
        self._take(Renamed(self.now_ms(), doc, to))
        self._asleep.discard(doc)
        if there is None:
            self._asleep.add(to)
        else:
            self._experience.documents[to].version = there.version
        return True

    def renamed_elsewhere(self, doc: str, to: str, confidence: float = 1.0) -> None:
        """A document that is not open here, of which something is followed, has another name."""
        if not (self._ended or self._is_private(doc) or self._is_private(to)):
            self._take(Renamed(self.now_ms(), doc, to, confidence))

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents of the log."""
        return self._experience.documents

    def observe(self, event: Event) -> None:
        """Take an event: into the log, into the fold; or apart."""
        if isinstance(event, Opened):
            self._decide(event)
        elif isinstance(event, Closed):
            self._held.discard(event.doc)
        elif isinstance(event, Committed) and self._is_private(event.doc):
            return
        if not self._apart.takes(event):
            self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, Closed):
            self._touched_ms.pop(event.doc, None)
        elif isinstance(event, _TOUCHING):
            self._touched_ms[event.doc] = event.at_ms
        elif isinstance(event, Renamed) and event.doc in self._touched_ms:
            self._touched_ms[event.to] = self._touched_ms.pop(event.doc)
        if self._ended or not self._recorder.recording:
            self._experience.feed(event)
            return
        with self._recorder.together():
            if not self._began:
                self._began = True
                self._recorder.begin(self.session, self._who, self.now_ms())
            folded = recorded(self._recorder, self._fold, self.session, event)
            if folded is None:
                self.end()
                self._experience.feed(event)
                return
            self._written = True
            hand_over(self._recorder, folded)
            if self._pace.took(event.doc if isinstance(event, Edited) else ""):
                self._checkpoint(event.at_ms)

    def _checkpoint(self, at_ms: int) -> None:
        """Write the texts down where replaying them has become dear; the event is in the log."""
        documents, gaps_live = self._experience.documents, self._experience.gaps_live
        if self._pace.is_due(documents, gaps_live):
            standing = [
                Opened(at_ms, doc, one.language, one.version, one.text)
                for doc, one in documents.items()
            ]
            if self._recorder.checkpoint(self.session, standing, quiet=not gaps_live):
                self._pace.taken()

    def tick(self) -> None:
        """Let time end what it ends."""
        if self._ended or not self._recorder.recording:
            self._experience.advance(self.now_ms())
            return
        now = self.now_ms()
        if self._written and self._fold.is_due(now):
            self._take(Marked(now, Mark.PASSED))

    def leave(self) -> None:
        """Nobody goes on with the session; the log says so."""
        if self._written and not self._ended and self._recorder.recording:
            self.tick()
            self._take(Marked(self.now_ms(), Mark.RESTED))
        self.end()

    def end(self) -> None:
        """Nothing of the session is recorded any more; its mirrors stay."""
        if not self._ended:
            self._ended = True
            self._fold.end(self.session)

    def close(self) -> None:
        """The session is over in the log too: all that is open in it is closed."""
        openings = self.openings()
        for doc in list(self._experience.documents):
            self._take(Closed(self.now_ms(), doc))
        self.end()
        self._experience = Experience()
        for opened in openings:
            if opened.doc not in self._apart.documents:
                self._experience.feed(opened)

    def rest(self) -> Sleeper | None:
        """The session as somebody may go on with it; None where nothing of it is recorded.

        What still comes here, an answer that nobody waits for, is no part of it.
        """
        if self._ended or not self._experience.gaps_live:
            self.leave()
            return None
        self._ended = True
        sleeper = Sleeper(self.session, self._who, self._experience, self._last_ms, self._pace)
        self._experience = Experience()
        return sleeper

    def openings(self) -> list[Opened]:
        """The documents as they are now, as the events with which another session can start."""
        now = self.now_ms()
        documents = self._experience.documents | self._apart.documents
        return [
            Opened(now, doc, document.language, document.version, document.text)
            for doc, document in documents.items()
            if doc not in self._asleep
        ]

    def follow(self, before: Miner, forgotten: Forget | None = None) -> None:
        """Start where another session ended; what was `forgotten` is not recorded again."""
        self._held = before._held | (before.concerned(forgotten) if forgotten else set())
        for opened in before.openings():
            self.opened(opened.doc, opened.language, opened.version, opened.text)
        self._touched_ms = {  # opening it anew is nothing that the person did
            doc: before._touched_ms.get(doc, 0) for doc in self._touched_ms
        }

    def concerned(self, forgotten: Forget) -> set[str]:
        """The open documents whose text is what was to be forgotten."""
        if forgotten.workspace:
            return {doc for doc in self._touched_ms if holds(forgotten.workspace, path_of(doc))}
        since_ms = self.now_ms() - forgotten.last_ms
        return {doc for doc, at_ms in self._touched_ms.items() if at_ms >= since_ms}

    def is_apart(self, doc: str) -> bool:
        """Whether `doc` is mirrored here and may not be recorded."""
        return doc in self._apart.documents

    def holds_back(self, doc: str) -> bool:
        """Whether `doc` was forgotten while it was open, and is open still."""
        return doc in self._held

    def decide_again(self) -> None:
        """What may be recorded changed: documents come into the log, or leave it."""
        for opened in self.openings():
            if self._is_private(opened.doc) is not (opened.doc in self._apart.documents):
                self.observe(opened)

    def _is_private(self, doc: str) -> bool:
        if not self._recorder.recording:
            return doc in self._apart.documents  # decided when recording begins
        return doc in self._held or not self._recorder.admits(doc, self._who)

    def _decide(self, opened: Opened) -> None:
        """Whether a document that is opened belongs into the log."""
        if not self._is_private(opened.doc):
            self._apart.leave(opened.doc)
            return
        if opened.doc in self._experience.documents:  # in the log it ends here
            self._take(Closed(opened.at_ms, opened.doc))
        self._apart.enter(opened.doc)

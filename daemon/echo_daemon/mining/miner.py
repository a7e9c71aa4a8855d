"""Live mining: events go into the log and into the fold, and what breaks comes out as samples.

Left out: how gaps live and end (`echo_core.gap`, `echo_core.experience`); how things are stored
(`echo_daemon.store`).

Rules
 - One `Miner` for one recorded session; when recording is switched on, or resumes after a
   failure, a new one starts with the documents as they are then, so that the log has no hole.
 - It works while recording is off too, because completion needs the same mirrors: then nothing
   is handed to the recorder.
 - A document that may not be recorded is mirrored apart, so that no gap of another one depends on
   what the log does not hold.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from echo_core.clock import Clock
from echo_core.events import Closed, Committed, Edited, Event, Opened, Requested
from echo_core.experience import Document, Mined
from echo_core.fold import Fold, Folded
from echo_core.looks import Look
from echo_core.places import holds, path_of
from echo_core.wire import Forget
from echo_daemon.mining.apart import Apart
from echo_daemon.mining.matching import RapidMatcher


@dataclass(frozen=True, slots=True)
class Who:
    """Whose session it is. `roots`: workspace folders, as URIs."""

    client: str
    roots: tuple[str, ...] = ()


class Recorder(Protocol):
    """Where events and what was mined from them are kept; nothing here waits for disk."""

    @property
    def recording(self) -> bool:
        """Whether anything handed over is kept."""
        ...

    def admits(self, doc: str, who: Who) -> bool:
        """Whether anything about `doc` may be kept; asked when it is opened."""
        ...

    def begin(self, session: str, who: Who, at_ms: int) -> None: ...

    def together(self) -> AbstractContextManager[None]:
        """What is handed over inside becomes durable together, or not at all."""
        ...

    def append(self, session: str, event: Event) -> None: ...

    def gap_opened(self, session: str, request: Requested) -> None: ...

    def gap_ended(self, session: str, mined: Mined) -> None: ...

    def looked(self, look: Look) -> None: ...


class Miner:
    """The mirrors, gaps and samples of one session."""

    def __init__(
        self, session: str, who: Who, recorder: Recorder, clock: Clock, fold: Fold | None = None
    ) -> None:
        """`fold`: of all sessions, because one sees what became of another's gaps."""
        self.session = session
        self._recorder = recorder
        self._clock = clock
        self._fold = fold or Fold(RapidMatcher())
        self._experience = self._fold.begin(session)
        self._last_ms = 0
        self._who = who
        self._apart = Apart()
        self._held: set[str] = set()  # forgotten while open: apart until closed
        self._touched_ms: dict[str, int] = {}  # when a document's events last came into the log
        if recorder.recording:
            recorder.begin(session, who, self.now_ms())

    def now_ms(self) -> int:
        """Wall-clock time that never falls within this session, whatever is done to the clock."""
        self._last_ms = max(self._last_ms, self._clock.wall_ms())
        return self._last_ms

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
        elif isinstance(event, Opened | Edited | Requested):
            self._touched_ms[event.doc] = event.at_ms
        if not self._recorder.recording:
            self._experience.feed(event)
            return
        with self._recorder.together():
            self._recorder.append(self.session, event)
            folded = self._fold.feed(self.session, event)
            if isinstance(event, Requested):
                self._recorder.gap_opened(self.session, event)
            self._record(folded)

    def tick(self) -> None:
        """Let time end what it ends."""
        if not self._recorder.recording:
            self._experience.advance(self.now_ms())
            return
        with self._recorder.together():
            self._record(self._fold.advance(self.now_ms()))

    def end(self) -> None:
        """The session is over; its gaps ended with its documents, or go on in the next one."""
        self._fold.end(self.session)

    def _record(self, folded: Folded) -> None:
        for one in folded.mined:
            self._recorder.gap_ended(self.session, one)
        for look in folded.looks:
            self._recorder.looked(look)

    def openings(self) -> list[Opened]:
        """The documents as they are now, as the events with which another session can start."""
        now = self.now_ms()
        documents = self._experience.documents | self._apart.documents
        return [
            Opened(now, doc, document.language, document.version, document.text)
            for doc, document in documents.items()
        ]

    def follow(self, before: Miner, forgotten: Forget | None = None) -> None:
        """Start where another session ended; what was `forgotten` is not recorded again."""
        self._held = before._held | (before.concerned(forgotten) if forgotten else set())
        for opened in before.openings():
            self.observe(opened)
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

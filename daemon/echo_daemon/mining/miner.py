"""Live mining: events go into the log and into the fold, and what breaks comes out as samples.

Left out: how gaps live and end (`echo_core.gap`, `echo_core.experience`); how things are stored
(`echo_daemon.store`).

Rules
 - One `Miner` for one recorded session; when recording is switched on, or resumes after a
   failure, a new one starts with the documents as they are then, so that the log has no hole.
 - It works while recording is off too, because completion needs the same mirrors: then nothing
   is handed to the recorder.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from echo_core.clock import Clock
from echo_core.events import Event, Opened, Requested
from echo_core.experience import Document, Mined
from echo_core.fold import Fold, Folded
from echo_core.looks import Look
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
        if recorder.recording:
            recorder.begin(session, who, self.now_ms())

    def now_ms(self) -> int:
        """Wall-clock time that never falls within this session, whatever is done to the clock."""
        self._last_ms = max(self._last_ms, self._clock.wall_ms())
        return self._last_ms

    @property
    def gaps_live(self) -> int:
        """How many gaps are alive in this session."""
        return self._experience.gaps_live

    def document(self, doc: str) -> Document | None:
        """The mirror of `doc` as all events so far imply it."""
        return self._experience.documents.get(doc)

    def observe(self, event: Event) -> None:
        """Take an event: into the log, into the fold."""
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
        return [
            Opened(now, doc, document.language, document.version, document.text)
            for doc, document in self._experience.documents.items()
        ]

"""From the events of all sessions to what was mined, and to what became of it.

A session is folded alone (`echo_core.experience.mining`); what became of a gap is seen by sessions
that came after its own (`echo_core.experience.kept`). This holds the two together, live and in a
rebuild.

Left out: where events come from and where the results go (`echo_daemon.mining`).

Rules
 - Events go in as the log has them: those of all sessions in one order.
 - Time passes in all sessions before an event of that time is taken in one.
 - What time alone brings about is marked in the log (`Mark.PASSED`), so that a rebuild lets time
   pass as far as it was watched, and no further (adr/0010).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from echo_core.experience.anchors import Matcher
from echo_core.experience.kept import Kept
from echo_core.experience.looks import Look
from echo_core.experience.mining import UNWATCHED, Experience, Mined
from echo_core.experience.past import samples_of
from echo_core.records.events import Closed, Event, Imported, Mark, Marked


@dataclass(slots=True)
class Folded:
    """What an event, or time, brought about."""

    mined: list[Mined] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


class Fold:
    """The state of all sessions, folded from their events."""

    def __init__(self, matcher: Matcher) -> None:
        self.kept = Kept(matcher)
        # The log does not say yet that this process began, or why nothing came for a while.
        self.fresh = False
        self._sessions: dict[str, Experience] = {}

    def begin(self, session: str, experience: Experience | None = None) -> Experience:
        """A session starts, or goes on with an `experience` that was folded before."""
        experience = experience or Experience(session)
        self._sessions[session] = experience
        self.kept.begin(session, experience.documents)
        return experience

    def end(self, session: str) -> None:
        """A session ended: nothing more will come from it."""
        self._sessions.pop(session, None)
        self.kept.end(session)

    def over(self, session: str) -> None:
        """Nothing more comes from a session, though nobody said that it ended."""
        self._sessions.pop(session, None)

    def experience(self, session: str) -> Experience | None:
        """What a session's events imply; None where it ended."""
        return self._sessions.get(session)

    def feed(self, session: str, event: Event) -> Folded:
        """Take the next event of `session`."""
        if isinstance(event, Imported):  # of the past: no session's time passes
            return Folded(samples_of(event))
        unwatched = isinstance(event, Marked) and event.what in UNWATCHED
        idle = unwatched or not self.is_due(event.at_ms)
        folded = Folded() if idle else self.advance(event.at_ms)
        experience = self._sessions.get(session) or self.begin(session)
        if isinstance(event, Closed):
            folded.looks += self.kept.closing(session, event.doc, event.at_ms)
        mined = experience.feed(event)
        looks = self.kept.feed(session, event, mined)
        if mined:
            folded.mined += mined
        if looks:
            folded.looks += looks
        if isinstance(event, Marked):
            self._marked(session, event.what)
        return folded

    def _marked(self, session: str, what: Mark) -> None:
        if what is Mark.RESTED:
            self.end(session)
        elif what is Mark.RESUMED:
            self.fresh = False

    def is_due(self, at_ms: int) -> bool:
        """Whether time up to `at_ms` may bring something about."""
        if self.kept.soonest_ms <= at_ms:
            return True
        for experience in self._sessions.values():  # noqa: SIM110 - asked at every key
            if experience.soonest_ms <= at_ms:
                return True
        return False

    def advance(self, at_ms: int) -> Folded:
        """Let time pass."""
        folded = Folded()
        for session, experience in self._sessions.items():
            mined = experience.advance(at_ms)
            if mined:
                self.kept.broke(session, mined)
                folded.mined += mined
        folded.looks += self.kept.advance(at_ms)
        return folded

"""Sessions whose front went without a word: their gaps go on when a document comes back.

A front may be killed, or lose its connection; the daemon may be killed, and read its sessions
from the log when it starts again. What was alive then sleeps here. Time still ends it, and a
document that is opened again wakes its session (docs/adr/0009).

Left out: how a document's text is brought up to date (`miner`), reading the log (the archive).

Rules
 - Only what is recorded sleeps: without a log there is nothing to go on from.
 - A session without a live gap does not sleep: nothing of it would be different.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from echo_core.clock import Clock
from echo_core.experience.checkpoints import Pace
from echo_core.experience.fold import Fold
from echo_core.experience.mining import Experience
from echo_core.records.events import Mark, Marked
from echo_daemon.mining.recording import Recorder, Who, hand_over, recorded


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A session as its events so far imply it."""

    session: str
    who: Who
    experience: Experience
    last_ms: int  # its events never fall below
    pace: Pace = field(default_factory=Pace)


class Sleepers:
    """The sleeping sessions of one daemon."""

    def __init__(self, fold: Fold, recorder: Recorder, clock: Clock) -> None:
        self._fold = fold
        self._recorder = recorder
        self._clock = clock
        self._asleep: dict[str, Sleeper] = {}  # by session, the newest last

    @property
    def gaps_live(self) -> int:
        """How many gaps sleep."""
        return sum(one.experience.gaps_live for one in self._asleep.values())

    def rest(self, sleeper: Sleeper) -> None:
        """A session falls asleep."""
        if self._recorder.recording and sleeper.experience.gaps_live:
            self._asleep[sleeper.session] = sleeper
        else:
            self._fold.end(sleeper.session)

    def restore(self, sleeper: Sleeper) -> None:
        """A session that another process left; time that passed since ends what it ends."""
        self._fold.begin(sleeper.session, sleeper.experience)
        self.rest(sleeper)

    def wake(self, doc: str, who: Who, session: str) -> Sleeper | None:
        """The session in which `doc` goes on: `session` itself, else of the same window, else any.

        None where none has that document.
        """
        self.tick()
        found = [one for one in self._asleep.values() if doc in one.experience.documents]
        if not found:
            return None
        best = max(found, key=lambda one: (one.session == session, one.who == who, one.last_ms))
        return self._asleep.pop(best.session)

    def tick(self) -> None:
        """Let time end what it ends."""
        if not self._asleep:
            return
        if not self._recorder.recording:
            self.forget()
            return
        last = next(reversed(self._asleep.values()))
        if self._fold.is_due(max(self._clock.wall_ms(), last.last_ms)):
            self._mark(last, Mark.PASSED)
        for one in list(self._asleep.values()):
            if not one.experience.gaps_live:
                self._mark(one, Mark.RESTED)
                self._asleep.pop(one.session, None)

    def abandon(self, sleeper: Sleeper) -> None:
        """Nobody may go on with this session; what lives in it ends, unknown how."""
        self._fold.begin(sleeper.session, sleeper.experience)
        self._asleep[sleeper.session] = sleeper
        self._mark(sleeper, Mark.RESTED)
        self._asleep.pop(sleeper.session, None)

    def _mark(self, sleeper: Sleeper, what: Mark) -> None:
        now = max(self._clock.wall_ms(), sleeper.last_ms)
        with self._recorder.together():
            folded = recorded(self._recorder, self._fold, sleeper.session, Marked(now, what))
            if folded is None:
                self.forget()
                return
            hand_over(self._recorder, folded)
        self._asleep[sleeper.session] = replace(sleeper, last_ms=now)

    def forget(self) -> None:
        """What sleeps is read from the log again, or never."""
        for session in self._asleep:
            self._fold.end(session)
        self._asleep.clear()

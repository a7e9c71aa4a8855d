"""The sessions that one front writes, one after the other, and the one that it writes now.

A front begins a session, goes on with one that sleeps, is cut off by a pause of the store, and
leaves what it had open to whoever comes next (docs/adr/0009).

Left out: what an event means (`miner`), what the front does with its documents.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from echo_core.clock import Clock
from echo_core.fold import Fold
from echo_core.wire import DocumentOpen, Forget
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Miner
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.recording import Recorder, Who
from echo_daemon.mining.sleepers import Sleeper, Sleepers
from echo_daemon.mining.window import MinedWindow


def new_id() -> str:
    """An identity that no other session of this store has."""
    return secrets.token_hex(8)


class Parts:
    """The recorded side of one front."""

    def __init__(
        self,
        who: Who,
        recorder: Recorder,
        clock: Clock,
        *,
        fold: Fold | None = None,
        sleepers: Sleepers | None = None,
        outside: Outside | None = None,
    ) -> None:
        self._who = who
        self._recorder = recorder
        self._clock = clock
        self._fold = fold or Fold(RapidMatcher())
        self._sleepers = sleepers or Sleepers(self._fold, recorder, clock)
        self.miner = Miner(new_id(), who, recorder, clock, self._fold)
        self.window = MinedWindow(lambda: self.miner, outside)

    def open(self, message: DocumentOpen, docs: Collection[str]) -> None:
        """A document came; where it sleeps, its session is ours from here on, with all `docs`."""
        sleeper = None if self.miner.gaps_live else self._wake(message.doc)
        if sleeper is not None:
            self._continue(sleeper, docs)
        self.miner.opened(message.doc, message.language, message.version, message.text)
        self.window.opened(message.doc)

    def leave(self, docs: Collection[str]) -> None:
        """The front is gone; what it did not close waits for somebody who goes on with it."""
        for doc in docs:
            self.window.closed(doc)
        sleeper = self.miner.rest()
        if sleeper is not None:
            self._sleepers.rest(sleeper)

    def end(self) -> None:
        """Recording is about to be switched off: what is open is closed in the log, not here."""
        self.miner.close()

    def pause(self) -> None:
        """Sessions are about to be read from the log: this one goes on from there."""
        self.miner.end()

    def restart(self, docs: Collection[str], forgotten: Forget | None = None) -> None:
        """From the documents as they are, in a new session or in one that sleeps."""
        sleepers = (self._wake(doc) for doc in docs)
        sleeper = next((one for one in sleepers if one is not None), None)
        self._continue(sleeper, docs, forgotten)

    def _wake(self, doc: str) -> Sleeper | None:
        return self._sleepers.wake(doc, self._who, self.miner.session)

    def _continue(
        self, sleeper: Sleeper | None, docs: Collection[str], forgotten: Forget | None = None
    ) -> None:
        before = self.miner
        before.end()
        self.miner = Miner(
            new_id(), self._who, self._recorder, self._clock, self._fold, goes_on=sleeper
        )
        self.miner.follow(before, forgotten)
        for doc in docs:
            self.window.opened(doc)

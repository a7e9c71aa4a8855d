"""The sessions that one front writes, one after the other, and the one that it writes now.

A front begins a session, goes on with one that sleeps, is cut off by a pause of the store, and
leaves what it had open to whoever comes next (docs/adr/0009).

Left out: what an event means (`miner`), what the front does with its documents.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from echo_core.clock import Clock
from echo_core.experience.fold import Fold
from echo_core.records.events import Closed
from echo_core.records.wire import DocumentOpen, Forget
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Miner
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.recording import Recorder, Who
from echo_daemon.mining.renames import CLOSE_WAITS_MS, Leaving, Renames, moved
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
        self.window = MinedWindow(self.settled, outside, self.renamed)
        self._renames = Renames()

    def settled(self) -> Miner:
        """The miner; what was closed is closed in the log."""
        leaving, self._renames.leaving = self._renames.leaving, None
        if leaving is not None:
            self.window.closed(leaving.doc)
            self.miner.observe(Closed(leaving.at_ms, leaving.doc))
        return self.miner

    @property
    def is_waiting(self) -> bool:
        """Whether what was just closed may turn out to be renamed."""
        leaving = self._renames.leaving
        waits_ms = 0.0 if leaving is None else self._clock.steady_ms() - leaving.steady_ms
        return leaving is not None and waits_ms < CLOSE_WAITS_MS

    def close(self, doc: str) -> None:
        """A document left the editor, or is renamed."""
        miner = self.settled()
        if miner.document(doc) is None:  # it goes on already
            return
        to = self._renames.after(doc, miner.documents)
        if to is None and (target := self._renames.target(doc)) not in miner.documents:
            to = target
        if to is not None and self._goes_on(doc, to):
            return
        self._renames.leaving = Leaving(doc, miner.now_ms(), self._clock.steady_ms())
        if doc not in miner.documents:
            self.settled()

    def renamed(self, doc: str, to: str) -> None:
        """Somebody says that a file or a folder has another name."""
        leaving = self._renames.leaving
        self._renames.say(doc, to)
        if leaving is not None and (target := moved(leaving.doc, doc, to)) is not None:
            self._renames.leaving = None
            if not self._goes_on(leaving.doc, target):
                self._renames.leaving = leaving
        miner = self.settled()
        for followed in self._fold.kept.docs():
            target = moved(followed, doc, to)
            if target is not None and followed not in miner.documents:
                miner.renamed_elsewhere(followed, target)

    def new_name(self, doc: str) -> str | None:
        """What `doc` will be called, as somebody said; None where nobody did."""
        return self._renames.target(doc)

    def _goes_on(self, doc: str, to: str) -> bool:
        """Give `doc` its new name, under which it is open or comes next; whether it has it."""
        if not self.miner.renamed(doc, to):
            return False
        self.window.closed(doc)
        return True

    def open(self, message: DocumentOpen, docs: Collection[str]) -> None:
        """A document came; where it sleeps, its session is ours from here on, with all `docs`."""
        before = self._renames.before(message, self.miner.documents)
        if before is not None and self._goes_on(before, message.doc):
            self._renames.leaving = None
        self.settled()
        self._renames.came(message.doc)
        sleeper = None if self.miner.gaps_live else self._wake(message.doc)
        if sleeper is not None:
            self._continue(sleeper, docs)
        self.miner.opened(message.doc, message.language, message.version, message.text)
        self.window.opened(message.doc)

    def decide_again(self) -> None:
        """What may be recorded changed: documents come into the log, or leave it."""
        before = set(self.miner.documents)
        self.miner.decide_again()
        for doc in before - set(self.miner.documents):
            self.window.closed(doc)
        for doc in set(self.miner.documents) - before:
            self.window.opened(doc)

    def leave(self, docs: Collection[str]) -> None:
        """The front is gone; what it did not close waits for somebody who goes on with it."""
        self.settled()
        for doc in docs:
            self.window.closed(doc)
        sleeper = self.miner.rest()
        if sleeper is not None:
            self._sleepers.rest(sleeper)

    def end(self) -> None:
        """Recording is about to be switched off: what is open is closed in the log, not here."""
        self.settled().close()

    def pause(self) -> None:
        """Sessions are about to be read from the log: this one goes on from there."""
        self.settled().end()

    def restart(self, docs: Collection[str], forgotten: Forget | None = None) -> None:
        """From the documents as they are, in a new session or in one that sleeps."""
        self.settled()
        sleepers = (self._wake(doc) for doc in docs)
        sleeper = next((one for one in sleepers if one is not None), None)
        self._continue(sleeper, docs, forgotten)

    def _wake(self, doc: str) -> Sleeper | None:
        return self._sleepers.wake(doc, self._who, self.miner.session)

    def _continue(
        self, sleeper: Sleeper | None, docs: Collection[str], forgotten: Forget | None = None
    ) -> None:
        before = self.miner
        if forgotten is None:
            before.leave()
        else:
            before.end()  # the log may not hold anything of it any more
        self.miner = Miner(
            new_id(), self._who, self._recorder, self._clock, self._fold, goes_on=sleeper
        )
        self.miner.follow(before, forgotten)
        for doc in docs:
            self.window.opened(doc)

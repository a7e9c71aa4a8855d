"""When recording begins, goes on and ends: for all windows at once.

A person's choice decides it, and files that others write: the organisation's policy, the record of
choices. They are read again every few seconds, and at once where a change was seen.

Left out: which rule wins (`echo_core.sharing.consent`), what is recorded (`echo_daemon.mining`),
how it is kept (`holding`).

Rules
 - Where recording ends, all that is open is closed in the log first: it has no hole.
 - Nothing is recorded from the moment on at which it is known that it may not be.
 - One beginning or ending at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from echo_core.clock import Clock
from echo_core.errors import EchoError, StoreError
from echo_core.experience.fold import Fold
from echo_core.experience.kept import FOLLOW_MS_MAX
from echo_core.records.wire import (
    ConsentChoice,
    ConsentState,
    DocumentRef,
    Forget,
    Forgotten,
    RecordVerdict,
)
from echo_daemon.front import Front
from echo_daemon.holding import Archive
from echo_daemon.mining.sleepers import Sleeper, Sleepers


class Recording:
    """Over the fronts of a hub and its archive."""

    def __init__(
        self,
        fronts: Collection[Front],
        archive: Archive,
        fold: Fold,
        sleepers: Sleepers,
        clock: Clock,
    ) -> None:
        """`fronts`: those of now, whenever it is looked at."""
        self._fronts = fronts
        self._archive = archive
        self._fold = fold
        self._sleepers = sleepers
        self._clock = clock
        self._changing = asyncio.Lock()
        self._folders_off: list[str] | None = None  # as the record of choices said last

    async def choose(self, choice: ConsentChoice) -> ConsentState:
        """Switch recording on or off; sessions begin anew, so that the log has no hole.

        A folder that is switched off leaves nothing behind.

        Raises:
            StoreError: as in `Archive.choose`.
        """
        async with self._changing:
            before = self._archive.recording
            self.settle()
            if choice.record or choice.workspace:
                state = await self._archive.choose(choice)
            else:
                state = await self._switch_off(choice)
            self._folders_off = state.workspaces_off
            if choice.workspace and not choice.record:
                await self.forget(Forget(workspace=choice.workspace))
            elif choice.workspace:
                self.decide_again()
            elif self._archive.recording and not before:
                await self.begin()
            return state

    async def _switch_off(self, choice: ConsentChoice) -> ConsentState:
        self._end()
        try:
            with self._archive.held():
                return await self._archive.choose(choice)
        except StoreError:
            if self._archive.recording:  # the choice could not be written: what held holds
                self.restart()
            raise

    def _end(self) -> None:
        for front in self._fronts:
            front.recording.end()

    async def tend(self) -> bool:
        """Do what the files say now, and what may work again now; whether recording began anew."""
        async with self._changing:
            state = await asyncio.to_thread(self._archive.consent)
            if state.workspaces_off != self._folders_off:
                self._folders_off = state.workspaces_off
                self.decide_again()
            if not state.record and self._archive.state != "off":
                self._end()
                with self._archive.held():
                    await self._archive.revoke()
            if not await self._archive.tend():
                return False
            await self.begin()
            return True

    async def begin(self) -> None:
        """The store is open, or works again: go on from where the log ends, and record from now on.

        What happens while the log is read is not recorded; it is in the documents afterwards.
        """
        self.settle()
        goes_on = self._sleepers.restore if self._archive.goes_on() else self._sleepers.abandon
        for sleeper in await self._go_on():
            goes_on(sleeper)
        self.restart()

    async def _go_on(self) -> list[Sleeper]:
        """Follow what the store holds, and nothing else; the sessions that are not over."""
        for front in self._fronts:
            front.recording.pause()
        self._sleepers.forget()
        self._fold.kept.forget()
        self._fold.fresh = True
        if not self._archive.recording:
            return []
        with self._archive.held(), suppress(EchoError):  # what cannot be read does not go on
            after_ms = self._clock.wall_ms() - FOLLOW_MS_MAX
            self._fold.kept.restore(*await self._archive.followed(after_ms))
            return await self._archive.unfinished()
        return []

    def restart(self, forgotten: Forget | None = None) -> None:
        """Recording began or resumed: every front starts a session from its documents."""
        for front in self._fronts:
            front.restart_recording(forgotten)

    def settle(self) -> None:
        """What was closed is closed: nothing waits for a second half of its message."""
        for front in self._fronts:
            front.recording.settled()

    def decide_again(self) -> None:
        """What may be recorded changed (a choice, a `.echoignore`): look at every document."""
        for front in self._fronts:
            front.recording.decide_again()

    async def forget(self, what: Forget) -> Forgotten:
        """Remove what a person named.

        Documents that it concerns are recorded again only after they were closed and opened:
        their text would bring back at once what was to be forgotten.
        """
        self.settle()
        try:
            return await self._archive.forget(what)
        finally:
            # What was done since may not come back as what "nobody saw".
            goes_on = self._sleepers.restore if what.workspace else self._sleepers.abandon
            for sleeper in await self._go_on():
                goes_on(sleeper)
            self.restart(what)

    def why(self, document: DocumentRef) -> RecordVerdict:
        """Whether what happens in a document is recorded, open or not."""
        roots = [root for front in self._fronts for root in front.roots]
        sentence = self._archive.why_not(document.doc, roots)
        if sentence is None and any(
            front.recording.miner.holds_back(document.doc) for front in self._fronts
        ):
            sentence = "It was open when something of it was forgotten: close it and open it again."
        if sentence is None and not self._archive.recording:
            sentence = self._archive.problem or self._archive.consent().reason
        return RecordVerdict(sentence is None, sentence or "No rule keeps it from being recorded.")

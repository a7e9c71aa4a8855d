"""The store as the daemon knows it: one object that records when it may, and says why when not.

Left out: what is recorded and when (the miner), asking the user (`echoctl`).

Rules
 - Completion never depends on the store: appending to one that is off or failed does nothing.
 - What keeps it from recording is a state and a sentence, not an exception.
 - Disk and keyring are waited for in threads; callbacks come back on the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final, TypeVar

from echo_core.clock import Clock
from echo_core.errors import StoreBusyError, StoreError
from echo_core.experience.anchors import Matcher
from echo_core.records.wire import (
    ConsentChoice,
    ConsentState,
    Forget,
    Forgotten,
    RebuildProgress,
    RebuildReport,
)
from echo_core.sharing.consent import Policy
from echo_daemon.store import database
from echo_daemon.store.admission import Stale
from echo_daemon.store.alone import Work, work_alone
from echo_daemon.store.appending import Appending
from echo_daemon.store.bounds import LogStatistics
from echo_daemon.store.callbacks import hand_over
from echo_daemon.store.consent import ConsentLog
from echo_daemon.store.forgetting import Tally, forget
from echo_daemon.store.guard import Guard
from echo_daemon.store.keeping import retain
from echo_daemon.store.key_watch import KeyWatch
from echo_daemon.store.keys import KeyPlace, KeySource, destroy_key, existing_key, new_key
from echo_daemon.store.log import EventLog
from echo_daemon.store.migrations import migrate
from echo_daemon.store.options import StorePaths, StoreSettings, StoreState
from echo_daemon.store.owed import Debts, Owed
from echo_daemon.store.queries import Queries
from echo_daemon.store.rebuilding import rebuild
from echo_daemon.store.rows import RowWriter

_T = TypeVar("_T")
_NOTED: Final = "What you named goes then, also if Echo's daemon ends before."
_HELD: Final = "What you named goes then; if Echo's daemon ends before, ask again."
NO_KEY: Final = "none"
TRY_AGAIN_MS: Final = 5_000.0  # doubled at each failure: a keyring may ask a person
TRY_AGAIN_MS_MAX: Final = 300_000.0


__all__ = ["Store", "StorePaths", "StoreSettings", "StoreState"]


class Store(Appending):
    """Keys, file, log and consent of one profile; see the module for the rules.

    `on_paused(sentence)` and `on_resumed(stale)` are `EventLog`'s, on the loop that called `open`.
    `policy()` is what the organisation allows now.
    """

    def __init__(
        self,
        paths: StorePaths,
        clock: Clock,
        environment: Mapping[str, str],
        settings: StoreSettings | None = None,
        *,
        policy: Callable[[], Policy] = Policy,
        on_paused: Callable[[str], None] = lambda _sentence: None,
        on_resumed: Callable[[Stale], None] = lambda _stale: None,
    ) -> None:
        self._paths = paths
        self._clock = clock
        self._environment = environment
        self._settings = settings if settings is not None else StoreSettings()
        self._on_paused = on_paused
        self._on_resumed = on_resumed
        self.choices = ConsentLog(paths.consent, clock, policy)
        self._log: EventLog | None = None
        self._source: KeySource | None = None
        self._guard: Guard | None = None  # of the log
        self._failure = ""
        self._refusal = ""  # what is stricter than the person's choice
        self._wait_ms = TRY_AGAIN_MS
        self._again_ms = 0.0
        self._debts = Debts(paths.owed)
        self._cut = False  # the last while was forgotten later than asked for
        self._changing = asyncio.Lock()  # one opening or closing at a time

    # --- its life -----------------------------------------------------------------------------

    async def open(self) -> StoreState:
        """Begin to record if that is chosen and possible; `state` and `reason` tell."""
        async with self._changing:
            return await self._open()

    async def close(self) -> None:
        """Write what is left and end.

        Raises:
            StoreError: some of it could not be written; it was never acknowledged.
        """
        async with self._changing:
            await self._close()

    async def choose(self, choice: ConsentChoice) -> ConsentState:
        """Write the user's choice down, then begin or end to record accordingly.

        Raises:
            StoreError: the choice could not be written; nothing changed. Or the last records
                could not, as in `close`; the choice holds.
        """
        async with self._changing:
            await asyncio.to_thread(self.choices.choose, choice)
            state = self.consent()
            if state.record:
                await self._open()
            else:
                self._failure = ""
                await self._close()
            return state

    async def _open(self) -> StoreState:
        if self._log is not None:
            return self.state
        failed, self._failure = self._failure, ""
        try:
            await asyncio.to_thread(self._debts.load)
        except StoreError as error:
            self._failure = str(error)
            return self.state
        if (await asyncio.to_thread(self.consent)).record:
            loop = asyncio.get_running_loop()
            self._failure = failed  # still so, until it turns out otherwise
            try:
                self._log = await asyncio.to_thread(self._opened, loop)
                self._failure = ""
                self._wait_ms = TRY_AGAIN_MS
            except StoreError as error:
                self._failure = str(error)
        return self.state

    async def tend(self) -> bool:
        """Try again what failed, where its cause may have gone; whether recording began anew.

        Called every few seconds. A log that cannot write tries by itself; what it cannot do is
        open a store that failed to open, one whose file was put elsewhere, or one that could not
        be permitted until now.
        """
        now_ms, guard = self._clock.steady_ms(), self._guard
        if guard is not None:
            await guard.look()
        if self._debts and (guard is None or not guard.gone):
            return await self._pay()
        if guard is not None and guard.gone:
            async with self._changing:
                with suppress(StoreError):  # what was not written yet is lost with the file
                    await self._close()
                return await self._open() is StoreState.OPEN
        waits = self._failure and now_ms < self._again_ms
        if self._log is not None or waits or self._changing.locked():
            return False
        async with self._changing:
            if self._failure:
                self._wait_ms = min(2 * self._wait_ms, TRY_AGAIN_MS_MAX)
                self._again_ms = now_ms + self._wait_ms
            return await self._open() is StoreState.OPEN

    async def revoke(self) -> None:
        """End recording, which is not permitted any more."""
        async with self._changing:
            self._failure = ""
            with suppress(StoreError):  # what was not written was never acknowledged
                await self._close()

    async def _close(self) -> None:
        log, self._log, self._guard = self._log, None, None
        if log is not None:
            await asyncio.to_thread(log.close)

    def _opened(self, loop: asyncio.AbstractEventLoop) -> EventLog:
        self._source = source = self._key()
        connection = database.open_for_writing(self._paths.database, source.key)
        try:
            migrate(connection, self._clock.wall_ms())
            watch = KeyWatch(self._key_place(), source, self._clock)
            self._guard = guard = Guard(self._paths.database, watch)
            with database.translated():
                return EventLog(
                    connection,
                    limits=self._settings.limits,
                    guard=guard.check,
                    on_paused=lambda sentence: hand_over(loop, self._on_paused, sentence),
                    on_resumed=lambda stale: hand_over(loop, self._on_resumed, stale),
                )
        except BaseException:
            self._guard = None
            connection.close()
            raise

    def _key(self) -> KeySource:
        if database.exists(self._paths.database):
            return existing_key(self._key_place())
        return new_key(self._key_place())

    def _key_place(self) -> KeyPlace:
        return self._paths.key_place(self._settings.key_policy)

    # --- what a person is told ----------------------------------------------------------------

    @property
    def state(self) -> StoreState:
        """What appending does now."""
        if self._log is None:
            return StoreState.FAILED if self._failure else StoreState.OFF
        return StoreState.PAUSED if self._log.statistics().reason else StoreState.OPEN

    @property
    def reason(self) -> str:
        """Why nothing is recorded, in one sentence; empty while all is well."""
        if self._log is not None:
            return self._log.statistics().reason
        return self._failure or self.consent().reason

    @property
    def problem(self) -> str:
        """Why nothing is recorded although the person chose it; empty while all is well."""
        if self._log is not None:
            return self._log.statistics().reason
        return self._failure or self._refusal

    @property
    def key_source(self) -> str:
        """Where the key came from: a keyring's name, "key file", "none"."""
        return self._source.name if self._source is not None else NO_KEY

    def consent(self) -> ConsentState:
        """What the user chose and what holds, as the files say now."""
        state = self.choices.current(self._environment, explicit=self._settings.explicit)
        self._refusal = state.reason if state.overruled else ""
        return state

    def exists(self) -> bool:
        """Whether there is a store."""
        return database.exists(self._paths.database)

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return database.size_bytes(self._paths.database)

    def statistics(self) -> LogStatistics:
        """Where the log stands; zeros while nothing is recorded."""
        if self._log is None:
            return LogStatistics(self.state.value, self.reason, 0, 0, 0)
        return self._log.statistics()

    async def retain(self) -> None:
        """Let go what is too old or too much, in small steps; nothing while nothing is recorded.

        Raises:
            StoreError: it could not be done to its end; trying again later is safe.
        """
        if self._log is not None:
            keep, now_ms = self._settings.keep, self._clock.wall_ms()
            await self._log.work(lambda connection, rows: retain(connection, rows, keep, now_ms))

    async def rebuild(
        self, matcher: Matcher, tell: Callable[[RebuildProgress], None]
    ) -> RebuildReport:
        """Make gaps, samples and looks again from the log; what is recorded meanwhile waits in
        memory.

        `tell` is called on this loop.

        Raises:
            StoreError: nothing is recorded now, or the log is damaged; nothing was changed.
        """
        if self._log is None:
            raise StoreError(f"The store is not open: {self.reason}")
        return await rebuild(self._log, matcher, tell)

    @property
    def owes(self) -> bool:
        """Whether something is still to be forgotten: nothing is appended until it is."""
        return bool(self._debts)

    async def forget(self, what: Forget) -> Forgotten:
        """Remove what a person named, whether or not recording is on; nothing is appended
        meanwhile, and sessions begin anew afterwards: the caller sees to that.

        While the log is paused it is noted, and done as soon as it can be (`tend`): the answer
        says so.

        Raises:
            StoreBusyError: as in `forget`; ask again.
            StoreError: it is not removed.
        """
        asked = Owed(what, self._clock.wall_ms())
        async with self._changing:
            try:
                return await self._forget(asked)
            except StoreBusyError as error:
                if self._log is None or not self._log.statistics().reason:
                    raise
                noted = await asyncio.to_thread(self._debts.add, asked)
                return Forgotten(0, 0, 0, waits=f"{error} {_NOTED if noted else _HELD}")

    async def _forget(self, asked: Owed) -> Forgotten:
        tally = Tally()

        def steps(connection: database.Connection, rows: RowWriter) -> Iterator[None]:
            return forget(connection, rows, asked.what, asked.asked_ms, tally)

        if self._log is not None:
            await self._log.flush()
        await self._work(steps)
        return tally.result()

    async def work(self, steps: Work, *, create: bool = False) -> None:
        """Run `steps` on the writing connection, whether or not recording is on.

        Where no store is, nothing is run, unless one is to be made.

        Raises:
            StoreBusyError: the log is paused; ask again.
            StoreError: a step failed; those before it hold.
        """
        async with self._changing:
            await self._work(steps, create=create)

    async def _work(self, steps: Work, *, create: bool = False) -> None:
        if self._log is not None:
            await self._log.work(steps)
        elif create or database.exists(self._paths.database):
            await asyncio.to_thread(self._work_alone, steps)

    def _work_alone(self, steps: Work) -> None:
        self._source = self._key()
        work_alone(self._paths.database, self._source.key, steps, self._clock.wall_ms())

    def goes_on(self) -> bool:
        """Whether sessions that are not over may be gone on with; asked once. Not when their last
        while was forgotten since: it would come back as what nobody saw."""
        cut, self._cut = self._cut, False
        return not cut

    async def _pay(self) -> bool:
        """Forget what is owed, if that is possible now; whether recording goes on."""
        async with self._changing:
            with suppress(StoreError):  # the next time
                while (owed := self._debts.first) is not None:
                    await self._forget(owed)
                    self._cut = self._cut or not owed.what.workspace
                    await asyncio.to_thread(self._debts.paid)
            return self._log is not None and not self._debts

    async def erase(self, by: str) -> None:
        """Switch recording off and remove the store and its key, verified.

        Raises:
            StoreError: some of it is still there; the message says what.
        """
        async with self._changing:
            await asyncio.to_thread(self.choices.choose, ConsentChoice(record=False, by=by))
            self._failure = ""
            with suppress(StoreError):  # what could not be written is to be erased
                await self._close()
            await asyncio.to_thread(self._erase)

    def _erase(self) -> None:
        # The key first: without it the rest is noise, whatever the disk keeps of it.
        self._source = None
        try:
            destroy_key(self._key_place())
        finally:
            database.destroy(self._paths.database)
            self._debts.drop()

    # --- reading ------------------------------------------------------------------------------

    def reading(self) -> Queries:
        """A reader of what was recorded, whether or not recording is on; close it. Blocks.

        Raises:
            StoreError: nothing was recorded yet, or the store cannot be opened.
        """
        if not database.exists(self._paths.database):
            raise StoreError("Nothing was recorded yet: see `echoctl consent record on`.")
        if self._source is None:
            self._source = self._key()
        return Queries(self._paths.database, self._source.key)

"""The append path: one thread owns the connection that writes; nobody else waits for the disk.

    append ──▶ queue ──▶ batch ──▶ one transaction ──▶ flush() returns
                 │          └─ fails: kept, tried again with growing waits ("paused")
                 └─ full: refused and counted, until the queue has drained

Left out: SQL (`rows`, `erasing`), what is admitted (`admission`), keys and files (`database`),
whether to record at all (`consent`).

Rules
 - Acknowledged means: `flush` returned. Nothing acknowledged is lost by a killed process.
 - Other work on the store (`work`) runs on the same thread, a step at a time, and events go first.
 - Callbacks run on the thread that notices, mostly the writer's: hand them over at once.
 - The thread waits by itself, not through `Clock`: no decision depends on how long.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import AbstractContextManager, suppress
from typing import Final, NamedTuple

from echo_core.errors import StoreBusyError, StoreError
from echo_core.experience.looks import Look
from echo_core.experience.sample import Sample
from echo_core.records.events import Event, Opened
from echo_daemon.store.admission import ITEM_BYTES, Admission, Stale, queued_bytes
from echo_daemon.store.alone import Work
from echo_daemon.store.bounds import DEFAULT_LIMITS, LogLimits, LogStatistics
from echo_daemon.store.database import (
    Connection,
    LibraryError,
    transaction,
    translate,
)
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.rows import (
    Checkpointed,
    Item,
    LoggedEvent,
    RowWriter,
    SessionStarted,
)

_SLOW: Final = "The disk is slower than what is recorded; recording goes on when it has caught up."


class _Waiter(NamedTuple):
    ticket: int
    future: Future[int]


class _Task(NamedTuple):
    steps: Iterator[None]
    done: Future[None]


class EventLog:
    """Appends from any thread, writes from its own; see the module for the rules.

    `on_paused(sentence)` is called once when writing begins to fail or the queue is full;
    `on_resumed(stale)` once when it works again, with the `(session, document)` pairs of which
    something was refused: they must be opened anew to be recorded again. `guard()` raises a
    `StoreError` while nothing may be written, though the disk would take it.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        limits: LogLimits = DEFAULT_LIMITS,
        guard: Callable[[], None] = lambda: None,
        on_paused: Callable[[str], None] = lambda _sentence: None,
        on_resumed: Callable[[Stale], None] = lambda _stale: None,
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._guard = guard
        self._on_paused = on_paused
        self._on_resumed = on_resumed
        self._rows = RowWriter(connection)
        self._events = self._rows.events()
        # All below is guarded by the condition's lock, which may be taken again by its holder.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._queue: list[Item] = []
        self._accepted = 0  # items, ever
        self._durable = 0  # of them
        self._bytes = 0  # of those that are not durable
        self._refused = 0
        self._admission = Admission()
        self._tasks: deque[_Task] = deque()
        self._waited_s = 0.0  # of other work's turns, since the last batch
        self._between = False  # two steps of one task: it waits there, not before its first
        self._waiters: list[_Waiter] = []
        self._urgent = False
        self._full = False
        self._reason = ""  # not empty: paused
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="echo-log", daemon=True)
        self._thread.start()

    # --- appending ----------------------------------------------------------------------------

    def append(self, event: Event, session: str) -> bool:
        """Take `event` into the queue; never waits for the disk. Whether it was taken.

        Refused and counted: when the queue is full, after `close`, and what `admission` refuses.
        """
        size = queued_bytes(event)
        with self._lock:  # the condition's own, without its two calls: this is asked at every key
            room = not (self._closing or self._is_full(size))
            if self._admission.admits(event, session, room=room):
                self._put(LoggedEvent(session, event), size)
                return True
            self._refused += 1
            return False

    def start_session(
        self, session: str, started_ms: int, client: str, roots: tuple[str, ...]
    ) -> None:
        """Say who a session is; without it the session is recorded with an empty client."""
        self.offer(SessionStarted(session, started_ms, client, roots), ITEM_BYTES)

    def write_gaps_broken(self, broken: GapsBroken) -> None:
        """Gaps ended. Taken even when the queue is full: they are few and small."""
        with self._changed:
            if self._closing:
                self._refused += 1
            else:
                self._put(broken, ITEM_BYTES)

    def write_checkpoint(self, session: str, standing: tuple[Opened, ...], *, quiet: bool) -> bool:
        """Keep the texts as the newest event of `session` left them; whether there was room.

        Called together with that event. Nothing is lost without it, so it never fills the queue.
        """
        size = ITEM_BYTES + sum(sys.getsizeof(one.text) for one in standing)
        with self._changed:
            fits = 2 * (self._bytes + size) <= self._limits.queue_bytes_max
            if fits and not self._closing and not self._full:
                self._put(Checkpointed(session, standing, quiet), size)
            return fits

    def write_sample(self, sample: Sample) -> None:
        """Keep `sample`; a second one of the same request replaces the first."""
        self.offer(sample, ITEM_BYTES + sum(map(sys.getsizeof, sample.texts)))

    def write_look(self, look: Look) -> None:
        """Keep `look`; the newest of a gap and moment counts."""
        self.offer(look, ITEM_BYTES + sys.getsizeof(look.text))

    def together(self) -> AbstractContextManager[object]:
        """What is appended inside is written in one transaction.

        For an event and what follows from it. Short and without waiting: the writer stands still.
        """
        return self._lock

    async def flush(self) -> int:
        """Wait until all that was accepted before is durable; how many events the store holds.

        Raises:
            StoreBusyError: the log is paused and trying again just failed; nothing is lost, and
                asking again later is safe.
            StoreError: the log was closed before all was written.
        """
        with self._changed:
            if self._durable == self._accepted:
                return self._events
            if not self._thread.is_alive():
                raise StoreError("The log is closed.")
            waiter = _Waiter(self._accepted, Future())
            self._waiters.append(waiter)
            self._urgent = True
            self._changed.notify()
        return await asyncio.wrap_future(waiter.future)

    async def work(self, make: Work) -> None:
        """Run the steps of `make` on the writer's thread, between batches, to their end.

        Raises:
            StoreBusyError: the log is paused; nothing was begun.
            StoreError: a step failed, or the log was closed; the steps before it hold.
        """
        with self._changed:
            if self._reason:
                raise StoreBusyError(self._reason)
            if self._closing:
                raise StoreError("The log is closed.")
            task = _Task(make(self._connection, self._rows), Future())
            self._tasks.append(task)
            self._changed.notify()
        await asyncio.wrap_future(task.done)

    def statistics(self) -> LogStatistics:
        """Where the log stands."""
        with self._changed:
            paused = "paused" if self._reason else "open"
            return LogStatistics(
                state=paused if self._thread.is_alive() else "closed",
                reason=self._reason,
                events=self._events,
                pending=self._accepted - self._durable,
                refused=self._refused,
            )

    def close(self) -> None:
        """Write what is left, move it from the write-ahead log into the store, and end; waits.

        Raises:
            StoreError: some of it could not be written and is lost; it was never acknowledged.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        lost = self._accepted - self._durable
        with suppress(LibraryError):  # the next opening will move it
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
        if lost:
            raise StoreError(f"{lost} records could not be written: {self._reason}")

    def offer(self, item: Item, size: int) -> None:
        """Take `item`, which is `size` bytes large, where there is room."""
        with self._lock:
            if self._closing or self._is_full(size):
                self._refused += 1
            else:
                self._put(item, size)

    def _is_full(self, size: int) -> bool:
        pending = self._accepted - self._durable
        if not self._full and pending:  # a single event larger than the bound is still taken
            self._full = (
                pending >= self._limits.queue_items_max
                or self._bytes + size > self._limits.queue_bytes_max
            )
            if self._full and not self._reason:
                self._reason = _SLOW
                self._on_paused(_SLOW)
        return self._full

    def _put(self, item: Item, size: int) -> None:
        queue = self._queue
        queue.append(item)
        self._accepted += 1
        self._bytes += size
        if len(queue) == 1 or len(queue) == self._limits.batch_items:
            self._changed.notify()

    # --- writing; all below runs on the thread ------------------------------------------------

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            items, size = batch
            if not items:
                self._step()
                continue
            wait_s = self._limits.retry_wait_s
            while (error := self._attempt(items)) is not None:
                if self._failed(error):
                    self._abandon()
                    return
                self._wait_to_retry(wait_s)
                wait_s = min(2 * wait_s, self._limits.retry_wait_s_max)
            self._succeeded(len(items), size)
        self._abandon()

    def _next_batch(self) -> tuple[list[Item], int] | None:
        """What is to be written; nothing when it is the turn of other work; None at the end."""
        limits = self._limits
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing or self._tasks)
            if self._tasks:
                due = self._changed.wait_for(self._is_due, limits.step_wait_s * self._between)
                self._waited_s += limits.step_wait_s
            else:
                due = self._changed.wait_for(
                    lambda: self._is_due() or bool(self._tasks), limits.batch_wait_s
                )
                self._waited_s = limits.batch_wait_s
            if self._tasks and not self._closing:
                patient = not due and self._waited_s < limits.batch_wait_s
                if patient or not self._queue:
                    self._urgent = False
                    return [], 0
            self._waited_s = 0.0
            if not self._queue:
                return None
            # All of it: `together` promises that it is never cut in between.
            items, self._queue = self._queue, []
            self._urgent = False
            return items, self._bytes

    def _is_due(self) -> bool:
        return self._urgent or self._closing or len(self._queue) >= self._limits.batch_items

    def _step(self) -> None:
        """One step of other work; its caller hears of its end."""
        task = self._tasks[0]
        failure: Exception | None = None
        try:
            next(task.steps)
            self._between = True
            return
        except StopIteration:
            events = self._rows.events()
        except Exception as error:  # noqa: BLE001 - a thread that ends would lose what follows
            failure = error if isinstance(error, StoreError) else translate(error)
            self._rows.forget()
            events = self._events
        self._between = False
        with self._changed:
            self._tasks.popleft()
            self._events = events
        if failure is not None:
            _fail(task.done, failure)
        else:
            with suppress(InvalidStateError):
                task.done.set_result(None)

    def _attempt(self, items: list[Item]) -> Exception | None:
        try:
            self._guard()
            with transaction(self._connection):
                events = self._rows.write(items)
        except Exception as error:  # noqa: BLE001 - a thread that ends would lose what follows
            self._rows.forget()
            return error
        with self._changed:
            self._events += events
        return None

    def _failed(self, error: Exception) -> bool:
        """Pause; whether to give up, because the log is being closed."""
        reason = str(error if isinstance(error, StoreError) else translate(error))
        with self._changed:
            announce = not self._reason
            self._reason = reason
            self._urgent = False
            waiters, self._waiters = self._waiters, []
            closing = self._closing
        if announce:  # before the waiters: who hears of a failed flush knows the state
            self._on_paused(reason)
        for waiter in waiters:
            _fail(waiter.future, StoreBusyError(reason))
        return closing

    def _wait_to_retry(self, wait_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._closing, wait_s)

    def _succeeded(self, count: int, size: int) -> None:
        with self._changed:
            self._durable += count
            self._bytes -= size
            done = [waiter for waiter in self._waiters if waiter.ticket <= self._durable]
            self._waiters = self._waiters[len(done) :]
            events = self._events
            resumed = bool(self._reason) and not (self._full and self._is_over_half())
            stale = self._admission.stale
            if resumed:
                self._reason = ""
                self._full = False
                self._admission.forget_stale()
        if resumed:
            self._on_resumed(stale)
        for waiter in done:
            with suppress(InvalidStateError):  # its caller was cancelled
                waiter.future.set_result(events)

    def _is_over_half(self) -> bool:
        return (
            2 * (self._accepted - self._durable) > self._limits.queue_items_max
            or 2 * self._bytes > self._limits.queue_bytes_max
        )

    def _abandon(self) -> None:
        with self._changed:
            futures: list[Future[int] | Future[None]] = [one.future for one in self._waiters]
            futures += [task.done for task in self._tasks]
            self._waiters.clear()
            self._tasks.clear()
        for future in futures:
            _fail(future, StoreError("The log was closed before all was written."))


def _fail(future: Future[int] | Future[None], error: Exception) -> None:
    with suppress(InvalidStateError):
        future.set_exception(error)

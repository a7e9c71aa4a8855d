"""A whole Echo whose processes are killed while somebody types, and what is left of it each time.

Left out: torn write-ahead logs (`bench.torn`), the report (`bench.crash`).

Rules
 - Acknowledged is what `daemon/flush` said before the kill; it is counted, and compared event by
   event, in the store itself.
 - Everything that is drawn comes from the seed. Where exactly in its work a process is killed is
   the machine's affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeVar

import psutil

from bench import stage
from bench.ledger import Ledger
from echo_core.errors import DaemonError, EchoError
from echo_core.records import trace, wire
from echo_daemon.replay.editor import Editor
from echo_daemon.replay.typist import uri_of
from echo_runtime.clock import SystemClock
from echo_runtime.connect import connect_once
from echo_runtime.lock import holder_pid
from echo_runtime.logs import Log
from echo_runtime.profile import Profile

R = TypeVar("R")

VICTIMS: Final = ("daemon", "worker", "server")
LINES_MAX: Final = 30  # of the trace, between two kills
ASK_SHARE: Final = 0.3  # of the edits that a request follows
AGAIN_SHARE: Final = 0.2  # of the daemons, those killed while they read the log
REBUILD_EVERY: Final = 25  # kills
LOOK_MS: Final = 20
UP_MS_MAX: Final = 180_000
ASK_MS_MAX: Final = 120_000


@dataclass(slots=True)
class Outcome:
    """What was counted."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0  # events, at the last flush
    lost: int = 0
    checks: int = 0
    problems: list[str] = field(default_factory=list)
    rebuilds: int = 0
    differing: int = 0  # gaps and samples, of all rebuilds
    texts_equal: bool = False
    detail: dict[str, object] = field(default_factory=dict)


class Crashing:
    """The editor, its documents, and the profile in which everything dies."""

    def __init__(
        self,
        profile: Profile,
        environ: Mapping[str, str],
        lines: Sequence[trace.TraceLine],
        seed: int,
    ) -> None:
        self._profile = profile
        self._environ = {**environ, **profile.environ()}
        self._clock = SystemClock()
        self._log = Log(profile.state_dir, "bench", self._clock)
        self._random = Random(seed)
        self._lines = ((turn, line) for turn in itertools.count() for line in lines)
        self._editor = Editor()
        self._languages: dict[str, str] = {}
        self._asked: set[asyncio.Task[None]] = set()
        self._ledger = Ledger(profile.data_dir)
        self.outcome = Outcome()

    async def run(self, kills: int) -> Outcome:
        """Type and kill; then look at what is left.

        Raises:
            EchoError: a process did not come back.
        """
        await self._editor.start(self._environ)
        try:
            await self._until_back(0)
            choice = wire.ConsentChoice(record=True, by="bench")
            await self._ask(wire.CONSENT_SET, choice, wire.ConsentState)
            for number in range(kills):
                await self._kill_once(VICTIMS[number % len(VICTIMS)])
                if number % REBUILD_EVERY == REBUILD_EVERY - 1:
                    stage.say(f"{number + 1} of {kills} kills")
                    await self._rebuild()
            await self._look()
        finally:
            await asyncio.gather(*self._asked, return_exceptions=True)
            with contextlib.suppress(EchoError):
                await self._editor.stop()
            await self._end_daemon()
        return self.outcome

    # --- typing -----------------------------------------------------------------------------

    async def _type(self, count: int) -> None:
        for turn, line in itertools.islice(self._lines, count):
            await self._play(turn, line)

    async def _play(self, turn: int, line: trace.TraceLine) -> None:
        editor = self._editor
        if isinstance(line, trace.TraceHead):
            return
        doc = f"{turn}/{line.doc}"
        if isinstance(line, trace.TraceOpen):
            for other in list(self._languages):  # the turn before left it open
                if not other.startswith(f"{turn}/"):
                    del self._languages[other]
                    await editor.close(other)
            self._languages[doc] = line.language
            await editor.open(doc, uri_of(doc), line.language, line.text)
        elif not editor.is_open(doc):
            return
        elif isinstance(line, trace.TraceEdit):
            await editor.edit(doc, line.edits)
            if line.edits and self._random.random() < ASK_SHARE:
                await self._request(doc, line.edits[-1].end_after)
        elif isinstance(line, trace.TraceCursor):
            await editor.select(doc, line.anchor, line.head)
        elif isinstance(line, trace.TraceFocus):
            await editor.focus(doc)
        elif isinstance(line, trace.TraceSave):
            await editor.save(doc)
        else:
            del self._languages[doc]
            await editor.close(doc)

    async def _request(self, doc: str, at: int) -> None:
        pending = await self._editor.ask(doc, at)

        async def answered(editor: Editor) -> None:
            with contextlib.suppress(EchoError):  # the server was killed meanwhile
                await editor.items(pending)

        task = asyncio.ensure_future(answered(self._editor))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        if self._random.random() < 0.5:  # the others are typed over
            await task

    # --- killing ----------------------------------------------------------------------------

    async def _kill_once(self, victim: str) -> None:
        await self._type(self._random.randint(1, LINES_MAX))
        flushed = await self._ask(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed)
        self.outcome.acknowledged = flushed.events
        acknowledged = self._ledger.prefix(flushed.events)
        await self._type(self._random.randint(0, LINES_MAX // 2))
        await self._clock.sleep_ms(self._random.uniform(0, 50))
        if victim == "daemon":
            await self._kill_daemon()
        elif victim == "worker":
            await self._kill_worker()
        else:
            await self._kill_server()
        await self._check(flushed.events, acknowledged)

    async def _kill_daemon(self) -> None:
        pid = holder_pid(self._profile.lock_path)
        if pid is None:
            raise DaemonError("the daemon went by itself")
        self._kill("daemon", pid)
        if self._random.random() < AGAIN_SHARE:
            again = await self._until_another(pid)
            await self._clock.sleep_ms(self._random.uniform(0, 200))
            self._kill("daemon", again)
            pid = again
        await self._until_back(pid)

    async def _kill_worker(self) -> None:
        status = await self._ask(wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus)
        if not status.engine_pid:
            await self._ask(wire.ENGINE_DESCRIBE, wire.Nothing(), wire.EngineDescription)
            status = await self._ask(wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus)
        self._kill("worker", status.engine_pid)

    async def _kill_server(self) -> None:
        """The editor notices, starts another one, and opens its documents there."""
        (server,) = [one for one in psutil.Process().children() if "echo_lsp" in one.cmdline()]
        self._kill("server", server.pid)
        before, self._editor = self._editor, Editor()
        await asyncio.gather(*self._asked, return_exceptions=True)
        await before.stop()
        await self._editor.start(self._environ)
        for doc, language in self._languages.items():
            text = before.text(doc).content
            await self._editor.open(doc, uri_of(doc), language, text)
        await self._until_back(0)

    def _kill(self, name: str, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.outcome.kills[name] += 1

    # --- looking ----------------------------------------------------------------------------

    async def _check(self, events: int, acknowledged: tuple[int, str]) -> None:
        self.outcome.checks += 1
        count, digest = self._ledger.prefix(events)
        if count < events:
            self.outcome.lost += events - count
        elif (count, digest) != acknowledged:
            self.outcome.lost += events
        self.outcome.problems += self._ledger.problems()

    async def _rebuild(self) -> None:
        report = await self._ask(wire.MINE_REBUILD, wire.Nothing(), wire.RebuildReport)
        self.outcome.rebuilds += 1
        self.outcome.differing += report.gaps_differing + report.samples_differing
        self.outcome.differing += report.looks_differing
        self.outcome.detail["rebuilt"] = {
            "sessions": report.sessions,
            "events": report.events,
            "gaps": report.gaps,
            "samples": report.samples_after,
        }

    async def _look(self) -> None:
        """At the end, when all is quiet: the texts, and everything made again."""
        await self._until_back(0)
        wanted = {uri_of(doc): self._editor.text(doc).content for doc in self._languages}
        deadline_ms = self._clock.steady_ms() + UP_MS_MAX
        while not self.outcome.texts_equal and self._clock.steady_ms() < deadline_ms:
            await self._ask(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed)
            held = self._ledger.texts()
            self.outcome.texts_equal = all(held.get(uri) == text for uri, text in wanted.items())
        await self._rebuild()
        self.outcome.detail["gaps"] = self._ledger.count(
            "SELECT reason, count(*) FROM gaps GROUP BY 1"
            " UNION ALL SELECT 'live', sum(gaps_live) FROM sessions"
        )
        self.outcome.detail["origins"] = self._ledger.count(
            "SELECT coalesce(origin, 'other'), count(*) FROM edits GROUP BY 1"
        )

    async def _ask(self, method: str, params: object, result: type[R]) -> R:
        deadline_ms = self._clock.steady_ms() + UP_MS_MAX
        while True:
            try:
                greeted = await connect_once(
                    self._profile, "bench", self._clock, self._log, start=False
                )
                break
            except DaemonError:
                if self._clock.steady_ms() > deadline_ms:
                    raise
                await self._clock.sleep_ms(LOOK_MS)
        greeted.peer.on(wire.STATUS_CHANGED, _unheard)
        greeted.peer.on(wire.MINE_PROGRESS, _unheard)
        try:
            return await greeted.peer.request(method, params, result, timeout_ms=ASK_MS_MAX)
        finally:
            greeted.peer.close()

    async def _until_another(self, pid: int) -> int:
        """The process that holds the lock after `pid`.

        Raises:
            DaemonError: there is none in time.
        """
        deadline_ms = self._clock.steady_ms() + UP_MS_MAX
        while (found := holder_pid(self._profile.lock_path)) in (None, pid):
            if self._clock.steady_ms() > deadline_ms:
                raise DaemonError("no other daemon was started")
            await self._clock.sleep_ms(LOOK_MS)
        assert found is not None
        return found

    async def _until_back(self, pid: int) -> None:
        """Until a daemon other than `pid` has all documents, and records where that was chosen.

        Raises:
            DaemonError: that does not happen in time.
        """
        deadline_ms = self._clock.steady_ms() + UP_MS_MAX
        await self._until_another(pid)
        while True:
            status = await self._ask(wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus)
            records = status.status.recording or not self.outcome.checks
            whole = status.documents == len(self._languages) and status.fronts > 1
            if records and whole and status.pid != pid:
                return
            if self._clock.steady_ms() > deadline_ms:
                raise DaemonError("the daemon did not get the documents back")
            await self._clock.sleep_ms(LOOK_MS)

    async def _end_daemon(self) -> None:
        pid = holder_pid(self._profile.lock_path)
        if pid is None:
            return
        process = psutil.Process(pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            await asyncio.to_thread(process.wait, 20)


def _unheard(_: object) -> None:
    """What the daemon tells its fronts is for the editor; here nobody looks."""

"""The daemon without its socket: all fronts, the one engine, the one archive, and their status.

Left out: connections and who may connect (`echo_daemon.rpc`), which adapters are used (`app`).

Rules
 - Completion works without the archive, and the archive without the engine.
 - A change of status goes to every front, once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from echo_core.clock import Clock
from echo_core.experience.fold import Fold
from echo_core.records.events import Proposed
from echo_core.records.reasons import Reason
from echo_core.records.wire import (
    PROTOCOL_VERSION,
    ConsentChoice,
    ConsentState,
    DaemonStatus,
    DataSize,
    DocumentRef,
    EngineDescription,
    Flushed,
    Forget,
    Forgotten,
    Hello,
    LastCompletion,
    LookList,
    Metrics,
    PastAnswer,
    PastFiles,
    RebuildProgress,
    RebuildReport,
    RecordVerdict,
    SampleDetail,
    SampleList,
    SampleQuery,
    SamplesQuery,
    Snooze,
    Status,
    TraceLines,
    TraceQuery,
    Welcome,
    Why,
)
from echo_daemon.completion.completer import Completer
from echo_daemon.completion.values import Written
from echo_daemon.front import Front
from echo_daemon.holding import Archive, FrontLink
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.recording import Who
from echo_daemon.mining.sleepers import Sleepers
from echo_daemon.past.importer import Importer
from echo_daemon.recording import Recording
from echo_engine.api import Engine, EngineState, engine_status

_NO_FIGURES = LastCompletion(0, "", "", 0.0, 0, 0, 0)


class Hub:
    """Everything that one user's daemon does, for all its fronts."""

    def __init__(
        self,
        *,
        version: str,
        engine: Engine,
        completer: Completer,
        archive: Archive,
        clock: Clock,
        choose_model: Callable[[], Awaitable[None]],
        stop: Callable[[], None],
        fold: Fold | None = None,
        outside: Outside | None = None,
    ) -> None:
        """`outside` watches what the documents of `fold` live among; without it nothing does."""
        self._version = version
        self._engine = engine
        self._completer = completer
        self._archive = archive
        self._clock = clock
        self._choose_model = choose_model
        self._stop = stop
        self._fold = fold or Fold(RapidMatcher())
        self._sleepers = Sleepers(self._fold, archive, clock)
        self._outside = outside
        self._importer = Importer(
            archive, self._fold, clock, lambda doc, root: archive.admits(doc, Who("", (root,)))
        )
        self._fronts: dict[Front, FrontLink] = {}
        self.recording = Recording(self._fronts.keys(), archive, self._fold, self._sleepers, clock)
        self._reasons: Counter[Reason] = Counter()
        self._last = _NO_FIGURES
        self._why = Why("", "Nothing was asked yet.", _NO_FIGURES)
        self._began_ms = clock.steady_ms()
        self._told: Status | None = None

    # --- fronts -----------------------------------------------------------------------------

    def welcome(self, hello: Hello, link: FrontLink) -> tuple[Front, Welcome]:
        """Take a front in, whose Hello was found good."""
        front = Front(
            hello,
            completer=self._completer,
            recorder=self._archive,
            clock=self._clock,
            resync=link.resync,
            count=self._count,
            answered=self._note_answer,
            fold=self._fold,
            sleepers=self._sleepers,
            outside=self._outside,
        )
        self._fronts[front] = link
        return front, Welcome(PROTOCOL_VERSION, self._version, front.session, self.status())

    def leave(self, front: Front) -> None:
        """A front is gone; what it had open and did not close sleeps."""
        if self._fronts.pop(front, None) is not None:
            front.close()

    def _count(self, reason: Reason) -> None:
        self._reasons[reason] += 1
        self._why = Why(reason, reason.sentence, _NO_FIGURES)

    def _note_answer(self, answer: Proposed, written: Written) -> None:
        self._last = LastCompletion(
            answers=self._last.answers + 1,
            reason=answer.reason,
            hit=written.hit,
            latency_ms=answer.latency_ms,
            tokens_prompt=answer.tokens_prompt,
            tokens_evaluated=answer.tokens_evaluated,
            tokens_written=answer.tokens_written,
            engine_ms=written.engine_ms,
        )
        self._why = replace(
            self._why,
            figures=self._last,
            chars=len(answer.text),
            logprob_mean=answer.logprob_mean,
        )

    # --- time and status --------------------------------------------------------------------

    def tick(self) -> None:
        """About once a second: let time end what it ends, tell what changed."""
        for front in list(self._fronts):
            front.tick()
        self._sleepers.tick()
        self._completer.keep()
        if self._outside is not None:
            self._outside.tick()
        status = self.status()
        if status != self._told:
            self._told = status
            for link in list(self._fronts.values()):
                link.status_changed(status)

    async def tend(self) -> None:
        """Every few seconds: begin and end recording as the rules and the disk have it now."""
        await self.recording.tend()
        self.tick()

    def status(self) -> Status:
        """What an editor shows of Echo."""
        kind, message = engine_status(self._engine)
        if kind == "ready" and self._archive.problem:
            message = self._archive.problem
        return Status(
            kind=kind,
            message=message,
            busy=self._engine.state is EngineState.LOADING,
            recording=self._archive.recording,
        )

    @property
    def quiet_ms(self) -> float:
        """Since somebody last typed, moved or asked in a window, or all this began."""
        touched = [front.touched_ms for front in self._fronts]
        return self._clock.steady_ms() - max(self._began_ms, *touched, self._began_ms)

    def daemon_status(self) -> DaemonStatus:
        """What `echoctl status` prints."""
        return DaemonStatus(
            version=self._version,
            pid=os.getpid(),
            uptime_ms=int(self._clock.steady_ms() - self._began_ms),
            fronts=len(self._fronts),
            documents=sum(front.documents for front in self._fronts),
            status=self.status(),
            model=self._engine.model,
            engine_state=self._engine.state,
            engine_pid=self._engine.pid,
            engine_restarts=self._engine.restarts,
            engine_note=self._engine.note,
            store_state=self._archive.state,
            store_bytes=self._archive.size_bytes(),
            key_source=self._archive.key_source,
            events_recorded=self._archive.events_recorded,
            gaps_live=sum(front.gaps_live for front in self._fronts) + self._sleepers.gaps_live,
            reasons={reason.value: count for reason, count in self._reasons.items()},
            watch_note=self._outside.note if self._outside is not None else "",
        )

    # --- administration ---------------------------------------------------------------------

    def stop(self) -> None:
        """End the daemon, after what it is answering."""
        self._stop()

    def last_completion(self) -> LastCompletion:
        """The figures of the newest answer to any front, for tools that measure."""
        return self._last

    def why(self) -> Why:
        """How the newest request ended, for a person."""
        return self._why

    def snooze(self, choice: Snooze) -> Snooze:
        """Be silent for a while."""
        self._completer.snooze(choice.minutes)
        return Snooze(self._completer.snoozed_ms / 60_000)

    async def reload_model(self) -> None:
        """Another model was chosen."""
        await self._choose_model()

    async def describe_engine(self) -> EngineDescription:
        """Load the model where needed, and say what is loaded."""
        return await self._engine.describe()

    async def flush(self) -> Flushed:
        """Wait until all that was received is durable."""
        self.recording.settle()
        return Flushed(await self._archive.flush())

    def consent(self) -> ConsentState:
        """What holds for recording."""
        return self._archive.consent()

    async def choose(self, choice: ConsentChoice) -> ConsentState:
        """Switch recording on or off; raises as `Recording.choose`."""
        return await self.recording.choose(choice)

    async def begin_recording(self) -> None:
        """The store was opened, or works again."""
        await self.recording.begin()

    def why_recorded(self, document: DocumentRef) -> RecordVerdict:
        """Whether what happens in a document is recorded, open or not."""
        return self.recording.why(document)

    async def rules_changed(self) -> None:
        """A file was written that says what may be recorded."""
        self.recording.decide_again()
        await self.tend()

    async def sizes(self) -> DataSize:
        """What takes how much in the store."""
        return await self._archive.sizes()

    async def forget(self, what: Forget) -> Forgotten:
        """Remove what a person named; raises as `Archive.forget`."""
        return await self.recording.forget(what)

    async def erase(self) -> None:
        """Remove the store and its key; recording is off from here on."""
        await self._archive.erase()
        self._fold.kept.forget()
        self.tick()
        self._completer.unlearn()

    async def samples(self, query: SamplesQuery) -> SampleList:
        """The newest samples."""
        return await self._archive.samples(query)

    async def sample(self, query: SampleQuery) -> SampleDetail:
        """One sample.

        Raises:
            StoreError: there is none of that number.
        """
        return await self._archive.sample(query)

    async def looks(self, query: SampleQuery) -> LookList:
        """What became of one sample.

        Raises:
            StoreError: there is none of that number.
        """
        return await self._archive.looks(query)

    async def metrics(self) -> Metrics:
        """Counters over the whole store."""
        return await self._archive.metrics()

    async def import_past(self, batch: PastFiles) -> PastAnswer:
        """Files of a repository's history.

        Raises:
            StoreError: nothing is recorded now.
        """
        return await self._importer.take(batch)

    async def trace(self, query: TraceQuery) -> TraceLines:
        """A recorded session in the trace format."""
        return await self._archive.trace(query)

    async def rebuild(self, tell: Callable[[RebuildProgress], None]) -> RebuildReport:
        """Make gaps, samples and looks again from the log; raises as `Archive.rebuild`."""
        self.recording.settle()
        return await self._archive.rebuild(tell)

    async def close(self) -> None:
        """Let everything go: fronts, engine, archive, in this order."""
        for front in list(self._fronts):
            self.leave(front)
        if self._outside is not None:
            await self._outside.close()
        self._completer.keep()
        await self._engine.close()
        await self._archive.close()

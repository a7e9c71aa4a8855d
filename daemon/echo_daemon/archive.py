"""The store behind the hub's `Archive`: what is recorded goes in, what people ask comes out.

Left out: how it is stored (`echo_daemon.store`), what is recorded (`front`, `mining`).

Rules
 - Reading waits for what was appended before it, so that a person sees what just happened.
 - Reading happens in threads; the event loop never waits for the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TypeVar

from echo_core.errors import InputError, StoreBusyError
from echo_core.experience.checkpoints import Pace
from echo_core.experience.kept import Before
from echo_core.experience.looks import Look
from echo_core.experience.mining import Experience, Mined
from echo_core.judging.exhibit import Due, Exhibit, Judged, Standing
from echo_core.places import holds, path_of
from echo_core.records import trace
from echo_core.records.events import Edited, Event, HeadMoved, Opened, Renamed
from echo_core.records.export import Tracing
from echo_core.records.wire import (
    ConsentChoice,
    ConsentState,
    DataSize,
    Forget,
    Forgotten,
    LookList,
    LookRow,
    Metrics,
    RebuildProgress,
    RebuildReport,
    SampleDetail,
    SampleList,
    SampleQuery,
    SamplesQuery,
    TraceLines,
    TraceQuery,
)
from echo_core.sharing.consent import Switch
from echo_daemon.exclusion.judge import Judge
from echo_daemon.exclusion.rules import excluded
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.recording import Who
from echo_daemon.mining.sleepers import Sleeper
from echo_daemon.store import judging
from echo_daemon.store.asking import asked
from echo_daemon.store.gaps import broken
from echo_daemon.store.last_text import last_text
from echo_daemon.store.queries import Queries
from echo_daemon.store.recorder import Store, StoreState
from echo_daemon.store.values import SessionRow

T = TypeVar("T")
TRACE_LINES_MAX = 5_000  # of one page; a page of full documents still fits a frame


class StoreArchive:
    """`echo_daemon.holding.Archive` over the encrypted store."""

    def __init__(self, store: Store, decided: Callable[[], None] = lambda: None) -> None:
        """`decided`: what could not be decided at once now can be; called in another thread."""
        self._store = store
        self.judge = Judge(self._decide, decided)
        self._holds = 0  # how many ask that nothing is recorded meanwhile

    # --- recording --------------------------------------------------------------------------

    @property
    def recording(self) -> bool:
        """Whether what is appended is kept."""
        return self._store.is_open and not self._holds and not self._store.owes

    @property
    def opening(self) -> bool:
        """Whether it will record in a moment: the store is being opened, or reads its own past."""
        waits = self._holds > 0 or self._store.state is StoreState.OFF
        return waits and self._store.consent().record

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is recorded inside."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    def admits(self, doc: str, who: Who) -> bool:
        """Whether anything about `doc` may be recorded."""
        return self.why_not(doc, who.roots) is None

    def why_not(self, doc: str, roots: Sequence[str]) -> str | None:
        """The sentence of the rule that keeps `doc` out of the log, whatever was chosen."""
        path = path_of(doc)
        return self.judge.why_not((path, *map(path_of, roots))) if path else None

    def _decide(self, question: tuple[str, ...]) -> str | None:
        path, *roots = question
        real = os.path.realpath(path)
        for folder in self._store.choices.folders_off(Switch.RECORD):
            if holds(folder, path) or holds(folder, real) or holds(os.path.realpath(folder), real):
                return f"You switched recording off in {folder}."
        found = excluded(path, roots)
        return found.sentence if found is not None else None

    def begin(self, session: str, who: Who, at_ms: int) -> None:
        """A session starts."""
        self._store.start_session(session, at_ms, who.client, who.roots)

    def together(self) -> AbstractContextManager[object]:
        """One transaction for what is handed over inside."""
        return self._store.together()

    def append(self, session: str, event: Event) -> bool:
        """Into the log; never waits. Whether it was taken."""
        return self._store.append(event, session)

    def checkpoint(self, session: str, standing: Sequence[Opened], *, quiet: bool) -> bool:
        """The texts as the newest event left them; whether they are kept."""
        return self._store.write_checkpoint(session, tuple(standing), quiet=quiet)

    def gaps_ended(self, mined: Sequence[Mined]) -> None:
        """Gaps broke, some with samples; called inside `together`."""
        for one in broken(mined):
            self._store.write_gaps_broken(one)
        for gap in mined:
            if gap.sample is not None:
                self._store.write_sample(gap.sample)

    def looked(self, look: Look) -> None:
        """Something became of a gap that broke earlier."""
        self._store.write_look(look)

    def judged(self, judged: Judged) -> None:
        """Something was found about a sample; refused where it is another one by now."""
        self._store.write_judged(judged)

    async def flush(self) -> int:
        """Wait until all that was appended is durable; how many events the store holds."""
        return await self._store.flush()

    # --- state ------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """off, open, paused, failed."""
        return self._store.state.value

    @property
    def problem(self) -> str:
        """Why recording, though chosen, does not happen; empty while all is well."""
        return self._store.problem

    @property
    def key_source(self) -> str:
        """Where the store's key is kept."""
        return self._store.key_source

    @property
    def events_recorded(self) -> int:
        """Durable events of the whole store, as far as it is open."""
        return self._store.statistics().events

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return self._store.size_bytes()

    def consent(self) -> ConsentState:
        """What was chosen and what holds."""
        return self._store.consent()

    async def revoke(self) -> None:
        """End recording, which is not permitted any more."""
        await self._store.revoke()

    async def choose(self, choice: ConsentChoice) -> ConsentState:
        """Record the choice; begin or end to record accordingly."""
        return await self._store.choose(choice)

    async def rebuild(self, tell: Callable[[RebuildProgress], None]) -> RebuildReport:
        """Make gaps, samples and looks again from the log."""
        return await self._store.rebuild(RapidMatcher(), tell)

    async def tend(self) -> bool:
        """Try again what failed; whether recording began anew."""
        return await self._store.tend()

    def goes_on(self) -> bool:
        """Whether sessions that are not over may be gone on with; asked once."""
        return self._store.goes_on()

    async def forget(self, what: Forget) -> Forgotten:
        """Remove what a person named; meanwhile nothing is recorded. Sessions must begin anew."""
        with self.held():
            return await self._store.forget(what)

    async def erase(self) -> None:
        """Remove store and key; recording is off from here on."""
        await self._store.erase("echoctl")

    async def close(self) -> None:
        """Write what is left."""
        await self._store.close()

    # --- reading ----------------------------------------------------------------------------

    async def samples(self, query: SamplesQuery) -> SampleList:
        """The newest samples."""
        return await self._read(lambda queries: queries.samples(query))

    async def sample(self, query: SampleQuery) -> SampleDetail:
        """One sample with its texts."""
        return await self._read(lambda queries: queries.sample(query))

    async def looks(self, query: SampleQuery) -> LookList:
        """What became of one sample."""
        found = await self._read(lambda queries: queries.looks(queries.sample(query).request))
        return LookList([_look_row(look) for look in found])

    async def due(self, query: Due) -> list[int]:
        """The numbers of samples that are to be judged, the newest first."""
        return await self._read(lambda queries: judging.due(queries, query))

    async def due_count(self, query: Due) -> int:
        """How many samples are to be judged."""
        return await self._read(lambda queries: judging.due_count(queries, query))

    async def exhibit(self, number: int) -> Exhibit | None:
        """One sample with all that is known of it; None where it is gone."""
        return await self._read(lambda queries: judging.exhibit(queries, number))

    async def roots(self) -> tuple[str, ...]:
        """The folders of all workspaces that were recorded in."""
        return await self._read(judging.roots)

    async def standings(self) -> list[Standing]:
        """How many samples are kept and dropped, and why."""
        return await self._read(judging.standings)

    async def followed(self, after_ms: int) -> tuple[list[Before], list[HeadMoved | Renamed]]:
        """What broke since then, and the moves of heads and names."""
        return await self._read(lambda queries: queries.followed(after_ms))

    async def last_text(self, doc: str) -> tuple[str, str] | None:
        """Language and text of a document as the log left it; None where it does not know."""
        return await self._read(lambda queries: last_text(queries, doc))

    async def unfinished(self) -> list[Sleeper]:
        """The sessions that have live gaps, as the log implies them."""
        return await self._read(lambda queries: [*map(_folded(queries), queries.unfinished())])

    async def samples_known(self, requests: Sequence[str]) -> set[str]:
        """Which of these samples are in the store."""
        return await self._read(lambda queries: queries.samples_known(requests))

    async def metrics(self) -> Metrics:
        """Counters of the whole store."""
        return await self._read(lambda queries: queries.metrics())

    async def sizes(self) -> DataSize:
        """What takes how much."""
        if not self._store.exists():
            return DataSize([], 0, 0)
        return await self._read(lambda queries: queries.sizes(self._store.size_bytes()))

    async def trace(self, query: TraceQuery) -> TraceLines:
        """A page of a recorded session in the trace format."""
        return await self._read(lambda queries: _trace_page(queries, query))

    async def _read(self, question: Callable[[Queries], T]) -> T:
        with suppress(StoreBusyError):  # paused: what is durable can still be read
            await self._store.flush()
        return await asked(self._store, question)


def _folded(queries: Queries) -> Callable[[SessionRow], Sleeper]:
    """From a session's row to its state, by its events since no gap was alive."""

    def fold(row: SessionRow) -> Sleeper:
        experience, pace = Experience(row.session), Pace()
        after, standing = queries.quiet(row.session)
        for opened in standing:
            experience.feed(opened)
        for _, event in queries.numbered(row.session, after):
            experience.feed(event)
            pace.took(event.doc if isinstance(event, Edited) else "")
        return Sleeper(row.session, Who(row.client, row.roots), experience, row.last_ms, pace)

    return fold


def _look_row(look: Look) -> LookRow:
    return LookRow(
        moment=look.moment.value,
        at_ms=look.at_ms,
        place=look.place.value,
        confidence=look.confidence,
        target_chars=look.target_chars,
        kept_chars=look.kept_chars,
        accepted_chars=look.accepted_chars,
        accepted_kept_chars=look.accepted_kept_chars,
        now_chars=look.now_chars,
        distance=look.distance,
        in_file=look.in_file,
        text_chars=len(look.text),
    )


def _trace_page(queries: Queries, query: TraceQuery) -> TraceLines:
    """A page of a trace. One that is not the first begins with the texts where the last ended."""
    session = query.session or _newest(queries)
    most = max(1, min(query.lines_max, TRACE_LINES_MAX))
    page: list[str] = []
    start_ms, after = query.start_ms, query.after
    if after:
        tracing = Tracing(start_ms, queries.standing(session, up_to=after)[1])
    else:
        start_ms = queries.began_ms(session)
        standing: list[Opened] = []
        if query.last_ms:
            start_ms = max(start_ms, queries.ended_ms(session) - query.last_ms)
            after, standing = queries.standing(session, before_ms=start_ms)
        tracing = Tracing(start_ms)
        for opened in standing:
            page += map(trace.format, tracing.lines(opened))
    for seq, event in queries.numbered(session, after):
        if len(page) >= most:
            return TraceLines(session, page, after, start_ms, more=True)
        page += map(trace.format, tracing.lines(event))
        after = seq
    return TraceLines(session, page, after, start_ms, more=False)


def _newest(queries: Queries) -> str:
    """The newest session in which something was edited or opened."""
    for row in reversed(queries.sessions()):
        if row.events:
            return row.session
    raise InputError("Nothing was recorded yet: see `echoctl consent record on`.")

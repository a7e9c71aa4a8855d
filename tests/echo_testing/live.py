"""Live mining into a real store, driven by a test: a session of steps, and what the rows say."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from echo_core.experience.fold import Fold
from echo_core.experience.looks import Look
from echo_core.experience.sample import Sample
from echo_core.gaps.origins import infer_origin
from echo_core.records import trace
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Focused,
    Origin,
    Proposed,
    Requested,
    Saved,
    Trigger,
)
from echo_core.records.wire import ConsentChoice, Forget, Forgotten, RebuildReport
from echo_core.text.edits import Edit
from echo_daemon.archive import StoreArchive
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Miner, Who
from echo_daemon.mining.sleepers import Sleeper, Sleepers
from echo_daemon.store import database
from echo_daemon.store.database import Connection, Row
from echo_daemon.store.keys import KeyPlace, KeyPolicy, existing_key
from echo_daemon.store.queries import OpenQueries
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings
from echo_daemon.store.views import make_views
from echo_testing.wound_clock import WoundClock

GAPS = """
WITH ended AS MATERIALIZED (SELECT * FROM gaps),
    asked AS MATERIALIZED (
        SELECT session, doc, CAST(body AS TEXT) AS body FROM log
        WHERE kind = (SELECT id FROM kinds WHERE name = 'request'))
SELECT request, session, doc, broken_ms, reason FROM ended
UNION ALL SELECT body ->> 0, session, doc, NULL, NULL FROM asked
WHERE body ->> 0 NOT IN (SELECT request FROM ended)
ORDER BY 1
"""


@dataclass
class Live:
    """A store that records, and the miners of its sessions."""

    folder: Path
    clock: WoundClock = field(default_factory=WoundClock)

    def __post_init__(self) -> None:
        self.paths = StorePaths(self.folder)
        self.clock.pass_ms(1_000_000)
        self._numbers = itertools.count()
        self._process()

    def _process(self) -> None:
        """What a daemon has in memory."""
        self.store = Store(self.paths, self.clock, {}, StoreSettings(KeyPolicy.FILE, explicit=True))
        self.archive = StoreArchive(self.store)
        self.fold = Fold(RapidMatcher())
        self.sleepers = Sleepers(self.fold, self.archive, self.clock)

    async def start(self) -> None:
        """Begin to record."""
        await self.store.choose(ConsentChoice(record=True, by="a test"))
        await self._go_on()

    async def _go_on(self) -> list[Sleeper]:
        """What a daemon does when recording begins (`Hub.begin_recording`)."""
        self.fold.kept.forget()
        self.fold.fresh = True
        await self.store.flush()
        if not self.store.exists():
            return []
        self.fold.kept.restore(*await self.archive.followed(0))
        return await self.archive.unfinished()

    async def crash(self) -> None:
        """A daemon that was killed after a flush, and the next one."""
        await self.store.close()
        self._process()
        await self.store.open()
        for sleeper in await self._go_on():
            self.sleepers.restore(sleeper)

    async def forget(self, what: Forget) -> Forgotten:
        """What a daemon does when something is to be forgotten (`Hub.forget`)."""
        forgotten = await self.store.forget(what)
        self.sleepers.forget()
        goes_on = self.sleepers.restore if what.workspace else self.sleepers.abandon
        for sleeper in await self._go_on():
            goes_on(sleeper)
        await self.store.flush()
        return forgotten

    def window(self, doc: str = "") -> Window:
        """A session of its own, or the one in which `doc` sleeps."""
        who = Who("a test", ("file:///w",))
        sleeper = self.sleepers.wake(doc, who, "")
        name = f"s{next(self._numbers)}"
        miner = Miner(name, who, self.archive, self.clock, self.fold, goes_on=sleeper)
        return Window(miner, self)

    def name(self, kind: str) -> str:
        """An identity."""
        return f"{kind}{next(self._numbers)}"

    async def rebuild(self) -> RebuildReport:
        """Make everything again."""
        await self.store.flush()
        return await self.store.rebuild(RapidMatcher(), lambda _: None)

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """The store through a connection of the test's own, which may write."""
        place = KeyPlace(self.paths.key, str(self.paths.database.absolute()), KeyPolicy.FILE)
        key = existing_key(place).key
        connection = database.open_for_writing(self.paths.database, key)
        make_views(connection)
        try:
            yield connection
        finally:
            connection.close()

    def rows(self) -> tuple[list[Row], list[Sample | None], list[Look]]:
        """All gaps, all samples in the order of their requests, all looks."""
        with self.beside() as connection:
            gaps = connection.execute(GAPS).fetchall()
            found = connection.execute("SELECT request FROM samples ORDER BY request").fetchall()
            queries = OpenQueries(connection)
            requests = [str(request) for (request,) in found]
            looks = [look for request in requests for look in queries.looks(request)]
            return gaps, [queries.sample_of(request) for request in requests], looks


@dataclass
class Window:
    """One session as the daemon would live it."""

    miner: Miner
    live: Live
    version: int = 0

    @property
    def now(self) -> int:
        return self.miner.now_ms()

    def text(self, doc: str) -> str | None:
        document = self.miner.document(doc)
        return None if document is None else document.text

    def open(self, doc: str, text: str) -> None:
        self.version += 1
        self.miner.opened(doc, "python", self.version, text)

    def edit(self, doc: str, edits: tuple[Edit, ...], origin: Origin, proposal: str = "") -> None:
        self.version += 1
        self.miner.observe(Edited(self.now, doc, self.version, edits, origin, proposal))

    def ask(self, doc: str, offset: int, proposed: str, proposal: str = "") -> str:
        """A request and its answer; the proposal's identity."""
        request = self.live.name("r")
        proposal = proposal or self.live.name("p")
        self.miner.observe(
            Requested(self.now, request, doc, self.version, offset, Trigger.AUTOMATIC)
        )
        self.miner.observe(
            Proposed(self.now, request, proposal, proposed, "m", -0.5, 1.0, 9, 1, 2, "proposed")
        )
        return proposal

    def play(self, line: trace.TraceLine) -> None:
        """A line of a trace; a request follows every insertion."""
        match line:
            case trace.TraceOpen():
                self.open(line.doc, line.text)
            case trace.TraceEdit():
                before = self.text(line.doc) or ""
                self.edit(line.doc, line.edits, infer_origin(before, line.edits))
                last = line.edits[-1]
                if last.inserted:
                    self.ask(line.doc, last.end_after, "proposed()")
            case trace.TraceCursor():
                self.miner.observe(CursorMoved(self.now, line.doc, line.anchor, line.head))
            case trace.TraceFocus():
                self.miner.observe(Focused(self.now, line.doc))
            case trace.TraceSave():
                self.miner.observe(Saved(self.now, line.doc))
            case trace.TraceClose():
                self.miner.observe(Closed(self.now, line.doc))
            case _:
                pass


@contextmanager
def running() -> Iterator[asyncio.Runner]:
    """A loop for tests that are not async themselves, as those that hypothesis calls."""
    with asyncio.Runner() as runner:
        yield runner

"""A hub that records into a real store, with one window: for tests of what becomes of a record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from echo_core.experience.fold import Fold
from echo_core.records.wire import (
    PROTOCOL_VERSION,
    CompletionAsk,
    DocumentEdit,
    DocumentOpen,
    Hello,
    Status,
)
from echo_daemon.archive import StoreArchive
from echo_daemon.completion.completer import Completer
from echo_daemon.front import Front
from echo_daemon.git.program import GitProgram
from echo_daemon.git.repository import Repository
from echo_daemon.hub import Hub
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.strays import Strays
from echo_daemon.permission.policy import read_policy
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_daemon.watch.paths import WatchedPaths
from echo_testing.desk import BY_ITSELF
from echo_testing.scripted_engine import ScriptedEngine
from echo_testing.waiting import LONG_S
from echo_testing.wound_clock import WoundClock

MINUTE_MS = 60_000


@dataclass
class Link:
    """A front's connection that keeps what it was told."""

    statuses: list[Status] = field(default_factory=list)

    def status_changed(self, status: Status) -> None:
        self.statuses.append(status)

    def resync(self, doc: str) -> None:
        raise AssertionError(doc)


class Lodge:
    """A hub that records into a real store, and one window."""

    def __init__(
        self,
        folder: Path,
        policy: KeyPolicy = KeyPolicy.FILE,
        *,
        data_dir: Path | None = None,
        engine: ScriptedEngine | None = None,
        watches: bool = False,
    ) -> None:
        """`watches`: files and repositories, from inside a running loop."""
        self.clock = WoundClock()
        self.clock.pass_ms(1_000 * MINUTE_MS)
        self.paths = StorePaths(data_dir or folder / "profile")
        self.policy_file = folder / "policy.toml"
        self.store = Store(
            self.paths,
            self.clock,
            {},
            StoreSettings(policy),
            policy=lambda: read_policy([self.policy_file]),
        )
        self.archive = StoreArchive(self.store, self._decided)
        self.archive.judge.wait_s = LONG_S  # no answer is late for this machine's sake
        self._loop = asyncio.get_running_loop() if watches else None
        self.engine = engine = engine or ScriptedEngine()
        self.fold = Fold(RapidMatcher())
        self.strays = Strays(self.fold.kept, self.archive.last_text, RapidMatcher())
        outside = (
            Outside(
                WatchedPaths,
                Repository.around,
                GitProgram(),
                kept=self.fold.kept,
                clock=self.clock,
                strays=self.strays,
            )
            if watches
            else None
        )
        self.hub = Hub(
            fold=self.fold,
            outside=outside,
            version="test",
            engine=engine,
            completer=Completer(engine, BY_ITSELF, self.clock, TreeSitterStructure(self.clock)),
            archive=self.archive,
            clock=self.clock,
            choose_model=self._nothing,
            stop=lambda: None,
        )
        self.link = Link()
        self.versions: dict[str, int] = {}
        self.lengths: dict[str, int] = {}
        self.front = self.enter()

    def _decided(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.hub.recording.decide_again)

    async def _nothing(self) -> None:
        pass

    def enter(self, *roots: str) -> Front:
        hello = Hello(PROTOCOL_VERSION, "test", 1, roots=list(roots))
        front, _ = self.hub.welcome(hello, self.link)
        return front

    def open(self, doc: str, text: str) -> None:
        self.versions[doc], self.lengths[doc] = 1, len(text)
        self.front.open(DocumentOpen(doc, "python", 1, text))

    def type(self, doc: str, inserted: str) -> None:
        self.versions[doc] += 1
        self.lengths[doc] += len(inserted)
        edits = [(0, 0, inserted)]
        self.front.edit(DocumentEdit(doc, self.versions[doc], edits, self.lengths[doc]))

    async def recorded(self) -> str:
        """All text that readers of the store see."""
        await self.hub.flush()
        queries = self.store.reading()
        parts = [repr(event) for row in queries.sessions() for event in queries.events(row.session)]
        queries.close()
        return "\n".join(parts)

    async def completes(self, doc: str = "file:///a.py") -> bool:
        """Whether a completion is still answered, with whatever reason."""
        ask = CompletionAsk(doc, self.versions[doc], 0, "invoked")
        return bool((await self.front.complete(ask)).reason)

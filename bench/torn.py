"""Write-ahead logs that were cut off or garbled, as a machine that lost its power leaves them.

A store is filled by live mining. At moments when something has just been acknowledged, store and
write-ahead log are copied, and the copy's log is damaged at a random place. Opened again, it must
hold a prefix of what was written, whole batches only, and a rebuild must find nothing different.

Left out: what a disk does to pages that were already synced: what a checkpoint has moved into the
store was on disk before, so images are made before the first checkpoint of their part.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from bench import stage
from bench.ledger import Ledger
from echo_core.experience.fold import Fold
from echo_core.gaps.origins import infer_origin
from echo_core.records import trace
from echo_core.records.events import (
    CursorMoved,
    Edited,
    Focused,
    Proposed,
    Requested,
    Saved,
    Trigger,
)
from echo_core.records.wire import ConsentChoice
from echo_daemon.archive import StoreArchive
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Miner, Who
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings

PART_IMAGES: Final = 10  # of one part of the session, after which the log is moved to the store
BATCH_LINES_MAX: Final = 12  # of the trace, in one transaction
WAL_BYTES_MAX: Final = 2 << 20  # of a part; SQLite begins to move pages at 4 MB
GARBLED_BYTES_MAX: Final = 64


class TraceClock:
    """A clock that stands where the trace is."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000

    def wall_ms(self) -> int:
        """Milliseconds since some moment."""
        return self.now_ms

    def steady_ms(self) -> float:
        """The same."""
        return float(self.now_ms)

    async def sleep_ms(self, duration_ms: float) -> None:
        """Let time pass."""
        self.now_ms += int(duration_ms)


@dataclass(slots=True)
class TornOutcome:
    """What was counted."""

    images: int = 0
    whole: int = 0  # of them, those that held all that was written
    no_prefix: int = 0  # held something else than a prefix of whole batches
    problems: list[str] = field(default_factory=list)
    differing: int = 0


class Tearing:
    """One store that grows, and the images of it."""

    def __init__(self, folder: Path, lines: Sequence[trace.TraceLine], seed: int) -> None:
        self._folder = folder
        self._lines = lines
        self._random = Random(seed)
        self._clock = TraceClock()
        self._digests = {0: hashlib.sha256().hexdigest()}  # of the log after each batch, by events
        self._miner: Miner | None = None
        self._requests = 0
        self._turn = 0
        self._at = 0
        self.outcome = TornOutcome()

    async def run(self, images: int) -> TornOutcome:
        """Fill, copy, damage, open; as many times as asked."""
        live = self._folder / "live"
        while self.outcome.images < images:
            store = _store(live, self._clock)
            await store.choose(ConsentChoice(record=True, by="bench"))
            archive = StoreArchive(store)
            fold = Fold(RapidMatcher())
            name = f"session {self.outcome.images}"
            self._miner = Miner(name, Who("bench"), archive, self._clock, fold)
            self._turn += 1
            self._at = 0
            wal = live / "store.db-wal"
            for _ in range(PART_IMAGES):
                if self.outcome.images == images or wal.stat().st_size > WAL_BYTES_MAX:
                    break
                for _ in range(self._random.randint(1, 4)):
                    await self._batch(store, live)
                await self._image(live)
            self._miner.close()
            await store.flush()
            self._remember(live)
            await store.close()
            stage.say(f"{self.outcome.images} of {images} images")
        return self.outcome

    async def _batch(self, store: Store, live: Path) -> None:
        with store.together():
            for _ in range(self._random.randint(1, BATCH_LINES_MAX)):
                self._play(self._lines[self._at % len(self._lines)])
                self._at += 1
        await store.flush()
        self._remember(live)

    def _remember(self, live: Path) -> None:
        count, digest = Ledger(live).prefix(1 << 40)
        self._digests[count] = digest

    def _play(self, line: trace.TraceLine) -> None:
        miner = self._miner
        if miner is None or isinstance(line, trace.TraceHead):
            return
        self._clock.now_ms += self._random.choice((1, 80, 200, 6_000))
        now, doc = miner.now_ms(), f"{self._turn}/{line.doc}"
        document = miner.document(doc)
        if isinstance(line, trace.TraceOpen):
            miner.opened(doc, line.language, 1, line.text)
        elif document is None:
            return
        elif isinstance(line, trace.TraceEdit) and line.edits:
            origin = infer_origin(document.text, line.edits)
            miner.observe(Edited(now, doc, self._at, line.edits, origin))
            self._request(miner, doc, line.edits[-1].end_after)
        elif isinstance(line, trace.TraceCursor):
            miner.observe(CursorMoved(now, doc, line.anchor, line.head))
        elif isinstance(line, trace.TraceFocus):
            miner.observe(Focused(now, doc))
        elif isinstance(line, trace.TraceSave):
            miner.observe(Saved(now, doc))

    def _request(self, miner: Miner, doc: str, at: int) -> None:
        self._requests += 1
        request, now = f"r{self._requests}", miner.now_ms()
        miner.observe(Requested(now, request, doc, self._at, at, Trigger.AUTOMATIC))
        answer = Proposed(now, request, f"p{request}", "x", "m", -0.5, 1.0, 9, 1, 2, "proposed")
        miner.observe(answer)

    # --- images -----------------------------------------------------------------------------

    async def _image(self, live: Path) -> None:
        folder = self._folder / "image"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        for name in ("store.db", "store.db-wal", "store.key", "consent.jsonl"):
            shutil.copy2(live / name, folder / name)
        self._damage(folder / "store.db-wal")
        self.outcome.images += 1
        store = _store(folder, self._clock)
        await store.open()
        try:
            count, digest = Ledger(folder).prefix(1 << 40)
            self.outcome.whole += count == max(self._digests)
            self.outcome.no_prefix += self._digests.get(count) != digest
            self.outcome.problems += Ledger(folder).problems()
            report = await store.rebuild(RapidMatcher(), lambda _: None)
            self.outcome.differing += report.gaps_differing + report.samples_differing
            self.outcome.differing += report.looks_differing
        finally:
            await store.close()

    def _damage(self, wal: Path) -> None:
        size = wal.stat().st_size
        at = self._random.randrange(size)
        how = self._random.choice(("cut", "garbled", "zeros", "cut and garbled"))
        with wal.open("r+b") as file:
            if "cut" in how:
                file.truncate(at)
                at = self._random.randrange(max(1, at))
            if "garbled" in how:
                file.seek(at)
                file.write(self._random.randbytes(self._random.randint(1, GARBLED_BYTES_MAX)))
            if how == "zeros":
                file.seek(at)
                file.write(bytes(size - at))


def _store(folder: Path, clock: TraceClock) -> Store:
    settings = StoreSettings(KeyPolicy.FILE, explicit=True)
    return Store(StorePaths(folder), clock, {}, settings)

"""A child process that records for ever, or until it is killed.

Prints, after each flush, how many events the store holds: from then on they must not be lost.
Usage: python appender.py FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from echo_core.records.events import Edited, Opened, Origin
from echo_core.records.wire import ConsentChoice
from echo_core.text.edits import Edit
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings


class CountingClock:
    """Time by the tick: each look is a millisecond later."""

    def __init__(self) -> None:
        self._now_ms = 0

    def wall_ms(self) -> int:
        self._now_ms += 1
        return self._now_ms

    def steady_ms(self) -> float:
        return float(self.wall_ms())

    async def sleep_ms(self, duration_ms: float) -> None:
        self._now_ms += int(duration_ms)


async def record(folder: Path) -> None:
    clock = CountingClock()
    store = Store(StorePaths(folder), clock, {}, StoreSettings(key_policy=KeyPolicy.FILE))
    await store.choose(ConsentChoice(record=True, by="a test"))
    session = f"session {store.statistics().events}"
    doc = "file:///a.py"
    store.append(Opened(clock.wall_ms(), doc, "python", 0, ""), session)
    version = 0
    while True:
        for _ in range(1 + version % 40):
            version += 1
            edit = Edit(version - 1, version - 1, "x")
            store.append(Edited(clock.wall_ms(), doc, version, (edit,), Origin.TYPED), session)
        print(await store.flush(), flush=True)


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1])))

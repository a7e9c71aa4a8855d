"""What the daemon's tests share: a hub that records, timers that are rung by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from echo_core.records.wire import ConsentChoice
from echo_testing.lodge import Lodge


@pytest.fixture
async def lodge(tmp_path: Path) -> AsyncIterator[Lodge]:
    """One that records, with a document and an edit in its log."""
    lodge = Lodge(tmp_path)
    await lodge.hub.choose(ConsentChoice(record=True, by="a test"))
    lodge.open("file:///a.py", "text\n")
    lodge.type("file:///a.py", "first ")
    await lodge.archive.flush()
    lodge.hub.tick()
    lodge.link.statuses.clear()
    yield lodge
    await lodge.hub.close()


@pytest.fixture
async def ring(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The loop's timers wait until this is called; then all of them are due.

    A few milliseconds pass at any moment on a machine that has something else to do.
    """
    loop = asyncio.get_running_loop()
    waiting: list[asyncio.TimerHandle] = []

    def call_later(
        delay: float, callback: Callable[..., object], *arguments: object
    ) -> asyncio.TimerHandle:
        waiting.append(asyncio.TimerHandle(loop.time() + delay, callback, arguments, loop))
        return waiting[-1]

    def ring_all() -> None:
        due, waiting[:] = waiting[:], []
        for each in due:
            if not each.cancelled():
                each._run()

    monkeypatch.setattr(loop, "call_later", call_later)
    return ring_all

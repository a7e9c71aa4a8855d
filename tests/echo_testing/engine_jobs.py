"""Asking an engine in tests: a client of a process, jobs without a deadline, their whole text."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from echo_core.completion.window import Window
from echo_engine.api import Engine, EngineOptions, Finished, Job, ModelFile, Piece, Started
from echo_engine.client import EngineClient
from echo_testing.waiting import LONG_S
from echo_testing.wound_clock import WoundClock

TOY = ModelFile("toy", Path("toy.gguf"))


@asynccontextmanager
async def engine(
    clock: WoundClock,
    command: list[str],
    model: ModelFile | None = TOY,
    *,
    idle_minutes: float = 0.0,
) -> AsyncIterator[EngineClient]:
    """A client that is closed at the end, with no process left behind."""
    client = EngineClient(clock, EngineOptions(idle_minutes=idle_minutes), model, command)
    try:
        yield client
    finally:
        pid = client.pid
        await client.close()
        assert client.pid == 0
        assert not pid or not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def job(
    tail: str,
    *,
    head: str = "",
    suffix: str = "",
    tokens_max: int = 32,
    stop: tuple[str, ...] = (),
) -> Job:
    """A job that takes as long as it takes."""
    return Job(Window(head, tail, suffix), tokens_max, deadline_ms=LONG_S * 1000, stop=stop)


async def written(engine: Engine, asked: Job) -> tuple[str, Finished]:
    """The whole text of a job, and how it ended; checks the order of what comes."""
    text = ""
    started = False
    async with aclosing(engine.run(asked)) as running:
        async for said in running:
            match said:
                case Started():
                    assert not started
                    assert not text
                    started = True
                case Piece():
                    assert started
                    assert said.text
                    assert said.logprob <= 0.0
                    text += said.text
                case Finished():
                    return text, said
    raise AssertionError("a job without an end")

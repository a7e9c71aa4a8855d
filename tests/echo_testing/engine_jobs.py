"""Asking an engine in tests: jobs without a deadline, their whole text, waiting for a condition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from echo_core.window import Window
from echo_daemon.engine.api import Engine, Finished, Job, Piece, Started


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process brings about; pytest's own limit bounds it."""
    while not condition():  # noqa: ASYNC110 - another process sets no Event of ours
        await asyncio.sleep(0.005)


def job(
    tail: str,
    *,
    head: str = "",
    suffix: str = "",
    tokens_max: int = 32,
    stop: tuple[str, ...] = (),
) -> Job:
    """A job that takes as long as it takes."""
    return Job(Window(head, tail, suffix), tokens_max, deadline_ms=120_000.0, stop=stop)


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

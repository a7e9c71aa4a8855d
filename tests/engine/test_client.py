"""The client against a real child process that is no llama.cpp: everything that can go wrong."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from echo_core.errors import EngineError
from echo_engine.api import (
    EngineState,
    Finished,
    FinishReason,
    Job,
    ModelFile,
    Piece,
    Started,
)
from echo_engine.client import (
    BACKOFF_MS_FIRST,
    CRASHES_LOADING_MAX,
    CRASHES_PREPARING_MAX,
    RETRY_FAILED_MS,
    EngineClient,
)
from echo_testing.engine_jobs import TOY, engine, is_alive, job, written
from echo_testing.waiting import until
from echo_testing.wound_clock import WoundClock

Fake = Callable[..., list[str]]


async def test_a_completion(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake()) as client:
        assert client.state is EngineState.IDLE
        assert client.pid == 0
        text, finished = await written(client, job("def add(a"))
        assert text == ", b):"
        assert finished.reason is FinishReason.END
        assert finished.tokens_written == 2
        assert client.state is EngineState.READY
        assert client.restarts == 0
        assert (await client.describe()).pid == client.pid
        assert client.model == "toy"


async def test_pieces_come_one_by_one(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake()) as client:
        said = [one async for one in client.run(job("for it", tokens_max=3))]
        assert [type(one) for one in said] == [Started, Piece, Piece, Piece, Finished]
        assert said[1:4] == [Piece(word, -0.125, 1) for word in ("em ", "in ", "things ")]


async def test_it_says_when_it_heard_of_the_worker(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--says", "always this")) as client:
        assert client.heard_ms == 0
        await client.warm()
        clock.pass_ms(70)
        assert (await written(client, job("whatever")))[0] == "always this"
        assert client.heard_ms == 70


async def test_without_a_model(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake(), model=None) as client:
        assert client.state is EngineState.NO_MODEL
        with pytest.raises(EngineError, match="echoctl models pull"):
            await written(client, job("def"))
        await client.use(TOY)
        assert (await written(client, job("def add(a")))[0] == ", b):"
        first = client.pid
        await client.use(ModelFile("other", Path("other.gguf")))
        assert client.state is EngineState.IDLE
        assert (await client.describe()).model == "other"
        assert client.pid != first
        assert client.restarts == 0
        await client.use(None)
        assert client.state is EngineState.NO_MODEL


async def test_a_closed_generator_frees_the_engine(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold", "for it")) as client:
        async with aclosing(client.run(job("for it"))) as held:
            async for said in held:
                if isinstance(said, Piece):
                    break
        text, finished = await written(client, job("def add(a"))
        assert text == ", b):"
        assert finished.reason is FinishReason.END


async def test_a_cancelled_task_frees_the_engine(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold", "for it")) as client:
        begun = asyncio.Event()

        async def hold() -> None:
            async for _ in client.run(job("for it")):
                begun.set()

        task = asyncio.create_task(hold())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await written(client, job("def add(a")))[0] == ", b):"


async def test_the_newest_waiting_job_comes_first(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold", "for it")) as client:
        async with aclosing(client.run(job("for it"))) as held:
            async for said in held:
                if isinstance(said, Piece):
                    break
            older = asyncio.create_task(written(client, job("def add(a")))
            await asyncio.sleep(0)
            newer = asyncio.create_task(written(client, job("print(")))
            assert (await older)[1].reason is FinishReason.CANCELLED
            assert not newer.done()
        assert (await newer)[0] == "item)"


async def test_jobs_that_wait_for_the_model(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake()) as client:
        older = asyncio.create_task(written(client, job("def add(a")))
        newer = asyncio.create_task(written(client, job("print(")))
        assert (await older)[1].reason is FinishReason.CANCELLED
        assert (await newer)[0] == "item)"


async def test_a_cancelled_job_does_not_undo_loading(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake()) as client:
        task = asyncio.create_task(written(client, job("def add(a")))
        await until(lambda: client.state is EngineState.LOADING)
        task.cancel()
        await until(lambda: client.state is EngineState.READY)
        assert client.restarts == 0


async def test_a_killed_worker_costs_one_job(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold", "for it")) as client:
        running = client.run(job("for it"))
        async for said in running:
            if isinstance(said, Piece):
                break
        waiting = asyncio.create_task(written(client, job("print(")))
        await asyncio.sleep(0)
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match="stopped"):
            await anext(running)
        with pytest.raises(EngineError, match="stopped"):
            await waiting
        assert client.state is EngineState.IDLE
        assert client.restarts == 1
        assert (await written(client, job("def add(a")))[0] == ", b):"
        assert client.state is EngineState.READY


async def test_a_worker_that_keeps_dying_is_started_later_and_later(
    clock: WoundClock, fake: Fake
) -> None:
    async with engine(clock, fake("--crash-at", "1")) as client:
        waits = []
        for deaths in range(4):
            task = asyncio.create_task(written(client, job("def add(a")))
            if deaths >= 2:
                await until(lambda: bool(clock.sleeping))
                waits += clock.sleeping
                clock.pass_ms(waits[-1])
            with pytest.raises(EngineError, match="stopped"):
                await task
        assert waits == [BACKOFF_MS_FIRST, 2 * BACKOFF_MS_FIRST]
        assert client.restarts == 4
        assert client.state is EngineState.IDLE


async def test_a_crash_loop_while_loading_ends_in_failure(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--crash-loading")) as client:
        task = asyncio.create_task(written(client, job("def add(a")))
        while not task.done():
            await until(lambda: task.done() or bool(clock.sleeping))
            clock.pass_ms(max(clock.sleeping, default=0.0))
        with pytest.raises(EngineError, match="crashes"):
            await task
        assert client.state is EngineState.FAILED
        assert client.failure.endswith(".")
        assert client.restarts == CRASHES_LOADING_MAX
        with pytest.raises(EngineError, match="crashes"):
            await written(client, job("def add(a"))
        assert client.restarts == CRASHES_LOADING_MAX  # not tried at every key
        clock.pass_ms(RETRY_FAILED_MS)
        assert client.state is EngineState.IDLE
        assert client.failure == ""


async def test_a_crash_in_special_kernels_is_avoided_the_next_time(
    clock: WoundClock, fake: Fake
) -> None:
    async with engine(clock, fake("--crash-unless-plain")) as client:
        assert (await written(client, job("def add(a")))[0] == ", b):"
        assert client.restarts == 1


@pytest.mark.parametrize(
    ("options", "layers", "restarts"),
    [
        (["--gpu-layers-max", "9"], 9, 0),
        (["--gpu-layers-max", "4"], 4, 0),
        (["--gpu-layers-max", "3"], 0, 0),
        (["--crash-on-gpu"], 0, 2),
    ],
)
async def test_a_gpu_that_does_not_take_the_model_gets_less_of_it(
    clock: WoundClock, fake: Fake, options: list[str], layers: int, restarts: int
) -> None:
    async with engine(clock, fake(*options)) as client:
        warming = asyncio.create_task(client.warm())
        while not warming.done():
            await until(lambda: warming.done() or bool(clock.sleeping))
            clock.pass_ms(max(clock.sleeping, default=0.0))
        await warming
        found = await client.describe()
        assert (found.gpu_layers, client.restarts) == (layers, restarts)
        assert found.backend == ("fake" if layers else "cpu")
        assert client.note == found.note
        assert bool(client.note) == (layers < 9)
        await client.use(TOY)
        assert client.note == ""


async def test_a_gpu_that_never_takes_the_model_is_a_failure(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--fail-loading", "gpu")) as client:
        with pytest.raises(EngineError, match="gpu_layers"):
            await client.warm()
        assert client.state is EngineState.FAILED
        assert client.restarts == 0


@pytest.mark.parametrize(
    ("kind", "words"),
    [("not_gguf", "not a GGUF"), ("out_of_memory", "memory"), ("unknown_architecture", "update")],
)
async def test_a_model_that_cannot_be_loaded(
    clock: WoundClock, fake: Fake, kind: str, words: str
) -> None:
    async with engine(clock, fake("--fail-loading", kind)) as client:
        with pytest.raises(EngineError, match=words):
            await client.warm()
        assert client.state is EngineState.FAILED
        assert words in client.failure
        assert client.pid == 0
        assert client.restarts == 0
        await client.use(TOY)
        assert client.state is EngineState.IDLE


async def test_a_line_that_is_no_message_ends_the_worker(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--garbage-at", "2")) as client:
        assert (await written(client, job("def add(a")))[0] == ", b):"
        first = client.pid
        with pytest.raises(EngineError, match="stopped"):
            await written(client, job("def add(a"))
        assert (await written(client, job("def add(a")))[0] == ", b):"
        assert client.pid != first
        assert client.restarts == 1


async def test_an_idle_model_is_unloaded(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake(), idle_minutes=5.0) as client:
        await written(client, job("def add(a"))
        pid = client.pid
        await until(lambda: clock.sleeping == [5 * 60_000.0])
        clock.pass_ms(4 * 60_000)
        await written(client, job("def add(a"))
        assert client.pid == pid
        await until(lambda: clock.sleeping == [5 * 60_000.0])
        clock.pass_ms(5 * 60_000)
        await until(lambda: client.pid == 0 and not is_alive(pid))
        assert client.state is EngineState.IDLE
        assert client.restarts == 0
        assert (await written(client, job("def add(a")))[0] == ", b):"


async def test_use_and_close_end_a_model_that_never_loads(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--never-load")) as client:
        task = asyncio.create_task(client.warm())
        await until(lambda: client.pid != 0)
        await client.use(TOY)
        with pytest.raises(EngineError, match="in the meantime"):
            await task
        task = asyncio.create_task(client.warm())
        await until(lambda: client.pid != 0)
        await client.close()
        with pytest.raises(EngineError, match="in the meantime"):
            await task
        with pytest.raises(EngineError, match="closed"):
            await client.warm()


async def test_a_program_that_cannot_be_started(clock: WoundClock, tmp_path: Path) -> None:
    async with engine(clock, [str(tmp_path / "missing")]) as client:
        with pytest.raises(EngineError, match="cannot be started"):
            await client.warm()
        assert client.state is EngineState.FAILED


async def test_a_window_that_is_too_large(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake()) as client:
        with pytest.raises(EngineError, match="too large"):
            await written(client, job("x" * (1 << 20)))
        assert (await written(client, job("def add(a")))[0] == ", b):"


async def test_what_was_prepared_is_read(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--cold")) as client:
        asked = job("for it", head="def add(a, b):\n")
        client.prepare(asked.window)  # nothing is loaded for it
        assert client.pid == 0
        _, cold = await written(client, asked)
        assert cold.tokens_evaluated == cold.tokens_prompt > 1
        client.prepare(job("print(").window)
        client.prepare(asked.window)
        await client.describe()
        await written(client, job("def add(a"))
        client.prepare(asked.window)
        _, warm = await prepared(client, asked)
        assert warm.tokens_evaluated == 1
        client.prepare(job("x" * (1 << 20)).window)  # too large to be sent: nobody is told
        assert (await written(client, asked))[0].startswith("em in things")


async def prepared(client: EngineClient, asked: Job) -> tuple[str, Finished]:
    """The first job that found its prompt read; a worker prepares when it comes to it."""
    while True:
        client.prepare(asked.window)
        text, finished = await written(client, asked)
        if finished.tokens_evaluated == 1:
            return text, finished


async def test_a_job_comes_before_a_preparation(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold-preparing")) as client:
        await client.warm()
        for tail, text in (("def add(a", ", b):"), ("print(", "item)")):
            client.prepare(job("for it").window)
            assert (await written(client, job(tail)))[0] == text
        assert client.restarts == 0


def restarted(client: EngineClient, times: int) -> bool:
    return client.restarts == times


async def test_a_crash_in_a_preparation_costs_nobody_an_error(
    clock: WoundClock, fake: Fake
) -> None:
    async with engine(clock, fake("--crash-preparing")) as client:
        for crashes in range(1, CRASHES_PREPARING_MAX + 1):
            assert (await written(client, job("def add(a")))[0] == ", b):"
            client.prepare(job("for it").window)
            await until(partial(restarted, client, crashes))
        assert (await written(client, job("def add(a")))[0] == ", b):"
        client.prepare(job("for it").window)
        assert (await written(client, job("def add(a")))[0] == ", b):"
        assert client.restarts == CRASHES_PREPARING_MAX


async def test_a_job_that_waits_for_a_preparation_that_crashes(
    clock: WoundClock, fake: Fake
) -> None:
    async with engine(clock, fake("--crash-preparing", "--hold-preparing")) as client:
        await client.warm()
        client.prepare(job("for it").window)
        assert (await written(client, job("def add(a")))[0] == ", b):"
        assert client.restarts <= 1

"""Background work at a real child process: it gives way, is cancelled, and keeps no model."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from functools import partial

import pytest

from echo_core.completion.window import Window
from echo_core.errors import EngineError
from echo_engine.api import EngineState
from echo_engine.background import Draft, Likelihood, Preempted, Question
from echo_engine.client import (
    BACKGROUND_KEEP_MS,
    CRASHES_PREPARING_MAX,
    EngineClient,
)
from echo_testing.engine_jobs import TOY, engine, job, written
from echo_testing.waiting import until
from echo_testing.wound_clock import WoundClock

QUESTION = Question("Who are you?", "Is it so?", ("A", "B"))
WINDOW = Window("", "def add(a", "")
Fake = Callable[..., list[str]]


async def test_each_kind_of_work_is_answered(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake()) as client:
        answers = await client.ask(QUESTION)
        assert answers.logprobs == (-0.125, -0.25)
        assert (await client.weigh(Likelihood(WINDOW, "two words"))).tokens == 2
        assert (await client.draft(Draft(WINDOW, 8))).text == ", b):"
        assert client.state is EngineState.READY


async def test_several_at_once_are_done_one_after_the_other(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake()) as client:
        many = await asyncio.gather(*(client.ask(QUESTION) for _ in range(4)))
        assert len(many) == 4


async def test_a_completion_comes_first(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold-behind")) as client:
        asking = asyncio.create_task(client.ask(QUESTION))
        await until(lambda: client.state is EngineState.READY)
        assert (await written(client, job("def add(a")))[0] == ", b):"
        with pytest.raises(Preempted):
            await asking


async def test_a_preparation_comes_first(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold-behind")) as client:
        asking = asyncio.create_task(client.ask(QUESTION))
        await until(lambda: client.state is EngineState.READY)
        await asyncio.sleep(0)
        client.prepare(WINDOW)
        with pytest.raises(Preempted):
            await asking


async def test_while_a_completion_is_written_nothing_is_begun(
    clock: WoundClock, fake: Fake
) -> None:
    async with engine(clock, fake("--hold", "for it")) as client:
        running = client.run(job("for it"))
        await anext(running)
        with pytest.raises(Preempted):
            await client.ask(QUESTION)
        await running.aclose()
        assert (await client.ask(QUESTION)).logprobs


async def test_who_goes_away_has_it_given_up(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold-behind")) as client:
        asking = asyncio.create_task(client.ask(QUESTION))
        await until(lambda: client.state is EngineState.READY)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        again = asyncio.create_task(client.ask(QUESTION))
        await asyncio.sleep(0)
        assert (await written(client, job("def add(a")))[0] == ", b):"
        with pytest.raises(Preempted):
            await again


async def test_without_a_model_or_with_too_much(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake(), model=None) as client:
        with pytest.raises(EngineError, match="echoctl models pull"):
            await client.ask(QUESTION)
    async with engine(clock, fake()) as client:
        with pytest.raises(EngineError, match="too large"):
            await client.weigh(Likelihood(WINDOW, "x" * (1 << 20)))
        assert (await client.ask(QUESTION)).logprobs


async def test_a_worker_that_dies_of_it(clock: WoundClock, fake: Fake) -> None:
    def restarted(client: EngineClient, times: int) -> bool:
        return client.restarts == times

    async with engine(clock, fake("--crash-behind")) as client:
        for deaths in range(1, CRASHES_PREPARING_MAX + 1):
            await written(client, job("def add(a"))  # so that no death follows another at once
            with pytest.raises(EngineError, match="in the middle of background work"):
                await client.ask(QUESTION)
            await until(partial(restarted, client, deaths))
        with pytest.raises(EngineError, match="dies of background work"):
            await client.ask(QUESTION)
        assert client.restarts == CRASHES_PREPARING_MAX
        assert (await written(client, job("def add(a")))[0] == ", b):"
        await client.use(TOY)
        with pytest.raises(EngineError, match="in the middle"):
            await client.ask(QUESTION)


async def test_a_completion_that_waits_for_work_that_crashes(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold-behind", "--hold", "for it")) as client:
        asking = asyncio.create_task(client.ask(QUESTION))
        await until(lambda: client.state is EngineState.READY)
        os.kill(client.pid, signal.SIGKILL)
        assert (await written(client, job("def add(a")))[0] == ", b):"
        with pytest.raises(EngineError):
            await asking
        assert client.restarts == 1


async def test_a_model_that_only_background_work_needs_leaves_soon(
    clock: WoundClock, fake: Fake
) -> None:
    async with engine(clock, fake(), idle_minutes=20.0) as client:
        await client.ask(QUESTION)
        await until(lambda: clock.sleeping == [BACKGROUND_KEEP_MS])
        clock.pass_ms(BACKGROUND_KEEP_MS)
        await until(lambda: client.pid == 0)
        assert client.state is EngineState.IDLE


async def test_background_work_does_not_put_off_the_end_of_a_models_time(
    clock: WoundClock, fake: Fake
) -> None:
    async with engine(clock, fake(), idle_minutes=5.0) as client:
        await written(client, job("def add(a"))
        await until(lambda: clock.sleeping == [5 * 60_000.0])
        clock.pass_ms(3 * 60_000)
        await client.ask(QUESTION)
        assert clock.sleeping == [2 * 60_000.0]
        clock.pass_ms(2 * 60_000)
        await until(lambda: client.pid == 0)


async def test_a_model_that_is_asked_just_now_stays(clock: WoundClock, fake: Fake) -> None:
    async with engine(clock, fake("--hold-behind"), idle_minutes=5.0) as client:
        await written(client, job("def add(a"))
        await until(lambda: bool(clock.sleeping))
        asking = asyncio.create_task(client.ask(QUESTION))
        await asyncio.sleep(0)
        clock.pass_ms(5 * 60_000)
        await until(lambda: clock.sleeping == [BACKGROUND_KEEP_MS])
        assert client.pid
        client.prepare(WINDOW)
        with pytest.raises(Preempted):
            await asking
        clock.pass_ms(BACKGROUND_KEEP_MS)
        await until(lambda: bool(clock.sleeping) or client.pid == 0)
        clock.pass_ms(BACKGROUND_KEEP_MS)
        await until(lambda: client.pid == 0)

"""Another model takes over: adapters in place, files by a second worker, and nobody notices."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from echo_core.errors import EngineError
from echo_engine.api import (
    EngineOptions,
    EngineState,
    Fault,
    Finished,
    FinishReason,
    ModelFile,
    Started,
    SwapError,
)
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock
from echo_testing import toy_adapter
from echo_testing.engine_jobs import job, written
from echo_testing.fake_engine import BOOK_SIGN
from echo_testing.waiting import until

ASKED = job("def add(a, b):\n    return")
TRIAL = (ASKED,)
Fake = Callable[..., list[str]]
SMALL = "SmolLM2-135M-Instruct.Q4_1.gguf"
QWEN = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"


@pytest.fixture
def base(tmp_path: Path) -> ModelFile:
    path = tmp_path / "base.gguf"
    path.write_bytes(b"a model")
    return ModelFile("base", path)


def book(folder: Path, name: str, says: str) -> Path:
    path = folder / f"{name}.gguf"
    path.write_text(f"{BOOK_SIGN}def add(a, b):\n    return {says}\n", encoding="utf-8")
    return path


@asynccontextmanager
async def engine(command: list[str], model: ModelFile) -> AsyncIterator[EngineClient]:
    client = EngineClient(SystemClock(), EngineOptions(), model, command)
    try:
        yield client
    finally:
        await client.close()


async def test_an_adapter_comes_and_goes_in_the_same_worker(
    fake: Fake, base: ModelFile, tmp_path: Path
) -> None:
    async with engine(fake(), base) as client:
        assert (await written(client, ASKED))[0] == " a + b"
        pid = client.pid
        await client.swap(ModelFile("base+r1", base.path, book(tmp_path, "r1", "one")), TRIAL)
        assert (client.pid, client.model) == (pid, "base+r1")
        assert (await written(client, ASKED))[0] == " one"
        assert (await client.describe()).model == "base+r1"
        await client.swap(base, TRIAL)
        assert (await written(client, ASKED))[0] == " a + b"
        assert client.pid == pid


async def test_another_file_takes_over_and_what_was_being_written_ends(
    fake: Fake, base: ModelFile, tmp_path: Path
) -> None:
    async with engine(fake("--hold", "return"), base) as client:
        running = client.run(ASKED)
        first = await anext(running)
        assert isinstance(first, Started)
        assert first.model == "base"
        pid = client.pid
        # The trial would be held too: what is asked in it is something else.
        asked = (job("def add(a"),)
        await client.swap(ModelFile("base+r2", book(tmp_path, "r2", "two")), asked)
        assert client.pid != pid
        async for said in client.run(job("def add(a")):
            if isinstance(said, Started):
                assert said.model == "base+r2"
        await anext(running)  # a piece, from the worker that has been replaced
        await running.aclose()
        assert client.restarts == 0


async def test_nothing_is_loaded_by_a_swap_that_nobody_waits_for(
    fake: Fake, base: ModelFile, tmp_path: Path
) -> None:
    async with engine(fake(), base) as client:
        await client.swap(ModelFile("base+r1", base.path, book(tmp_path, "r1", "one")), TRIAL)
        assert (client.state, client.pid, client.model) == (EngineState.IDLE, 0, "base+r1")
        assert (await written(client, ASKED))[0] == " one"


@pytest.mark.parametrize("loaded", [True, False])
async def test_what_is_no_adapter_is_refused_and_the_old_one_answers(
    fake: Fake, base: ModelFile, tmp_path: Path, loaded: bool
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF")
    async with engine(fake(), base) as client:
        if loaded:
            await client.warm()
        with pytest.raises(SwapError, match="does not belong to this model") as caught:
            await client.swap(ModelFile("base+bad", base.path, bad), TRIAL)
        assert caught.value.fault is Fault.LOADING
        assert client.model == "base"
        assert (await written(client, ASKED))[0] == " a + b"


async def test_a_model_that_crashes_or_is_silent_in_its_trial(
    fake: Fake, base: ModelFile, tmp_path: Path
) -> None:
    release = ModelFile("base+r1", base.path, book(tmp_path, "r1", "one"))
    async with engine(fake("--crash-at", "2"), base) as client:
        with pytest.raises(SwapError) as caught:
            await client.swap(release, (ASKED, ASKED))
        assert caught.value.fault is Fault.TRIAL
    async with engine(fake(), base) as client:
        with pytest.raises(SwapError, match="wrote nothing"):
            await client.swap(release, (job("qqq"),))
        assert client.model == "base"
    async with engine(fake("--crash-loading"), base) as client:
        with pytest.raises(SwapError, match="crashes"):
            await client.swap(release, TRIAL)


async def test_whoever_chooses_another_model_meanwhile_has_the_last_word(
    fake: Fake, base: ModelFile, tmp_path: Path
) -> None:
    release = ModelFile("base+r1", base.path, book(tmp_path, "r1", "one"))
    other = ModelFile("other", base.path)
    async with engine(fake("--hold", "return"), base) as client:
        swapping = asyncio.ensure_future(client.swap(release, (ASKED,)))
        await asyncio.sleep(0)
        await client.use(other)
        swapping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await swapping
        assert client.model == "other"
    async with engine(fake(), base) as client:
        swapping = asyncio.ensure_future(client.swap(release, TRIAL))
        await asyncio.sleep(0)
        await client.use(other)
        with pytest.raises(SwapError, match="in the meantime"):
            await swapping
        assert client.model == "other"


async def test_a_worker_that_died_starts_again_with_what_was_there(
    fake: Fake, base: ModelFile, tmp_path: Path
) -> None:
    async with engine(fake("--crash-at", "3"), base) as client:
        await client.warm()
        await client.swap(ModelFile("base+r1", base.path, book(tmp_path, "r1", "one")), TRIAL)
        assert (await written(client, ASKED))[0] == " one"
        assert (await written(client, ASKED))[0] == " one"
        with pytest.raises(EngineError):
            await written(client, ASKED)
        await until(lambda: client.pid == 0)
        assert (await written(client, ASKED))[0] == " one"


@pytest.mark.model
async def test_real_weights_with_an_adapter_and_without(
    weights: Callable[[str], Path], tmp_path: Path
) -> None:
    path = weights(QWEN)
    noise, foreign = tmp_path / "noise.gguf", tmp_path / "foreign.gguf"
    toy_adapter.write(path, noise, scale=0.3)
    toy_adapter.write(path, foreign, arch="llama")
    base = ModelFile("qwen", path)
    asked = job("def fibonacci(n: int) -> int:\n    if n < 2:\n        return", tokens_max=6)
    client = EngineClient(SystemClock(), EngineOptions(context_tokens=1024), base)
    try:
        plain, _ = await written(client, asked)
        with pytest.raises(SwapError, match="does not belong"):
            await client.swap(ModelFile("qwen+x", path, foreign), ())
        await client.swap(ModelFile("qwen+noise", path, noise), (asked,))
        swapped, finished = await written(client, asked)
        assert swapped != plain
        assert finished.tokens_evaluated == finished.tokens_prompt  # of another model's cache
        assert isinstance(finished, Finished)
        assert finished.reason is not FinishReason.CANCELLED
        print("pause", (await client.describe()).load_ms)
        await client.swap(base, ())
        assert (await written(client, asked))[0] == plain
    finally:
        await client.close()


async def test_while_an_adapter_is_read_the_old_one_answers(
    weights: Callable[[str], Path], tmp_path: Path
) -> None:
    """What is read is a pipe: opening it lasts until somebody opens its other end."""
    path, slow = weights(SMALL), tmp_path / "slow.gguf"
    os.mkfifo(slow)
    asked = job("def add(a, b):\n    return", tokens_max=2)
    base = ModelFile("small", path)
    client = EngineClient(SystemClock(), EngineOptions(context_tokens=512), base)
    try:
        plain, _ = await written(client, asked)
        pid = client.pid
        swapping = asyncio.ensure_future(client.swap(ModelFile("small+r1", path, slow), ()))
        await asyncio.sleep(0)  # the order is sent, and the job behind it
        assert (await written(client, asked))[0] == plain
        assert not swapping.done()
        (await asyncio.to_thread(slow.open, "wb")).close()
        with pytest.raises(SwapError, match="does not belong"):
            await swapping
        assert (await written(client, asked))[0] == plain
        assert (client.model, client.pid) == ("small", pid)
    finally:
        await client.close()

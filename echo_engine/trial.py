"""A second worker, for a model that is to take over: it is loaded and tried there.

Left out: when another model takes over, and what becomes of the first worker (`client`).

Rules
 - What is tried may crash, hang or write rubbish: only the second worker suffers.
 - A trial ends: loading has its time, and so has each job.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import EngineError
from echo_core.records.wire import EngineDescription
from echo_engine import failures
from echo_engine.api import (
    EngineOptions,
    Fault,
    Finished,
    FinishReason,
    Job,
    ModelFile,
    Piece,
    SwapError,
)
from echo_engine.child import NO_START, Child, ChildDiedError
from echo_engine.protocol import Adapt, Failed, Load, Loaded
from echo_engine.replies import replies

# Of a trial that is thrown away: on the processor, in little memory, beside somebody who works.
SMALL: Final = EngineOptions(threads=1, gpu_layers=0, context_tokens=512)
LOADING_MS_MAX: Final = 300_000.0  # 20 GB from a disk that reads 70 MB/s
_GOOD_ENDS: Final = frozenset({FinishReason.END, FinishReason.STOP, FinishReason.LIMIT})


def load_command(
    model: ModelFile, options: EngineOptions, plain: bool = True, gpu_failures: int = 0
) -> Load:
    """What a worker is sent to load `model`; see `Load`."""
    return Load(
        model=model.name,
        path=str(model.path),
        threads=options.threads,
        gpu_layers=options.gpu_layers,
        context_tokens=options.context_tokens,
        plain=plain,
        gpu_failures=gpu_failures,
        adapter=str(model.adapter or ""),
    )


async def tried(
    command: Sequence[str],
    load: Load,
    jobs: Sequence[Job],
    clock: Clock,
    told: tuple[Callable[[Child], None], Callable[[], None]],
) -> tuple[Child, EngineDescription]:
    """A worker of its own that has loaded what `load` says and done `jobs`. The caller ends it.

    `told`: as `Child.start` has them.

    Raises:
        SwapError: it cannot be loaded, or fails; the worker is gone.
    """
    try:
        child = await Child.start(command, *told)
    except OSError as error:
        raise SwapError(NO_START, Fault.LOADING) from error
    hanging = asyncio.ensure_future(_end_later(child, clock))
    try:
        description = _described(await child.ask(load))
        hanging.cancel()
        if await _written(child, jobs) == 0 and jobs:
            raise SwapError(failures.SILENT, Fault.TRIAL)
    except BaseException as error:
        await child.end()
        if isinstance(error, ChildDiedError):
            raise SwapError(failures.CRASHES, Fault.LOADING) from error
        raise
    finally:
        hanging.cancel()
    return child, description


async def adapted(child: Child, model: ModelFile) -> EngineDescription:
    """Put `model`'s adapter, or none, over what `child` has loaded, between two jobs.

    Raises:
        SwapError: it cannot be; what was there answers on, or a new worker with it.
    """
    try:
        return _described(await child.ask(Adapt(model.name, str(model.adapter or ""))))
    except ChildDiedError as error:
        raise SwapError(failures.CRASHES, Fault.LOADING) from error


def _described(answer: object) -> EngineDescription:
    if isinstance(answer, Loaded):
        return answer.description
    sentence = answer.message if isinstance(answer, Failed) else failures.ODD
    raise SwapError(sentence, Fault.LOADING)


async def _written(child: Child, jobs: Sequence[Job]) -> int:
    """How many tokens `child` wrote in all."""
    tokens = 0
    for number, job in enumerate(jobs, start=1):
        try:
            async with contextlib.aclosing(replies(child, number, job)) as said:
                async for one in said:
                    if isinstance(one, Piece):
                        tokens += one.tokens
                    elif isinstance(one, Finished) and one.reason not in _GOOD_ENDS:
                        raise SwapError(failures.SLOW, Fault.TRIAL)
        except SwapError:
            raise
        except (ChildDiedError, EngineError) as error:
            raise SwapError(failures.CRASHES_IN_TRIAL, Fault.TRIAL) from error
    return tokens


async def _end_later(child: Child, clock: Clock) -> None:
    await clock.sleep_ms(LOADING_MS_MAX)
    await child.end()

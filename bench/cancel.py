"""How long the engine stays busy after its answer is no longer wanted.

`python -m bench.cancel [--model NAME] [--cancels N] [--seed N]`

A job is cancelled at a random moment, half of them while a long prompt is read and half while text
is written, and another is sent at once. The time from the cancel to the first word of the next
job, less what that job itself took to read, is what the cancelled one cost it.

Left out: the language server and the daemon (`bench.overhead` measures what they add).

Rules
 - Every long prompt is another one: nothing of it is in the cache.
 - A job that came to its end before it was cancelled is not counted, and drawn again.
 - The peer's connection is closed instead, and its next answer is cut by its own reading time.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from bench import report, stage
from bench.peer import Peer
from echo_core.completion.window import Window
from echo_core.showing.metrics import percentile
from echo_engine.api import Engine, Finished, Job, Piece, Started
from echo_runtime.clock import SystemClock

CANCELS: Final = 60
PROMPT_LINES: Final = 90  # about 1,000 tokens
READING_SHARE_MAX: Final = 0.8  # of the time that a whole prompt takes: cancelled before that
NEXT: Final = Window("", "x = ", "\n")
DEADLINE_MS: Final = 120_000.0
TRIES_MAX: Final = 10  # for one cancel that comes in time


def window(chance: random.Random) -> Window:
    """A long prompt that nobody has read before, and that is written on for long."""
    names = [f"value_{chance.getrandbits(40):x}" for _ in range(PROMPT_LINES)]
    lines = [f"    {name} = {number}\n" for number, name in enumerate(names)]
    return Window("def make():\n" + "".join(lines), "    return [\n        ", "\n    ]\n")


async def reading_ms(engine: Engine, chance: random.Random) -> float:
    """How long a long prompt takes to read."""
    async with aclosing(engine.run(Job(window(chance), 1, DEADLINE_MS))) as said:
        async for one in said:
            if isinstance(one, Started | Finished):
                return one.prompt_ms
    raise AssertionError("a job without an end")


async def _write(engine: Engine, job: Job, wrote: Callable[[], None]) -> None:
    async with aclosing(engine.run(job)) as said:
        async for one in said:
            if isinstance(one, Piece):
                wrote()


async def cancelled(
    engine: Engine, clock: SystemClock, chance: random.Random, after_ms: float, *, writing: bool
) -> float | None:
    """One cancel `after_ms` after the job's begin, or after its first piece; None: too late."""
    begun = asyncio.Event()
    task = asyncio.ensure_future(_write(engine, Job(window(chance), 256, DEADLINE_MS), begun.set))
    waiting = asyncio.ensure_future(begun.wait())
    if writing:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    await clock.sleep_ms(after_ms)
    in_time = not task.done() and begun.is_set() == writing
    waiting.cancel()
    cancelled_ms = clock.steady_ms()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    free_ms = await _until_free(engine, clock, cancelled_ms)
    return free_ms if in_time else None


async def _until_free(engine: Engine, clock: SystemClock, cancelled_ms: float) -> float:
    async with aclosing(engine.run(Job(NEXT, 1, DEADLINE_MS))) as said:
        async for one in said:
            if isinstance(one, Started | Finished):
                return max(0.0, clock.steady_ms() - cancelled_ms - one.prompt_ms)
    raise AssertionError("a job without an end")


async def _cancels(
    engine: Engine, clock: SystemClock, chance: random.Random, count: int, *, writing: bool
) -> list[float]:
    whole_ms = await reading_ms(engine, chance)
    span_ms = 300.0 if writing else READING_SHARE_MAX * whole_ms
    found: list[float] = []
    for _ in range(count * TRIES_MAX):
        if len(found) == count:
            break
        after_ms = chance.uniform(0.0 if writing else 0.05 * span_ms, span_ms)
        free_ms = await cancelled(engine, clock, chance, after_ms, writing=writing)
        if free_ms is not None:
            found.append(free_ms)
            stage.say(f"cancel {'writing' if writing else 'reading'}: {len(found)} of {count}")
    return found


async def _peer_cancels(
    peer: Peer, clock: SystemClock, chance: random.Random, count: int
) -> list[float]:
    """The same at the peer, whose answer does not tell when it began: at random moments."""
    found: list[float] = []
    for number in range(count):
        stage.say(f"peer: {number + 1} of {count}")
        long = window(chance)
        asked = {"input_prefix": long.head, "prompt": long.tail, "input_suffix": long.suffix}
        task = asyncio.ensure_future(peer.infill({**asked, "n_predict": 256}))
        await clock.sleep_ms(chance.uniform(100.0, 2000.0))
        if task.done():
            continue
        cancelled_ms = clock.steady_ms()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        short = {"input_prefix": NEXT.head, "prompt": NEXT.tail, "input_suffix": NEXT.suffix}
        timings = (await peer.infill({**short, "n_predict": 1}))["timings"]
        own_ms = float(timings["prompt_ms"]) + float(timings["predicted_ms"])
        found.append(max(0.0, clock.steady_ms() - cancelled_ms - own_ms))
    return found


async def measure(model: str, cancels: int, seed: int, threads: int) -> report.Report:
    """Cancel on both sides."""
    clock = SystemClock()
    setting = await stage.set_up(model, threads)
    half = max(1, cancels // 2)
    chance = random.Random(seed)
    engine = setting.engine(clock)
    try:
        await engine.warm()
        reading = await _cancels(engine, clock, chance, half, writing=False)
        writing = await _cancels(engine, clock, chance, half, writing=True)
    finally:
        await engine.close()
    async with await setting.peer() as peer:
        peers = await _peer_cancels(peer, clock, chance, half)
        version = peer.version
    return report.Report(
        bench="cancel",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={"cancel_p95_ms": percentile([*reading, *writing], 95)},
        detail={
            **setting.detail,
            "seed": seed,
            "while_reading_ms": stage.spread(reading),
            "while_writing_ms": stage.spread(writing),
            "both_ms": stage.spread([*reading, *writing]),
            "peer": version,
            "peer_ms": stage.spread(peers),
        },
    )


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--cancels", type=int, default=CANCELS, help="half of them while reading")
    chosen = options.parse_args()
    stage.run(measure(chosen.model, chosen.cancels, chosen.seed, chosen.threads))


if __name__ == "__main__":
    main()

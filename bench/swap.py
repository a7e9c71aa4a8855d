"""What typing notices of other weights: adapters in place, files by a second worker, going back.

`python -m bench.swap [--model NAME] [--swaps N] [--files N] [--seed N]`

Somebody types on while weights change: at each key the job before is cancelled and another is
asked, as the daemon does. The adapters are random numbers (`echo_testing.toy_adapter`); the file
is a copy of the model's own.

Then the drill: a release repository on loopback, a client that took r2, and a channel that takes it
back. Timed from the moment at which the channel is signed and served until an answer comes from
what was there before.

Left out: how good weights are; the daemon's own milliseconds (`bench.overhead`).

Rules
 - A request is lost that neither ended by itself nor was cancelled for a newer one.
 - A pause is what the worker itself counts: how long it cannot evaluate. The adapter is read
   before, while the old one serves: that is in the time of the whole swap. A whole file makes no
   pause: the old worker answers until the new one does.
 - What a first word costs while and after weights change, with an empty cache, stands beside it.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import report, stage
from echo_core.completion.window import Window
from echo_core.errors import EngineError
from echo_daemon.updates.api import Base
from echo_daemon.updates.trial import JOBS
from echo_engine.api import Finished, FinishReason, Job, ModelFile, Started
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock
from echo_trainer.release import publishing

# What the tests share: a publisher with all keys, random adapters.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from echo_testing import toy_adapter
from echo_testing.release_house import (
    CHANNEL,
    Publisher,
    files_of,
    machine,
    manifest_of,
    served,
)

SWAPS: Final = 20
FILES: Final = 2
KEY_MS: Final = 120.0  # 100 words a minute
THOUGHTS: Final = 0.1  # of keys: they look at the answer, and it comes to its end
USUAL_MS: Final = 5000.0
PHASES: Final = ("usual", "adapter", "file", "drill")
DEADLINE_MS: Final = 30_000.0
HEAD: Final = '"""Numbers."""\n\n\ndef fibonacci(n: int) -> int:\n'
TYPED: Final = (
    "    if n < 2:\n        return n\n    return fibonacci(n - 1) + fibonacci(n - 2)\n\n\n"
    "def table(rows: int) -> list[int]:\n    return [fibonacci(row) for row in range(rows)]\n"
)


@dataclass
class Typist:
    """Somebody who types the same text again and again, and asks at each key."""

    engine: EngineClient
    clock: SystemClock
    chance: random.Random
    asked: int = 0
    ended: int = 0
    superseded: int = 0
    lost: int = 0
    phase: str = PHASES[0]  # what happens to the weights
    # To the first word, of each that got there, by the phase in which it was asked.
    begun_ms: dict[str, list[float]] = field(default_factory=lambda: {one: [] for one in PHASES})
    answered_by: str = ""
    _running: asyncio.Task[None] | None = None

    async def type(self) -> None:
        """Until cancelled."""
        while True:
            for end in range(1, len(TYPED)):
                tail = TYPED[:end]
                await self._give_up()
                self._running = asyncio.ensure_future(self._ask(tail))
                if self.chance.random() < THOUGHTS:
                    await asyncio.wait({self._running})
                await self.clock.sleep_ms(KEY_MS)

    async def stop(self) -> None:
        """Let the last one come to its end."""
        if self._running is not None:
            await asyncio.wait({self._running})

    async def _give_up(self) -> None:
        if self._running is not None and not self._running.done():
            self._running.cancel()
            await asyncio.wait({self._running})
            self.superseded += 1

    async def _ask(self, tail: str) -> None:
        self.asked += 1
        began_ms, phase = self.clock.steady_ms(), self.phase
        try:
            async with aclosing(
                self.engine.run(Job(Window(HEAD, tail, "\n"), 24, DEADLINE_MS))
            ) as said:
                async for one in said:
                    if isinstance(one, Started):
                        self.begun_ms[phase].append(self.clock.steady_ms() - began_ms)
                        self.answered_by = one.model
                    elif isinstance(one, Finished):
                        cut = one.reason in (FinishReason.CANCELLED, FinishReason.DEADLINE)
                        self.lost += cut
                        self.ended += not cut
        except EngineError:
            self.lost += 1


@asynccontextmanager
async def typing(typist: Typist) -> AsyncIterator[Typist]:
    """Somebody types as long as the block runs."""
    task = asyncio.ensure_future(typist.type())
    try:
        yield typist
    finally:
        task.cancel()
        await asyncio.wait({task})
        await typist.stop()


async def swaps(
    typist: Typist, models: list[ModelFile], count: int
) -> tuple[list[float], list[float]]:
    """Swap to each in turn; the pauses that the worker counted, and how long each took in all."""
    engine, clock = typist.engine, typist.clock
    pauses, wholes = [], []
    for number in range(count):
        began_ms = clock.steady_ms()
        await engine.swap(models[number % len(models)], ())
        wholes.append(clock.steady_ms() - began_ms)
        pauses.append(float((await engine.describe()).load_ms))
        await clock.sleep_ms(typist.chance.uniform(200.0, 1500.0))
        stage.say(f"swap {number + 1} of {count}")
    return pauses, wholes


async def drill(home: Path, typist: Typist, base: Base, adapters: list[Path]) -> dict[str, float]:
    """Take r1 and r2 from a repository, have r2 taken back; milliseconds."""
    publisher, clock = Publisher(home / "publisher"), typist.clock
    publisher.begin()
    with served(publisher.public) as server:
        async with machine(
            home / "m", server, publisher.root, engine=typist.engine, base=base
        ) as client:
            taken_ms = 0.0
            for number, path in enumerate(adapters, start=1):
                release = f"r{number}"
                repository = publisher.repository()
                publishing.publish(repository, path, manifest_of(release, path, base))
                publishing.promote(repository, release, CHANNEL)
                repository.commit()
                server.files = files_of(publisher.public)
                began_ms = clock.steady_ms()
                await client.updates.check(by_hand=True)
                taken_ms = clock.steady_ms() - began_ms
            if client.updates.notes.release != "r2":
                raise EngineError(f"r2 was not taken: {client.updates.problem}")
            publisher.rollback("r2")
            server.files = files_of(publisher.public)
            began_ms = clock.steady_ms()
            await client.updates.check(by_hand=True)
            back_ms = clock.steady_ms() - began_ms
            before = typist.engine.model
            while typist.answered_by != before:
                await clock.sleep_ms(5.0)
            answered_ms = clock.steady_ms() - began_ms
    return {"taken_ms": taken_ms, "back_ms": back_ms, "answered_ms": answered_ms}


async def measure(model: str, count: int, files: int, seed: int, threads: int) -> report.Report:
    """All of it, one after the other, with one engine."""
    clock = SystemClock()
    setting = stage.alone(model, threads)
    engine = setting.engine(clock)
    typist = Typist(engine, clock, random.Random(seed))
    base = setting.model
    home = Path(tempfile.mkdtemp(prefix="echo-bench-swap-"))
    try:
        adapters = [home / f"a{number}.gguf" for number in (1, 2)]
        for number, path in enumerate(adapters):
            toy_adapter.write(base.path, path, scale=0.01, seed=number)
        adapter_bytes = adapters[0].stat().st_size
        copy = home / "merged.gguf"
        shutil.copyfile(base.path, copy)
        await engine.warm()
        over = [ModelFile(f"{base.name}+{path.stem}", base.path, path) for path in adapters]
        async with typing(typist):
            await clock.sleep_ms(USUAL_MS)
            typist.phase = "adapter"
            pauses, wholes = await swaps(typist, [*over, base], count)
            typist.phase = "file"
            merged = []
            for number in range(files):
                target = ModelFile(f"{base.name}+merged", copy) if number % 2 == 0 else base
                began_ms = clock.steady_ms()
                await engine.swap(target, JOBS)
                merged.append(clock.steady_ms() - began_ms)
                stage.say(f"file {number + 1} of {files}")
                await clock.sleep_ms(1500.0)
            if files % 2:
                await engine.swap(base, ())
            typist.phase = "drill"
            drilled = await drill(home, typist, Base(base.name, base.path, "b" * 64), adapters)
    finally:
        await engine.close()
        shutil.rmtree(home, ignore_errors=True)
    return report.Report(
        bench="swap",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={"requests_lost": float(typist.lost), "pause_ms_max": max(pauses)},
        detail={
            **setting.detail,
            "seed": seed,
            "requests": typist.asked,
            "ended": typist.ended,
            "superseded": typist.superseded,
            "adapter_pause_ms": stage.spread(pauses),
            "adapter_swap_ms": stage.spread(wholes),
            "file_swap_ms": stage.spread(merged),
            "first_word_ms": {
                phase: {**stage.spread(found), "max": max(found, default=None)}
                for phase, found in typist.begun_ms.items()
            },
            "adapter_bytes": adapter_bytes,
            "drill": drilled,
        },
    )


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--swaps", type=int, default=SWAPS, help="of adapters")
    options.add_argument("--files", type=int, default=FILES, help="of whole files")
    chosen = options.parse_args()
    stage.run(measure(chosen.model, chosen.swaps, chosen.files, chosen.seed, chosen.threads))


if __name__ == "__main__":
    main()

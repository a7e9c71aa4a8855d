"""What judging a sample costs, and what typing notices of it.

`python -m bench.distil [--model NAME] [--keys N] [--samples N] [--seed N]`

  cost     teacher, verifier and difficulty for samples of real files: time and tokens, read anew
  told     what the answers are worth (`bench.taught`)
  typing   the same keys twice, each once with background work under way when it is struck and once
           without, in one engine after the other: from the key to the first line

Left out: which samples are judged and when, the checks that need no model.

Rules
 - The background starts again as soon as a key is answered. The service waits until nobody has
   typed for a while, so that this is the worst that can happen.
 - Every key is struck in both ways, so that both have the same prompts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle

from bench import report, stage, taught
from bench.taught import Labelled
from bench.texts import sources
from bench.typing import Place, Session, sessions
from echo_core.clock import Clock
from echo_core.metrics import percentile
from echo_core.window import Window, window_at
from echo_daemon.engine.api import Job
from echo_daemon.engine.background import Preempted
from echo_daemon.engine.client import EngineClient
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.teaching.api import Teacher
from echo_daemon.teaching.local import LocalTeacher
from echo_runtime.clock import SystemClock

KEYS = 96
SAMPLES = 16
REAL_CODE = 40
TOKENS_MAX = 24
DEADLINE_MS = 60_000.0
WAIT_MS_MAX = 400.0  # between two keys; who thinks longer gives the background more room
RETRY_MS = 5.0


@dataclass(slots=True)
class Cost:
    """Of each sample."""

    ms: list[float] = field(default_factory=list)
    tokens: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)

    def add(self, part: str, ms: float) -> None:
        """`ms` more of one part."""
        self.parts.setdefault(part, []).append(ms)

    @property
    def detail(self) -> dict[str, object]:
        """For the report."""
        parts = {f"{name}_ms": stage.spread(ms) for name, ms in self.parts.items()}
        return {"ms": stage.spread(self.ms), "tokens": stage.spread(self.tokens), **parts}


async def judged(teacher: Teacher, one: Labelled, cost: Cost) -> None:
    """Ask everything about one sample.

    Raises:
        Preempted: typing came first.
    """
    choice = await teacher.choose(one.case, one.cuts)
    silence = await teacher.wants_silence(one.case)
    difficulty = await teacher.difficulty(one.case)
    for part, ms in (("cut", choice.ms), ("silence", silence.ms), ("difficulty", difficulty.ms)):
        cost.add(part, ms)
    cost.ms.append(choice.ms + silence.ms + difficulty.ms)
    cost.tokens.append(choice.tokens + silence.tokens + difficulty.tokens_read)


class Typist:
    """Strikes keys and waits for the first line of what is offered."""

    def __init__(self, engine: EngineClient, teacher: Teacher, samples: list[Labelled]) -> None:
        self._engine = engine
        self._teacher = teacher
        self._samples = cycle(samples)
        self._clock: Clock = SystemClock()
        self.preempted = 0
        self.judged = 0

    async def play(self, typed: list[Session], *, first_busy: bool) -> list[tuple[bool, float]]:
        """Every key that asks: whether the background was busy, and how long its line took."""
        struck: list[tuple[bool, float]] = []
        busy = first_busy
        for session in typed:
            text = session.source.text
            for place in session.places:
                text, times = await self._place(text, place, busy=busy)
                struck += times
                busy = not busy if len(times) % 2 else busy
        return struck

    async def _place(
        self, text: str, place: Place, *, busy: bool
    ) -> tuple[str, list[tuple[bool, float]]]:
        window: Window = window_at(text, place.arrives_at)
        times = []
        for key in place.keys:
            async with self._between(busy=busy):
                await self._clock.sleep_ms(min(key.wait_ms, WAIT_MS_MAX))
                text = text[: key.edit.start] + key.edit.inserted + text[key.edit.end :]
                if not key.asks:
                    continue
                window = window_at(text, key.edit.end_after, window)
                times.append((busy, await self._line(window)))
            busy = not busy
        return text, times

    async def _line(self, window: Window) -> float:
        started_ms = self._clock.steady_ms()
        job = Job(window, TOKENS_MAX, DEADLINE_MS, ("\n",))
        async with aclosing(self._engine.run(job)) as said:
            async for _ in said:
                pass
        return self._clock.steady_ms() - started_ms

    @asynccontextmanager
    async def _between(self, *, busy: bool) -> AsyncIterator[None]:
        """The time from one answer to the next, with or without background work."""
        churning = asyncio.create_task(self._churn()) if busy else None
        try:
            yield
        finally:
            if churning is not None:
                churning.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await churning

    async def _churn(self) -> None:
        for sample in self._samples:
            while True:
                try:
                    await judged(self._teacher, sample, Cost())
                except Preempted:
                    self.preempted += 1
                    await self._clock.sleep_ms(RETRY_MS)
                else:
                    self.judged += 1
                    break


async def measure(model: str, keys: int, samples: int, seed: int, threads: int) -> report.Report:
    """Cost, worth, and the effect on typing."""
    clock = SystemClock()
    setting = stage.alone(model, threads)
    files = sources(seed)
    cases, places = taught.labelled(), taught.placed(files, samples, seed)
    code = taught.placed(files, REAL_CODE, seed + 1)
    distance = RapidMatcher().distance
    cost, told, struck, typists = Cost(), {}, [], []
    engine = setting.engine(clock)
    try:
        description = await engine.describe()
        teacher = LocalTeacher(engine, distance)
        for number, place in enumerate(places):
            stage.say(f"sample {number + 1} of {len(places)}")
            await judged(teacher, place, cost)
        stage.say("labelled cases")
        told["cut"] = await taught.cut_rightly(teacher, cases)
        told["silence"] = await taught.silence_told(teacher, cases, code)
    finally:
        await engine.close()
    typed = sessions(files, keys, seed)
    for first_busy in (True, False):
        stage.say("typing, every second key with background work")
        engine = setting.engine(clock)
        try:
            await engine.warm()
            typist = Typist(engine, LocalTeacher(engine, distance), places)
            struck += await typist.play(typed, first_busy=first_busy)
            typists.append(typist)
        finally:
            await engine.close()
    busy = [ms for is_busy, ms in struck if is_busy]
    quiet = [ms for is_busy, ms in struck if not is_busy]
    return report.Report(
        bench="distil",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={
            "typing_ratio_p95": report.ratio(percentile(busy, 95), percentile(quiet, 95)),
        },
        detail={
            **setting.detail,
            "llama_cpp": description.llama_cpp,
            "seed": seed,
            "cost": cost.detail,
            "told": told,
            "typing_ms": {"busy": stage.spread(busy), "quiet": stage.spread(quiet)},
            "typing_ratio_p50": report.ratio(percentile(busy, 50), percentile(quiet, 50)),
            "preempted": sum(one.preempted for one in typists),
            "judged_while_typing": sum(one.judged for one in typists),
        },
    )


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--keys", type=int, default=KEYS, help="keys that ask, over all files")
    options.add_argument("--samples", type=int, default=SAMPLES, help="samples whose cost is taken")
    chosen = options.parse_args()
    stage.run(measure(chosen.model, chosen.keys, chosen.samples, chosen.seed, chosen.threads))


if __name__ == "__main__":
    main()

"""What judging a sample costs, and what typing notices of it.

`python -m bench.distil [--model NAME] [--keys N] [--samples N] [--parts A,B]`

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
from echo_core.completion.window import Window, window_at
from echo_core.showing.metrics import percentile
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.teaching.api import Teacher
from echo_daemon.teaching.local import LocalTeacher
from echo_engine.api import Job
from echo_engine.background import Preempted
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock

PARTS = ("cost", "told", "typing")
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


async def priced(
    setting: stage.Stage, clock: SystemClock, places: list[Labelled]
) -> dict[str, object]:
    """What each of `places` costs, asked for the first time."""
    cost, engine = Cost(), setting.engine(clock)
    try:
        await engine.warm()
        teacher = LocalTeacher(engine, RapidMatcher().distance)
        for number, place in enumerate(places):
            stage.say(f"sample {number + 1} of {len(places)}")
            await judged(teacher, place, cost)
    finally:
        await engine.close()
    return cost.detail


async def worth(
    setting: stage.Stage, clock: SystemClock, code: list[Labelled]
) -> dict[str, object]:
    """What the answers are worth on labelled cases, and on places that have code."""
    stage.say("labelled cases")
    engine = setting.engine(clock)
    try:
        await engine.warm()
        teacher, cases = LocalTeacher(engine, RapidMatcher().distance), taught.labelled()
        return {
            "cut": await taught.cut_rightly(teacher, cases),
            "silence": await taught.silence_told(teacher, cases, code),
        }
    finally:
        await engine.close()


@dataclass(frozen=True, slots=True)
class Typed:
    """Keys of both ways, in ms, and what the background did meanwhile."""

    busy: list[float]
    quiet: list[float]
    preempted: int
    judged: int

    def ratio(self, percent: float) -> float | None:
        """How much longer a key takes while the background is under way."""
        return report.ratio(percentile(self.busy, percent), percentile(self.quiet, percent))

    @property
    def detail(self) -> dict[str, object]:
        """For the report."""
        return {
            "busy_ms": stage.spread(self.busy),
            "quiet_ms": stage.spread(self.quiet),
            "ratio_p50": self.ratio(50),
            "preempted": self.preempted,
            "judged": self.judged,
        }


async def typing(
    setting: stage.Stage, clock: SystemClock, typed: list[Session], places: list[Labelled]
) -> Typed:
    """The same keys in two engines, every second one with background work, then the others."""
    struck: list[tuple[bool, float]] = []
    preempted = done = 0
    for first_busy in (True, False):
        stage.say("typing, every second key with background work")
        engine = setting.engine(clock)
        try:
            await engine.warm()
            typist = Typist(engine, LocalTeacher(engine, RapidMatcher().distance), places)
            struck += await typist.play(typed, first_busy=first_busy)
            preempted, done = preempted + typist.preempted, done + typist.judged
        finally:
            await engine.close()
    busy, quiet = ([ms for is_busy, ms in struck if is_busy is way] for way in (True, False))
    return Typed(busy, quiet, preempted, done)


async def measure(
    model: str, keys: int, samples: int, seed: int, threads: int, parts: frozenset[str]
) -> report.Report:
    """Cost, worth, and the effect on typing."""
    clock = SystemClock()
    setting = stage.alone(model, threads)
    files = sources(seed)
    places, code = taught.placed(files, samples, seed), taught.placed(files, REAL_CODE, seed + 1)
    detail: dict[str, object] = {**setting.detail, "seed": seed}
    if "cost" in parts:
        detail["cost"] = await priced(setting, clock, places)
    if "told" in parts:
        detail["told"] = await worth(setting, clock, code)
    ratio = None
    if "typing" in parts:
        typed = await typing(setting, clock, sessions(files, keys, seed), places)
        ratio, detail["typing"] = typed.ratio(95), typed.detail
    return report.Report(
        bench="distil",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={"typing_ratio_p95": ratio},
        detail=detail,
    )


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--keys", type=int, default=KEYS, help="keys that ask, over all files")
    options.add_argument("--samples", type=int, default=SAMPLES, help="samples whose cost is taken")
    options.add_argument(
        "--parts", default=",".join(PARTS), help="what is measured, of cost, told and typing"
    )
    chosen = options.parse_args()
    parts = frozenset(chosen.parts.split(","))
    if not parts <= frozenset(PARTS):
        options.error(f"--parts is made of {', '.join(PARTS)}")
    stage.run(
        measure(chosen.model, chosen.keys, chosen.samples, chosen.seed, chosen.threads, parts)
    )


if __name__ == "__main__":
    main()

"""When samples are judged, and which: the loop behind the pipeline.

Left out: judging one sample (`pipeline`), what a model does when somebody types (the engine stops
it: `echo_engine.background`).

Rules
 - Only in idle time: nobody has typed in any window for a while, and the machine is plugged in.
   Who asks by hand (`now`) is asked nothing of that; but a model is let go of all the same when
   somebody types.
 - One sample at a time, the newest first. Each judgement is one row, written when it is whole: a
   killed process loses the sample that it was at, and judges it again.
 - Judged at once, not after the last look: what a check says does not depend on looks, and a
   later look changes the standing and the quality alone.
 - Nothing is judged while nothing is recorded, and nothing of what may not be recorded any more.
 - An engine that does not answer is left alone for longer and longer. A sample about which it
   fails again and again, while it answers about others, is dropped.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import EngineError, StoreError
from echo_core.judging.checks.table import versions
from echo_core.judging.exhibit import NEWEST, Due, Exhibit, Judged
from echo_core.judging.judgement import Judgement, State
from echo_daemon.distilling.api import Conditions, Examiner, ExaminerDiedError, Samples
from echo_daemon.distilling.pipeline import Pipeline
from echo_engine.background import Preempted

LOOK_MS: Final = 1_000  # how late a moment of idleness is noticed
REST_MS: Final = 60_000  # after a pass that judged nothing: what is left waits for something else
EXAMINER_REST_MS: Final = 30_000  # without work, before the examiner's memory is given back
NOW_QUIET_MS: Final = 2_000  # who asked by hand waits so long after a key, no longer
BACK_OFF_MS: Final = 5_000  # doubled at each failure of the engine in a row
BACK_OFF_MS_MAX: Final = 600_000
FAILURES_MAX: Final = 3  # of one sample, while others are answered
PAGE: Final = 64  # numbers that are read at once
VERSIONS_BYTES: Final = 8


class Pause(StrEnum):
    """Why nothing is being judged; `sentence` is what a person is told."""

    NONE = "none"
    OFF = "off"
    NOT_RECORDING = "not_recording"
    TYPING = "typing"
    ON_BATTERY = "on_battery"
    ENGINE_DOWN = "engine_down"
    STORE_CLOSED = "store_closed"
    CHECKS_DOWN = "checks_down"
    NOTHING_DUE = "nothing_due"

    @property
    def sentence(self) -> str:
        """The pause in words."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Pause, str]] = {
    Pause.NONE: "Samples are being judged.",
    Pause.OFF: "Switched off by distill.enabled; `echoctl distill --now` works all the same.",
    Pause.NOT_RECORDING: "Nothing is recorded, so nothing is judged.",
    Pause.TYPING: "Somebody is typing; samples are judged when nobody is.",
    Pause.ON_BATTERY: "The machine is on battery; `echoctl distill --now` works all the same.",
    Pause.ENGINE_DOWN: "The engine does not answer; it is asked again later.",
    Pause.STORE_CLOSED: "The store cannot be read or written; see `echoctl doctor`.",
    Pause.CHECKS_DOWN: "The process that runs the checks does not start: reinstall Echo.",
    Pause.NOTHING_DUE: "All samples are judged.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a person set."""

    enabled: bool = True
    on_battery: bool = False
    idle_ms: float = 30_000.0


@dataclass(slots=True)
class Tally:
    """What one pass did."""

    due: int = 0
    judged: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)  # by cause
    passed_over: int = 0  # of files of which nothing may be kept any more
    ended: Pause = Pause.NOTHING_DUE

    def take(self, judgement: Judgement) -> None:
        """One more."""
        self.judged += 1
        against = judgement.dropped_by
        if judgement.state is State.KEPT:
            self.kept += 1
        elif against is not None and against.cause is not None:
            self.dropped[against.cause] += 1


@dataclass(frozen=True, slots=True)
class _Aside:
    """A sample about which the engine failed."""

    failures: int
    answered: int  # how many samples it had answered about by then


class Distiller:
    """Judges samples when the moment is right; see the module for the rules."""

    def __init__(
        self,
        samples: Samples,
        examiner: Examiner,
        pipeline: Pipeline,
        conditions: Conditions,
        clock: Clock,
        *,
        options: Options | None = None,
        failed: Callable[[str, str], None] = lambda _step, _kind: None,
    ) -> None:
        """`failed(what, kind)` hears of what should not happen, without text."""
        self._samples = samples
        self._examiner = examiner
        self._pipeline = pipeline
        self._conditions = conditions
        self._clock = clock
        self._options = options if options is not None else Options()
        self._failed = failed
        self._busy = asyncio.Lock()
        self._asked = 0  # how many wait to judge by hand: they come first
        self._asides: dict[int, _Aside] = {}
        self._answered = 0
        self._back_off_ms = 0.0
        self._not_before_ms = 0.0  # the engine is not asked
        self._rest_until_ms = 0.0  # nothing that is left can be judged
        self._worked_ms = 0.0
        self._last = Pause.NOTHING_DUE

    # --- in idle time -------------------------------------------------------------------------

    async def run(self) -> None:
        """Judge whatever is due whenever the moment is right; until cancelled."""
        while True:
            await self._clock.sleep_ms(LOOK_MS)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - one odd sample must not end it for good
                self._failed("distiller", type(error).__name__)
                self._rest_until_ms = self._clock.steady_ms() + REST_MS

    async def look(self) -> None:
        """One look at whether the moment is right; then a pass, as long as it is."""
        now_ms = self._clock.steady_ms()
        if now_ms - self._worked_ms > EXAMINER_REST_MS and not self._busy.locked():
            await self._examiner.rest()
        if self._why_not() is not Pause.NONE or now_ms < self._rest_until_ms:
            return
        async with self._busy:
            tally = Tally()
            await self._pass(tally, self._why_not, None, lambda _: None)
        if not tally.judged:
            self._rest_until_ms = self._clock.steady_ms() + REST_MS

    def _why_not(self) -> Pause:
        """Whether anything keeps this from being a moment for it."""
        if not self._options.enabled:
            return Pause.OFF
        if not self._samples.recording:
            return Pause.NOT_RECORDING
        if self._asked or self._conditions.quiet_ms() < self._options.idle_ms:
            return Pause.TYPING
        if not self._options.on_battery and self._conditions.on_battery():
            return Pause.ON_BATTERY
        if self._clock.steady_ms() < self._not_before_ms:
            return Pause.ENGINE_DOWN
        return Pause.NONE

    @property
    def pause(self) -> Pause:
        """Why nothing is being judged at this moment."""
        if self._busy.locked():
            return Pause.NONE
        why = self._why_not()
        return self._last if why is Pause.NONE else why

    # --- by hand ------------------------------------------------------------------------------

    async def now(self, limit: int | None, tell: Callable[[Tally], None]) -> Tally:
        """Judge what is due, idle or not; cancelling it loses the sample that it is at.

        Raises:
            StoreError: nothing is recorded, so that nothing could be written down.
        """
        while self._samples.opening:  # whoever asks may have started the daemon
            await self._clock.sleep_ms(LOOK_MS)
        if not self._samples.recording:
            raise StoreError("Nothing is recorded: see `echoctl consent record on`.")
        tally = Tally()
        self._asked += 1
        try:
            async with self._busy:
                self._not_before_ms = 0.0
                while True:
                    await self._pass(tally, self._recording, limit, tell)
                    if tally.ended is not Pause.TYPING:
                        break
                    await self._until_quiet()
        finally:
            self._asked -= 1
        return tally

    def _recording(self) -> Pause:
        return Pause.NONE if self._samples.recording else Pause.NOT_RECORDING

    async def _until_quiet(self) -> None:
        while self._conditions.quiet_ms() < NOW_QUIET_MS:
            await self._clock.sleep_ms(LOOK_MS)

    # --- one pass -----------------------------------------------------------------------------

    async def due(self) -> Due:
        """What is due now."""
        absent = await self._examiner.absent()
        words = versions(self._pipeline.table, absent).encode()
        digest = hashlib.blake2b(words, digest_size=VERSIONS_BYTES).digest()
        return Due(digest, self._conditions.askable())

    async def _pass(
        self,
        tally: Tally,
        why_not: Callable[[], Pause],
        limit: int | None,
        tell: Callable[[Tally], None],
    ) -> None:
        try:
            self._last = tally.ended = await self._through(tally, why_not, limit, tell)
            await self._samples.flush()
        except StoreError:
            self._last = tally.ended = Pause.STORE_CLOSED
        except ExaminerDiedError:
            self._last = tally.ended = Pause.CHECKS_DOWN
        finally:
            self._worked_ms = self._clock.steady_ms()

    async def _through(
        self,
        tally: Tally,
        why_not: Callable[[], Pause],
        limit: int | None,
        tell: Callable[[Tally], None],
    ) -> Pause:
        """From the newest to the oldest sample that is due; why it ended."""
        query = await self.due()
        roots = await self._samples.roots()
        tally.due = tally.judged + await self._samples.due_count(query)
        before, failed = NEWEST, False
        while page := await self._samples.due(Due(query.versions, query.askable, before, PAGE)):
            for number in page:
                before = number
                if limit is not None and tally.judged >= limit:
                    return Pause.NOTHING_DUE
                if (why := why_not()) is not Pause.NONE:
                    return why
                try:
                    await self._one(number, query, roots, tally)
                except Preempted:
                    return Pause.TYPING
                except EngineError:
                    if failed:
                        return self._give_way()
                    failed = True
                    continue
                failed = False
                tell(tally)
        return Pause.NOTHING_DUE

    def _give_way(self) -> Pause:
        """Two samples in a row were not answered: it is not the samples."""
        doubled = max(BACK_OFF_MS, 2 * self._back_off_ms)
        self._back_off_ms = min(doubled, BACK_OFF_MS_MAX)
        self._not_before_ms = self._clock.steady_ms() + self._back_off_ms
        return Pause.ENGINE_DOWN

    async def _one(self, number: int, query: Due, roots: tuple[str, ...], tally: Tally) -> None:
        exhibit = await self._samples.exhibit(number)
        if exhibit is None:
            return  # forgotten meanwhile
        if self._samples.why_not(exhibit.sample.doc, roots) is not None:
            tally.passed_over += 1
            return
        judgement = await self._judge(exhibit, roots, ask=query.askable)
        self._samples.judged(
            Judged(number, exhibit.stamp, self._clock.wall_ms(), query.versions, judgement)
        )
        tally.take(judgement)

    async def _judge(self, exhibit: Exhibit, roots: tuple[str, ...], *, ask: bool) -> Judgement:
        number = exhibit.number
        aside = self._asides.get(number)
        last = aside is not None and aside.failures >= FAILURES_MAX
        try:
            judgement = await self._pipeline.judge(exhibit, roots, ask=ask, last=last)
        except Preempted:
            raise
        except EngineError:
            self._put_aside(number, aside)
            raise
        self._asides.pop(number, None)
        if judgement.asked:
            self._answered += 1
            self._back_off_ms = 0.0
        return judgement

    def _put_aside(self, number: int, aside: _Aside | None) -> None:
        """Count a failure, if the engine has answered about another sample since the last one."""
        if aside is None:
            self._asides[number] = _Aside(1, self._answered)
        elif aside.answered != self._answered:
            self._asides[number] = _Aside(aside.failures + 1, self._answered)

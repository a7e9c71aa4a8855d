"""Answering one completion: remembered, written by a job that still fits, or by a new one.

Left out: documents and outcomes (`echo_daemon.front`), jobs (`flight`, `echo_engine`).

Rules
 - The latest request of a document wins: an older one is answered with silence at once, and what
   the engine was writing for it goes on for the newer one where that is of use.
 - A request that nobody asked for by hand is answered with the first line as soon as it is whole;
   the rest goes into the cache, and follows when the line was taken. Who asks by hand gets all,
   and other candidates beside it (`others`).
 - What is asked of the engine is a snapshot; nothing here changes a document.
 - Whatever happens in the engine, a request ends in a `Reason`.
 - Asking by hand is answered wherever anything can be: only switching off forbids it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from echo_core.clock import Clock
from echo_core.completion.cache import Cache, spot_at
from echo_core.completion.candidates import LINE_END
from echo_core.completion.gate import Evidence, Gate
from echo_core.completion.polish.pipeline import polish
from echo_core.completion.rhythm import Rhythm
from echo_core.completion.stops import StopRule, stop_rule
from echo_core.completion.window import Window, same_anchors, starts_alike, window_at
from echo_core.records.reasons import Reason
from echo_daemon.completion.answers import result, with_figures
from echo_daemon.completion.flight import Flight, Use
from echo_daemon.completion.gate_file import GateFile
from echo_daemon.completion.others import write_others
from echo_daemon.completion.surroundings import Surroundings
from echo_daemon.completion.values import Asked, CompletionOptions, Nobody, Place, Watch, Written
from echo_daemon.structure.api import Advice, Scope, Structure
from echo_engine.api import Engine, EngineState, Job

# An editor cancels a request just before it sends the next one. For so long a job is kept without
# anybody who waits for it; a person's next key comes five times later.
UNWAITED_MS_MAX = 25
# What is written ahead begins so long after an answer: until the editor has drawn it, the processor
# is the answer's. A person's next key comes twenty times later.
AHEAD_AFTER_MS = 5
# Around a cursor whose future is written ahead: more than any window or key of the cache reaches.
_AHEAD_CHARS = 16_384


class Completer:
    """Answers requests of all fronts with the one engine."""

    def __init__(
        self,
        engine: Engine,
        options: CompletionOptions,
        clock: Clock,
        structure: Structure,
        *,
        gate_file: GateFile | None = None,
    ) -> None:
        self._engine = engine
        self.options = options
        self.watch: Watch = Nobody()
        self._clock = clock
        self._structure = structure
        self._cache = Cache()
        self._rhythm = Rhythm()
        self._snoozed_until_ms = 0.0
        self._flights: set[Flight] = set()
        self._next: tuple[Window, Asked] | None = None  # to be written ahead in idle time
        self._ahead: Flight | None = None
        self._ahead_soon: asyncio.TimerHandle | None = None
        self._idle_from_ms = 0.0  # when the last thing was done that a flight needs from here
        self._gate_file = gate_file
        self.surroundings = Surroundings(
            structure, options.context_budget_tokens, options.disabled_languages
        )
        self.gate = Gate() if gate_file is None else gate_file.load()

    # --- what it is told --------------------------------------------------------------------

    def snooze(self, minutes: float) -> None:
        """Be silent for so long, but when asked by hand; 0 ends it."""
        self._snoozed_until_ms = self._clock.steady_ms() + minutes * 60_000 if minutes > 0 else 0.0

    @property
    def snoozed_ms(self) -> float:
        """How long it will still be silent."""
        return max(0.0, self._snoozed_until_ms - self._clock.steady_ms())

    def learn(self, evidence: Evidence, *, wanted: bool) -> None:
        """What was shown with this evidence was taken, or dismissed."""
        self.gate = self.gate.learned(evidence, wanted=wanted)
        self._rhythm = self._rhythm.accepted() if wanted else self._rhythm.refused()

    def keep(self) -> None:
        """Let what was learned outlive the daemon; called now and then."""
        if self._gate_file is not None:
            self._gate_file.keep(self.gate)

    def unlearn(self) -> None:
        """Forget what was learned from outcomes, on disk too; raises StoreError where it stays."""
        self.gate, self._rhythm = Gate(), Rhythm()
        if self._gate_file is not None:
            self._gate_file.erase()

    def look_at(self, place: Place, text: str, offset: int) -> None:
        """The cursor came here without an edit: let the engine read what it will be asked."""
        if self._engine.state is not EngineState.READY:
            return
        window = self._besides(place, text, offset, window_at(text, offset, place.window))
        if not same_anchors(place.window, window):
            self._engine.prepare(window)
        place.window = window

    # --- answering --------------------------------------------------------------------------

    async def complete(self, place: Place, asked: Asked) -> Written:
        """A completion; cancelling it frees the engine."""
        if self._ahead_soon is not None:
            self._ahead_soon.cancel()
        if not asked.invoked:
            self._rhythm = self._rhythm.key_at(self._clock.steady_ms())
        silence = self._silence(asked)
        if silence is not None:
            place.overtake()
            place.cancel()
            return Written(silence)
        written = self._remembered(asked)
        if written is not None:
            place.overtake()
            window = self._window(place, asked)
            if place.flight is not None and place.flight.use(window, whole=False) is Use.NONE:
                place.cancel()
        else:
            written = await self._asked_of_engine(place, asked)
        written = self._judged(place, asked, written)
        if written.text and asked.invoked:
            written = await self._with_others(place, asked, written)
        if written.text and self.options.look_ahead:
            self._ahead_soon = asyncio.get_running_loop().call_later(
                AHEAD_AFTER_MS / 1000, self._look_ahead, place, asked, written.text
            )
        return written

    def _silence(self, asked: Asked) -> Reason | None:
        options = asked.options or self.options
        if asked.silence is not None and not (
            asked.invoked and asked.silence is Reason.COMMIT_MESSAGE
        ):
            return asked.silence
        if asked.invoked:
            return None
        if self.snoozed_ms > 0:
            return Reason.SNOOZED
        if options.silence_in_comments or options.silence_in_strings:
            advice = self._advice(asked)
            if advice.comment and options.silence_in_comments:
                return Reason.COMMENT
            if advice.string and options.silence_in_strings:
                return Reason.STRING
        return None

    def _advice(self, asked: Asked) -> Advice:
        return self._structure.advise(asked.language, asked.text, asked.offset)

    def _kind(self, asked: Asked) -> str:
        return f"{self._engine.model}\n{asked.language}"

    def _remembered(self, asked: Asked) -> Written | None:
        hit = self._cache.find(self._kind(asked), asked.text, asked.offset)
        if hit is None:
            return None
        kept, _ = polish(hit.rest, asked.context)
        if not kept:
            return None
        return with_figures(
            Written(
                Reason.PROPOSED, kept, "typed_through" if hit.typed else "exact", hit.entry
            ),
            hit.entry.figures,
        )  # fmt: skip

    async def _asked_of_engine(self, place: Place, asked: Asked) -> Written:
        if self._engine.state is EngineState.NO_MODEL:
            return Written(Reason.NO_MODEL)
        if self._engine.state is EngineState.FAILED:
            return Written(Reason.ENGINE_DOWN)
        window = self._window(place, asked)
        flight, engine_ms = await self._landed(place, window, asked)
        if flight is None:
            return Written(Reason.CANCELLED)
        rest = flight.rest(flight.typed_since(window) or "", whole=asked.invoked) or ""
        return replace(result(flight, rest, asked.context), engine_ms=engine_ms)

    async def _with_others(self, place: Place, asked: Asked, first: Written) -> Written:
        """`first` with other candidates; nothing where a newer request took over meanwhile."""
        window = place.window
        if window is None or self._engine.state is not EngineState.READY:
            return first

        def take_off(avoid: tuple[str, ...], deadline_ms: float) -> Flight:
            return self._take_off(window, asked, avoid, deadline_ms)

        others = await write_others(place, first.text, asked.context, take_off, self._clock)
        if others is None:
            return first.silenced(Reason.CANCELLED)
        return replace(first, others=others)

    def _judged(self, place: Place, asked: Asked, written: Written) -> Written:
        """What may be shown of it to somebody who did not ask by hand."""
        if not written.text or asked.invoked:
            return written
        options, now_ms = asked.options or self.options, self._clock.wall_ms()
        if place.rejections.holds(asked.text, asked.offset, written.text, now_ms):
            return written.silenced(Reason.REJECTED_HERE)
        # What was let through once stays: a text that comes and goes while it is typed disturbs.
        if not written.continues and not self.gate.opens(written.evidence, options.eagerness):
            return written.silenced(Reason.UNSURE)
        return written

    # --- windows ----------------------------------------------------------------------------

    def _window(self, place: Place, asked: Asked) -> Window:
        """The window of a request. What is shown besides it stays as long as its head's start.

        Where the head starts anew, all behind what is shown besides is read anyway.
        """
        window = window_at(asked.text, asked.offset, place.window)
        if not starts_alike(place.window, window):
            window = self._besides(place, asked.text, asked.offset, window)
        place.window = window
        return window

    def _besides(self, place: Place, text: str, offset: int, window: Window) -> Window:
        if place.spot is None:
            return window
        return replace(window, context=self.surroundings.at(place.spot, text, offset, window))

    # --- flights ----------------------------------------------------------------------------

    async def _landed(
        self, place: Place, window: Window, asked: Asked
    ) -> tuple[Flight | None, float]:
        """A flight that has written for `window`, and how long the engine alone was waited for.

        None where a newer request took over.
        """
        place.overtake()
        if place.flight is not None and place.flight.landed and not place.flight.ended_well:
            place.flight = None  # nobody waited for it, and it was cut off
        paused, took_off_ms, engine_ms = asked.invoked, None, 0.0
        while True:
            flight = self._useful(place, window, whole=asked.invoked)
            if flight is not None and flight.use(window, whole=asked.invoked) is Use.DONE:
                place.overtake()
                place.flight = None if flight.landed else flight
                if took_off_ms is not None:
                    latency_ms = self._clock.steady_ms() - took_off_ms
                    self._rhythm = self._rhythm.answered_in(latency_ms)
                return flight, engine_ms
            mine = place.waiting = asyncio.get_running_loop().create_future()
            if flight is None and not paused:
                paused = True
                await self._pause(place, mine)
            else:
                if flight is None:
                    took_off_ms = self._clock.steady_ms()
                    flight = place.flight = self._take_off(window, asked)
                began_ms = self._clock.steady_ms()
                await self._progress(place, flight, mine)
                waited_ms = self._engine.heard_ms - max(began_ms, self._idle_from_ms)
                engine_ms += max(0.0, waited_ms)
            if place.waiting is not mine:
                return None, engine_ms

    def _useful(self, place: Place, window: Window, *, whole: bool) -> Flight | None:
        """The flight that can serve `window`: this document's, or the one ahead of it."""
        ahead = self._ahead
        if ahead is not None and ahead.landed and not ahead.ended_well:
            ahead = self._ahead = None
        for flight in (place.flight, ahead):
            if flight is not None and flight.use(window, whole=whole) is not Use.NONE:
                if flight is not place.flight:
                    place.cancel()
                    place.flight, self._ahead = flight, None
                return flight
        place.cancel()
        return None

    async def _pause(self, place: Place, mine: asyncio.Future[None]) -> None:
        """Wait for another key, or for so long that none is likely."""
        wait_ms = self._rhythm.wait_ms
        if wait_ms <= 0:
            return
        sleeping = asyncio.ensure_future(self._clock.sleep_ms(wait_ms))
        try:
            await asyncio.wait({sleeping, mine}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if place.waiting is mine:
                place.waiting = None
            raise
        finally:
            sleeping.cancel()

    async def _progress(self, place: Place, flight: Flight, mine: asyncio.Future[None]) -> None:
        """Wait until `flight` has come further, or a newer request has come."""
        flight.waited_for, flight.on_progress = True, place.wake
        try:
            await mine
        except asyncio.CancelledError:
            if place.waiting is mine:
                place.waiting = None
                _give_up_unless_waited_for(place, flight)
            raise

    def _take_off(
        self,
        window: Window,
        asked: Asked,
        avoid: tuple[str, ...] = (),
        deadline_ms: float | None = None,
    ) -> Flight:
        """A flight that somebody waits for; those that nobody waits for make room.

        `avoid`: it writes a candidate beside those that begin so.
        """
        self._next = None
        for other in list(self._flights):
            if not other.waited_for:
                other.give_up()

        def rule() -> StopRule:
            scope = self._structure.scope(asked.language, asked.text, asked.offset)
            self._idle_from_ms = self._clock.steady_ms()
            return stop_rule(window, scope is Scope.BLOCK)

        deadline = self.options.deadline_ms if deadline_ms is None else deadline_ms
        job = Job(window, self.options.tokens_max, deadline)
        if not avoid:
            return self._fly(job, asked, rule)
        found = rule()
        job = replace(job, avoid=(LINE_END, *avoid) if found.single_line else avoid)
        return self._fly(job, asked, lambda: found)

    def _fly(self, job: Job, asked: Asked, rule: Callable[[], StopRule]) -> Flight:
        spot = spot_at(self._kind(asked), asked.text, asked.offset)
        flight = Flight(self._engine, job, rule, spot, self._on_landed)
        self._flights.add(flight)
        return flight

    def _on_landed(self, flight: Flight) -> None:
        self._flights.discard(flight)
        flight.entry.figures = flight.figures
        self._cache.put(flight.entry, flight.kept)
        flight.on_progress()
        self._write_ahead()

    # --- what is written without being asked for ----------------------------------------------

    def _look_ahead(self, place: Place, asked: Asked, shown: str) -> None:
        """Write what would follow if all of `shown` were accepted, when the engine is idle."""
        then = _accepted(asked, shown)
        self._next = (window_at(then.text, then.offset, place.window), then)
        self._write_ahead()

    def _write_ahead(self) -> None:
        if self._next is None or self._flights or self._engine.state is not EngineState.READY:
            return
        (window, then), self._next = self._next, None
        written = self._ahead
        if written is not None and written.entry.spot == spot_at(
            self._kind(then), then.text, then.offset
        ):
            return  # while a proposal is typed through, what follows it stays the same
        if self._cache.find(self._kind(then), then.text, then.offset) is None:
            job = Job(window, self.options.tokens_max, self.options.deadline_ms)
            self._ahead = self._fly(job, then, partial(stop_rule, window))


def _accepted(asked: Asked, shown: str) -> Asked:
    """The request that would come after accepting `shown`; far away text is left out."""
    start = max(0, asked.offset - _AHEAD_CHARS)
    before = asked.text[start : asked.offset] + shown
    after = asked.text[asked.offset : asked.offset + _AHEAD_CHARS]
    return replace(asked, text=before + after, offset=len(before), removed="")


def _give_up_unless_waited_for(place: Place, flight: Flight) -> None:
    def look() -> None:
        if place.waiting is None and place.flight is flight:
            flight.waited_for = False
            if not flight.has_line:  # with one, it may be wanted again: it goes on in idle time
                place.cancel()

    asyncio.get_running_loop().call_later(UNWAITED_MS_MAX / 1000, look)

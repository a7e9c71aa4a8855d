"""One job of the engine for one document, and how far a later keystroke can still use it.

A person types on while a completion is written. Starting anew at each key would starve: on two
cores a cold prompt takes seconds and the next key comes after 150 ms. So a flight is kept as long
as it can be of use, and given up as soon as it cannot:

  reading the prompt      any typing behind the same anchors goes with it
  prompt read, typed on   a new flight at the new place, which has one to three tokens to read
  writing                 typing that agrees with what is written goes with it; once a line is
                          whole, it can be shown while the rest is written
  contradicted            given up at once

Left out: which request waits (`completer`), what is shown of the text
(`echo_core.completion.polish`), where it is kept when it has landed (`echo_core.completion.cache`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from enum import Enum

from echo_core.completion.cache import Entry, Figures, Spot
from echo_core.completion.candidates import OPENING_LOGPROB_MIN
from echo_core.completion.stops import StopRule, Writing
from echo_core.completion.window import Window, same_anchors
from echo_core.errors import EngineError
from echo_engine.api import Engine, Finished, FinishReason, Job, Piece, Started


class Use(Enum):
    """What a flight is to a request that comes later, or to the one that waits."""

    WAIT = "it may still write what is wanted"
    DONE = "it has written something that goes on from here"
    NONE = "another flight is needed"


class Flight:
    """A job under way. `landed` is set when it has ended, whatever the end."""

    def __init__(
        self,
        engine: Engine,
        job: Job,
        rule: Callable[[], StopRule],
        spot: Spot,
        landed: Callable[[Flight], None],
    ) -> None:
        """Takes off at once; `landed` is called when it has ended, whatever the end.

        `rule` is asked once the job is on its way: it may take a while, and reading a prompt does.
        """
        self.window: Window = job.window
        self.entry = Entry(spot, beside=bool(job.avoid))
        self.model = engine.model
        self.started = Started(0, 0, 0.0)
        self.logprob = self.logprob_first = self.logprob_opening = 0.0
        self.tokens = 0
        self.failed = False
        self.reason: FinishReason | None = None
        self.waited_for = False  # by a request, as `completer` knows
        self.told = False  # a request was answered from it
        self.on_progress: Callable[[], None] = _nobody
        self._reading = True
        self._opened = False
        self._landed = self._given_up = False
        self._on_landed = landed
        self._rule = rule
        self._writing: Writing | None = None  # until the rule is known
        self._task = asyncio.ensure_future(self._fly(engine, job))
        # Behind the task's first step, which hands the job over.
        asyncio.get_running_loop().call_soon(self._make_ready)
        # A task that is cancelled before its first step never comes to its end.
        self._task.add_done_callback(lambda _: self._end())

    @property
    def text(self) -> str:
        """What was written so far, as far as it may be kept."""
        return self._writing.text if self._writing is not None else ""

    @property
    def kept(self) -> str:
        """What is worth keeping when it has landed: of a text that was cut off, whole lines."""
        if self.failed or self._writing is None:
            return ""
        return self._writing.lines.rstrip("\r\n") if self._cut_off else self.text

    @property
    def candidate(self) -> str:
        """What may stand beside another: all of it, or where its time was up, its whole lines."""
        if self.failed or self._writing is None:
            return ""
        in_time = self.ended_well and self.reason is not FinishReason.DEADLINE
        return self.text if in_time else self._writing.lines

    @property
    def unlikely(self) -> bool:
        """It begins as the model would hardly ever begin."""
        return self.logprob_opening < OPENING_LOGPROB_MIN

    @property
    def ended_well(self) -> bool:
        """It has written all that it would."""
        return self.landed and not self.failed and not self._cut_off

    @property
    def _cut_off(self) -> bool:
        stopped = self._writing is not None and self._writing.stopped
        return self.reason in (None, FinishReason.CANCELLED) and not stopped

    @property
    def has_line(self) -> bool:
        """A whole line is written."""
        return self._writing is not None and self._writing.first_line is not None

    @property
    def figures(self) -> Figures:
        """How it was written."""
        return Figures(self.model, self.logprob_mean, self.logprob_first, self.tokens)

    @property
    def landed(self) -> bool:
        """It has ended."""
        return self._landed

    @property
    def logprob_mean(self) -> float:
        """Nats per token written."""
        return self.logprob / self.tokens if self.tokens else 0.0

    def typed_since(self, window: Window) -> str | None:
        """What was typed since take-off, if `window` only differs by that."""
        if not same_anchors(self.window, window) or not window.tail.startswith(self.window.tail):
            return None
        return window.tail[len(self.window.tail) :]

    def rest(self, typed: str, *, whole: bool) -> str | None:
        """What can be answered behind `typed`; `whole`: all of it. None where that is not yet."""
        if self.landed:
            return self.text[len(typed) :]
        if whole or not self.text.startswith(typed):
            return None
        return self._writing.line_after(len(typed)) if self._writing is not None else None

    def use(self, window: Window, *, whole: bool) -> Use:
        """What this flight is to a request with `window`."""
        typed = self.typed_since(window)
        if typed is None or self._given_up:
            return Use.NONE
        if self.landed:
            fresh = not typed or (self.text.startswith(typed) and len(self.text) > len(typed))
            return Use.DONE if fresh else Use.NONE
        if self.rest(typed, whole=whole) is not None:
            return Use.DONE
        if self._reading or not typed:
            return Use.WAIT
        return Use.WAIT if self.text and self.text.startswith(typed) else Use.NONE

    def give_up(self) -> None:
        """Free the engine."""
        self._given_up = True
        self._task.cancel()

    def _make_ready(self) -> None:
        """Know when writing ends; a flight that has ended before needs nothing."""
        if self._writing is None and not self._landed:
            self._writing = Writing(self._rule())

    async def _fly(self, engine: Engine, job: Job) -> None:
        try:
            async with aclosing(engine.run(job)) as said:
                async for one in said:
                    if self._take(one):
                        break
                    self.on_progress()
        except EngineError:
            self.failed = True
        finally:
            self._end()

    def _end(self) -> None:
        if not self._landed:
            self._landed = True
            self._on_landed(self)

    def _take(self, said: Started | Piece | Finished) -> bool:
        """Count it; whether nothing more is wanted."""
        match said:
            case Started():
                self.started = said
                self.model = said.model or self.model
                self._reading = False
            case Piece():
                if not self.tokens:
                    self.logprob_first = said.logprob
                if not self._opened:
                    self.logprob_opening += said.logprob  # up to the first word, with it
                    self._opened = not said.text.isspace()
                self.logprob += said.logprob
                self.tokens += said.tokens
                self._make_ready()
                return self._writing is not None and self._writing.feed(said.text)
            case Finished():
                self.reason = said.reason
        return False


def _nobody() -> None:
    """Nobody waits."""

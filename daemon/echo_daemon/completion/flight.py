"""One job of the engine for one document, and how far a later keystroke can still use it.

A person types on while a completion is written. Starting anew at each key would starve: on two
cores a cold prompt takes seconds and the next key comes after 150 ms. So a flight is kept as long
as it can be of use, and given up as soon as it cannot:

  reading the prompt      any typing behind the same anchors goes with it
  prompt read, typed on   a new flight at the new place, which has one to three tokens to read
  writing                 typing that agrees with what is written goes with it
  contradicted            given up at once

Left out: which request waits (`completer`), what is shown of the text (`echo_core.polish`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from enum import Enum

from echo_core.errors import EngineError
from echo_core.stops import Writing, stop_rule
from echo_core.window import Window, same_anchors
from echo_daemon.engine.api import Engine, Finished, FinishReason, Job, Piece, Started


class Use(Enum):
    """What a flight is to a request that comes later, or to the one that waits."""

    WAIT = "it may still write what is wanted"
    DONE = "it has written something that goes on from here"
    NONE = "another flight is needed"


class Flight:
    """A job under way. `landed` is set when it has ended, whatever the end."""

    def __init__(self, engine: Engine, job: Job, model: str, progress: Callable[[], None]) -> None:
        """Takes off at once; `progress` is called whenever `use` may answer something new."""
        self.window: Window = job.window
        self.model = model
        self.started = Started(0, 0, 0.0)
        self.logprob = 0.0
        self.tokens = 0
        self.failed = False
        self.reason: FinishReason | None = None
        self._reading = True
        self._writing = Writing(stop_rule(job.window))
        self._progress = progress
        self._task = asyncio.ensure_future(self._fly(engine, job))
        self._task.add_done_callback(lambda _: progress())

    @property
    def text(self) -> str:
        """What was written so far, as far as it may be kept."""
        return self._writing.text

    @property
    def landed(self) -> bool:
        """It has ended."""
        return self._task.done()

    @property
    def logprob_mean(self) -> float:
        """Nats per token written."""
        return self.logprob / self.tokens if self.tokens else 0.0

    def typed_since(self, window: Window) -> str | None:
        """What was typed since take-off, if `window` only differs by that."""
        if not same_anchors(self.window, window) or not window.tail.startswith(self.window.tail):
            return None
        return window.tail[len(self.window.tail) :]

    def use(self, window: Window) -> Use:
        """What this flight is to a request with `window`."""
        typed = self.typed_since(window)
        if typed is None:
            return Use.NONE
        if self.landed:
            fresh = not typed or (self.text.startswith(typed) and len(self.text) > len(typed))
            return Use.DONE if fresh else Use.NONE
        if self._reading or not typed:
            return Use.WAIT
        return Use.WAIT if self.text and self.text.startswith(typed) else Use.NONE

    def give_up(self) -> None:
        """Free the engine."""
        self._task.cancel()

    async def _fly(self, engine: Engine, job: Job) -> None:
        try:
            async with aclosing(engine.run(job)) as said:
                async for one in said:
                    if self._take(one):
                        break
                    self._progress()
        except EngineError:
            self.failed = True

    def _take(self, said: Started | Piece | Finished) -> bool:
        """Count it; whether nothing more is wanted."""
        match said:
            case Started():
                self.started = said
                self._reading = False
            case Piece():
                self.logprob += said.logprob
                self.tokens += said.tokens
                return self._writing.feed(said.text)
            case Finished():
                self.reason = said.reason
        return False

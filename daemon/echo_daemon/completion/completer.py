"""Answering one completion: remembered, written by a job that still fits, or by a new one.

Left out: documents and outcomes (`echo_daemon.front`), jobs (`flight`, `echo_daemon.engine`).

Rules
 - The latest request of a document wins: an older one is answered with silence at once, and what
   the engine was writing for it goes on for the newer one where that is of use.
 - What is asked of the engine is a snapshot; nothing here changes a document.
 - Whatever happens in the engine, a request ends in a `Reason`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from echo_core import limits
from echo_core.polish.context import PolishContext
from echo_core.polish.pipeline import polish
from echo_core.reasons import Reason
from echo_core.window import CLOSERS, Window, window_at
from echo_daemon.completion.flight import Flight, Use
from echo_daemon.engine.api import Engine, EngineState, FinishReason, Job

# An editor cancels a request just before it sends the next one. For so long a job is kept without
# anybody who waits for it; a person's next key comes five times later.
UNWAITED_MS_MAX = 25


@dataclass(frozen=True, slots=True)
class Written:
    """The end of one request. `text` is empty unless the reason is PROPOSED."""

    reason: Reason
    text: str = ""
    hit: str = ""
    continues: str = ""  # the proposal whose ghost text this goes on with
    model: str = ""
    logprob_mean: float = 0.0
    tokens_prompt: int = 0
    tokens_evaluated: int = 0
    tokens_written: int = 0

    def silenced(self, reason: Reason) -> Written:
        """The same effort without its text."""
        return replace(self, reason=reason, text="", continues="")


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last proposal of a document, to be gone on with while it is typed."""

    proposal: str
    before: str  # the last characters before the cursor, when it was made
    after: str  # the first ones behind it
    offset: int
    written: Written


@dataclass(slots=True)
class Place:
    """What completion remembers of one document."""

    window: Window | None = None
    remembered: Remembered | None = None
    flight: Flight | None = None
    waiting: asyncio.Future[None] | None = field(default=None, repr=False)

    def wake(self) -> None:
        """Let the request that waits look again."""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    def cancel(self) -> None:
        """Stop what is being written for this document."""
        if self.flight is not None:
            self.flight.give_up()
            self.flight = None


_NEAR_CHARS = 64  # of context that must agree before a proposal is gone on with


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What the user may set about completion."""

    enabled: bool = True
    tokens_max: int = limits.COMPLETION_TOKENS_MAX
    deadline_ms: int = limits.COMPLETION_DEADLINE_MS
    disabled_languages: frozenset[str] = frozenset()


class Completer:
    """Answers requests of all fronts with the one engine."""

    def __init__(self, engine: Engine, options: CompletionOptions) -> None:
        self._engine = engine
        self._options = options

    async def complete(self, place: Place, language: str, text: str, offset: int) -> Written:
        """A completion for the cursor at `offset` of `text`; cancelling it frees the engine."""
        if not self._options.enabled or language in self._options.disabled_languages:
            return Written(Reason.OFF)
        hit = typed_through(place.remembered, text, offset)
        if hit is not None:
            place.wake()  # whoever waited is overtaken
            place.waiting = None
            place.cancel()
            return hit
        if self._engine.state is EngineState.NO_MODEL:
            return Written(Reason.NO_MODEL)
        if self._engine.state is EngineState.FAILED:
            return Written(Reason.ENGINE_DOWN)
        window = place.window = window_at(text, offset, place.window)
        flight = await self._landed(place, window)
        if flight is None:
            return Written(Reason.CANCELLED)
        typed = flight.typed_since(window) or ""
        return _result(flight, flight.text[len(typed) :], PolishContext.at(text, offset))

    def remember(self, place: Place, proposal: str, text: str, offset: int, made: Written) -> None:
        """Keep a proposal that was just made at `offset` of `text`, to go on with it."""
        before, after = _near(text, offset)
        place.remembered = Remembered(proposal, before, after, offset, made)

    async def _landed(self, place: Place, window: Window) -> Flight | None:
        """A flight that has written for `window`; None where a newer request took over."""
        place.wake()  # an older request that waits: it will find that it is overtaken
        mine = place.waiting = asyncio.get_running_loop().create_future()
        while True:
            flight = place.flight
            use = Use.NONE if flight is None else flight.use(window)
            if flight is None or use is Use.NONE:
                place.cancel()
                flight = place.flight = self._take_off(place, window)
            elif use is Use.DONE:
                place.waiting = place.flight = None
                return flight
            try:
                await mine
            except asyncio.CancelledError:
                if place.waiting is mine:
                    place.waiting = None
                    _give_up_unless_waited_for(place, flight)
                raise
            if place.waiting is not mine:
                return None
            mine = place.waiting = asyncio.get_running_loop().create_future()

    def _take_off(self, place: Place, window: Window) -> Flight:
        job = Job(window, self._options.tokens_max, self._options.deadline_ms)
        return Flight(self._engine, job, self._engine.model, place.wake)


def _give_up_unless_waited_for(place: Place, flight: Flight) -> None:
    def look() -> None:
        if place.waiting is None and place.flight is flight:
            place.cancel()

    asyncio.get_running_loop().call_later(UNWAITED_MS_MAX / 1000, look)


def _result(flight: Flight, text: str, context: PolishContext) -> Written:
    kept, _ = polish(text, context)
    if flight.failed:
        reason, kept = Reason.ENGINE_DOWN, ""
    elif kept:
        reason = Reason.PROPOSED
    elif text.strip():
        reason = Reason.FILTERED
    elif flight.reason is FinishReason.DEADLINE:
        reason = Reason.DEADLINE
    elif flight.reason is FinishReason.CANCELLED:
        reason = Reason.CANCELLED  # another document's newer job took the engine
    else:
        reason = Reason.NOTHING_WRITTEN
    return Written(
        reason=reason,
        text=kept,
        hit="engine",
        model=flight.model,
        logprob_mean=flight.logprob_mean,
        tokens_prompt=flight.started.tokens_prompt,
        tokens_evaluated=flight.started.tokens_evaluated,
        tokens_written=flight.tokens,
    )


def typed_through(remembered: Remembered | None, text: str, offset: int) -> Written | None:
    """The rest of a remembered proposal, where what was typed since is its beginning."""
    if remembered is None or offset < remembered.offset:
        return None
    start, made = remembered.offset, remembered.written
    typed = text[start:offset]
    if len(typed) >= len(made.text) or not made.text.startswith(typed):
        return None
    before, _ = _near(text, start)
    _, after = _near(text, offset)
    if before != remembered.before or not _continues(after, remembered.after):
        return None
    return Written(
        Reason.PROPOSED,
        text=made.text[len(typed) :],
        hit="typed_through",
        continues=remembered.proposal,
        model=made.model,
        logprob_mean=made.logprob_mean,
    )


def _near(text: str, offset: int) -> tuple[str, str]:
    return text[max(0, offset - _NEAR_CHARS) : offset], text[offset : offset + _NEAR_CHARS]


def _continues(after: str, remembered: str) -> bool:
    """Whether the text behind the cursor is what it was, but for closers an editor added."""
    for closers in range(len(after) + 1):
        rest = after[closers:]
        if rest == remembered[: len(rest)] and (rest or not remembered):
            return True
        if after[closers : closers + 1] not in CLOSERS:
            return False
    return False

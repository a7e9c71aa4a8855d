"""Answering one completion: cached, or written by the engine and polished.

Left out: documents and outcomes (`echo_daemon.front`), how tokens are made (`echo_daemon.engine`).

Rules
 - The latest request of a document wins: an older one that is still being written is cancelled
   and answered with silence.
 - What is asked of the engine is a snapshot; nothing here changes a document.
 - Whatever happens in the engine, a request ends in a `Reason`.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from echo_core import limits
from echo_core.errors import EngineError
from echo_core.polish.context import PolishContext
from echo_core.polish.pipeline import polish
from echo_core.reasons import Reason
from echo_core.stops import Writing, stop_rule
from echo_core.window import CLOSERS, Window, window_at
from echo_daemon.engine.api import (
    Engine,
    EngineState,
    Finished,
    FinishReason,
    Job,
    Piece,
    Started,
)


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
    running: asyncio.Task[Written] | None = field(default=None, repr=False)

    def cancel(self) -> None:
        """Stop what is being written for this document."""
        if self.running is not None:
            self.running.cancel()
            self.running = None


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
        """A completion for the cursor at `offset` of `text`; cancelling it cancels the engine."""
        if not self._options.enabled or language in self._options.disabled_languages:
            return Written(Reason.OFF)
        hit = typed_through(place.remembered, text, offset)
        if hit is not None:
            place.cancel()
            return hit
        if self._engine.state is EngineState.NO_MODEL:
            return Written(Reason.NO_MODEL)
        if self._engine.state is EngineState.FAILED:
            return Written(Reason.ENGINE_DOWN)
        place.cancel()
        task = asyncio.ensure_future(self._write(place, text, offset))
        place.running = task
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if task.cancelled() and (current is None or not current.cancelling()):
                return Written(Reason.CANCELLED)  # a newer request of the document took over
            raise
        finally:
            if place.running is task:
                place.running = None
            task.cancel()

    async def _write(self, place: Place, text: str, offset: int) -> Written:
        window = window_at(text, offset, place.window)
        place.window = window
        writing = Writing(stop_rule(window))
        written = _Tally(self._engine.model)
        job = Job(window, self._options.tokens_max, self._options.deadline_ms)
        try:
            async with aclosing(self._engine.run(job)) as pieces:
                async for piece in pieces:
                    written.count(piece)
                    if isinstance(piece, Piece) and writing.feed(piece.text):
                        break
        except EngineError:
            return written.result(Reason.ENGINE_DOWN, "")
        text_kept, _ = polish(writing.text, PolishContext.at(text, offset))
        if text_kept:
            result = written.result(Reason.PROPOSED, text_kept)
        elif writing.text.strip():
            result = written.result(Reason.FILTERED, "")
        elif written.late:
            result = written.result(Reason.DEADLINE, "")
        else:
            result = written.result(Reason.NOTHING_WRITTEN, "")
        return result

    def remember(self, place: Place, proposal: str, text: str, offset: int, made: Written) -> None:
        """Keep a proposal that was just made at `offset` of `text`, to go on with it."""
        before, after = _near(text, offset)
        place.remembered = Remembered(proposal, before, after, offset, made)


class _Tally:
    """What a job cost, counted as it comes."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._logprob = 0.0
        self._tokens = 0
        self._started = Started(0, 0, 0.0)
        self.late = False

    def count(self, piece: Started | Piece | Finished) -> None:
        match piece:
            case Started():
                self._started = piece
            case Piece():
                self._logprob += piece.logprob
                self._tokens += piece.tokens
            case Finished():
                self.late = piece.reason is FinishReason.DEADLINE

    def result(self, reason: Reason, text: str) -> Written:
        return Written(
            reason=reason,
            text=text,
            hit="engine",
            model=self._model,
            logprob_mean=self._logprob / self._tokens if self._tokens else 0.0,
            tokens_prompt=self._started.tokens_prompt,
            tokens_evaluated=self._started.tokens_evaluated,
            tokens_written=self._tokens,
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

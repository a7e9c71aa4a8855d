"""One question at the engine, as the daemon asks it: window, stop rule, filters, confidence.

Left out: the engine (`echo_engine`), what an answer is worth (`written`).

Rules
 - What decides besides the engine is what serves: nothing here cuts, mends or refuses by itself.
   Which trees stand around a cursor the daemon alone knows, so a block is begun where the line
   says so.
 - Time is not short: quality does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from echo_core import limits
from echo_core.completion.gate import Eagerness, Evidence, Gate
from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.pipeline import polish
from echo_core.completion.stops import Writing, stop_rule
from echo_core.completion.window import window_at
from echo_engine.api import Engine, Job, Piece, Started

Steady = Callable[[], float]  # a clock that only goes forward
DEADLINE_MS: Final = 120_000.0
_CONFIDENCE: Final = Gate()  # as everybody's is before it has learned from its user


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person would have seen."""

    by_hand: str  # who asks for it by hand
    unasked: str  # who only types, if the model were as sure as it must be
    sure: bool
    tokens: int
    first_ms: float  # to the first piece
    write_ms: float  # from there to the last one

    @property
    def shown(self) -> str:
        """What who only types sees; empty: nothing."""
        return self.unasked if self.sure else ""


async def propose(engine: Engine, text: str, offset: int, steady_ms: Steady) -> Proposal:
    """Ask for the completion of a text at `offset`.

    Raises:
        EngineError: the engine cannot answer.
    """
    window = window_at(text, offset)
    writing = Writing(stop_rule(window))
    job = Job(window, limits.COMPLETION_TOKENS_MAX, DEADLINE_MS)
    logprobs: list[tuple[float, int]] = []
    began_ms = first_ms = last_ms = steady_ms()
    async with aclosing(engine.run(job)) as said:
        async for one in said:
            if isinstance(one, Piece):
                last_ms = steady_ms()
                first_ms = first_ms if logprobs else last_ms
                logprobs.append((one.logprob, one.tokens))
                if writing.feed(one.text):
                    break
            elif not isinstance(one, Started):
                last_ms = steady_ms()
                first_ms = first_ms if logprobs else last_ms
    context = PolishContext.at(text, offset)
    unasked, _ = polish(writing.text, context)
    by_hand, _ = polish(writing.text, replace(context, invoked=True))
    tokens = sum(count for _, count in logprobs)
    mean = sum(logprob for logprob, _ in logprobs) / max(1, tokens)
    first = logprobs[0][0] if logprobs else 0.0
    sure = _CONFIDENCE.opens(Evidence(mean, first, len(unasked)), Eagerness.NORMAL)
    return Proposal(by_hand, unasked, sure, tokens, first_ms - began_ms, last_ms - first_ms)
